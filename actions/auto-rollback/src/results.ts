/** From what was watched and undone to verdict, outputs, summary and record. */
import { appendStage, type NewStage } from '@sluice/release/record';
import { deploymentsOf } from '@sluice/rollout/github-deployment';
import { openRules, ruleFacts } from '@sluice/rollout/facts';
import { ruleTable } from '@sluice/rollout/lines';
import { changeFailureRate } from '@sluice/rollout/rollback';
import { codeSpan, escapeMarkdown } from '@sluice/report/markdown';
import type { ActionResult } from '@sluice/runtime/action';
import { describeError, GateError, InfraError } from '@sluice/runtime/errors';
import { hideSecretsIn } from '@sluice/runtime/secrets';
import { formatDuration } from '@sluice/runtime/units';
import type { Breach, Session, Undoing } from './undo.ts';
import type { Watched } from './watch.ts';

/** Nothing is wrong: every rule passed. */
export async function quiet(session: Session, { version, verdict }: Watched): Promise<ActionResult> {
  return {
    verdict: 'pass',
    reasons: [
      `${version} meets every rule: ${verdict.rules
        .filter(({ status }) => status === 'pass')
        .map((rule) => `${rule.rule} (${ruleFacts(rule)})`)
        .join('; ')}`,
    ],
    outputs: {
      'rolled-back': 'false',
      evidence: JSON.stringify(verdict),
      ...(await failureOutputs(session)),
    },
    summary: ruleTable(verdict, version, null),
  };
}

/** The window ended and nothing was proven against what serves: it goes on serving. */
export async function undecided(session: Session, { version, verdict }: Watched): Promise<ActionResult> {
  const few = verdict.enough
    ? ''
    : ` (${verdict.canaryRequests} requests, \`min-samples\` is ${session.inputs.minSamples})`;
  return {
    verdict: 'inconclusive',
    outcome: 'success',
    reasons: [
      `${version} goes on serving: no rule was proven broken, but not every rule proven kept either${few}: ${openRules(verdict).join('; ')}`,
    ],
    outputs: {
      'rolled-back': 'false',
      evidence: JSON.stringify(verdict),
      ...(await failureOutputs(session)),
    },
    summary: ruleTable(verdict, version, null),
  };
}

/** @throws InfraError when what was broken could not be undone */
export async function found(session: Session, breach: Breach, undoing: Undoing): Promise<ActionResult> {
  const { context, inputs } = session;
  const evidence = JSON.stringify(breach.verdict ?? {});
  context.setOutput('evidence', evidence);
  context.setOutput('reason', breach.reason);
  if (undoing.kind === 'impossible') {
    context.setOutput('from', undoing.version);
    throw new InfraError(
      `${undoing.version} could not be undone and serves on (${breach.reason}): ${undoing.why}`,
    );
  }
  if (undoing.kind === 'guarded') {
    return {
      verdict: 'fail',
      reasons: [`${undoing.version} is ${breach.reason}, but it was not undone: ${undoing.why}`],
      outputs: { 'rolled-back': 'false', from: undoing.version, reason: breach.reason, evidence },
      ...tableOf(breach, undoing.version),
    };
  }
  context.saveState('finished', true);
  const { from, to, undone, restoredAt } = undoing;
  const restore = restoredAt - breach.decidedAt;
  const detect = breach.firstAt === null ? null : breach.decidedAt - breach.firstAt;
  const last = undone.record?.stages.at(-1);
  if (last !== undefined) await append(session, last);
  await tellGitHub(session, undoing);
  const times = `restored in ${formatDuration(restore)}${detect === null ? '' : `, detected in ${formatDuration(detect)}`}`;
  return {
    verdict: inputs.mode === 'rollback' ? 'pass' : 'fail',
    reasons: [
      `${from} was undone, ${to.version} serves again (${times}): ${breach.reason}`,
      ...undoing.problems.map((problem) => `a newer release was passed over: ${firstLine(problem)}`),
    ],
    outputs: {
      'rolled-back': 'true',
      from,
      to: to.version,
      reason: breach.reason,
      evidence,
      'seconds-to-detect': detect === null ? '' : seconds(detect),
      'seconds-to-restore': seconds(restore),
      ...(await failureOutputs(session)),
    },
    ...tableOf(breach, from, [
      `${codeSpan(from)} (${codeSpan(undone.releaseDigest)}) is quarantined: nothing deploys it again unless \`allow-quarantined\` is set.`,
      `${codeSpan(to.version)} was stable since ${escapeMarkdown(new Date(to.at).toISOString())} before.`,
    ]),
  };
}

function tableOf(breach: Breach, version: string, lines: string[] = []): { summary: string } {
  const rules = breach.verdict === null ? [] : [ruleTable(breach.verdict, version, null)];
  return { summary: [...lines, ...rules].join('\n\n') };
}

async function failureOutputs({ target }: Session): Promise<Record<string, string>> {
  const rate = changeFailureRate((await target.status()).history);
  return rate === undefined ? {} : { 'change-failure-rate': rate.toFixed(4) };
}

/** A server's last log lines stand in the log; here the first line says which. */
function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A record of another release in the workspace is left alone; the host keeps the stage anyway. */
async function append({ inputs, context }: Session, stage: NewStage): Promise<void> {
  try {
    await appendStage(inputs.releaseRecord, hideSecretsIn(stage), { status: 'rolled-back' });
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    context.log.info(`the stage was not appended to ${inputs.releaseRecord}: ${describeError(error)}`);
  }
}

async function tellGitHub(
  { inputs, context }: Session,
  { from, to, undone }: Undoing & { kind: 'done' },
): Promise<void> {
  const { run, log } = context;
  const deployments = await deploymentsOf({
    environment: inputs.environment,
    token: inputs.githubToken,
    repository: run.repository,
    sha: run.sha,
    runUrl: run.url,
    log,
  });
  const bad = await deployments.find(undone.releaseDigest, inputs.service);
  await deployments.mark(bad, 'failure', `${from} rolled back: ${undone.reason}`);
  const good = await deployments.find(to.releaseDigest, inputs.service);
  await deployments.mark(good, 'success', `${to.version} serves again`);
}
