/** From what was watched and undone to verdict, outputs, summary and record. */
import { appendStage, type NewStage } from '@sluice/release/record';
import { deploymentsOf } from '@sluice/rollout/github-deployment';
import { openRules, ruleFacts } from '@sluice/rollout/facts';
import { ruleTable } from '@sluice/rollout/lines';
import { mttfText, reliability, short } from '@sluice/rollout/reliability';
import { changeFailureRate } from '@sluice/rollout/rollback';
import { codeSpan, escapeMarkdown } from '@sluice/report/markdown';
import type { ActionResult } from '@sluice/runtime/action';
import { describeError, GateError, InfraError } from '@sluice/runtime/errors';
import { hideSecretsIn } from '@sluice/runtime/secrets';
import { formatDuration } from '@sluice/runtime/units';
import { describePutBack, putBack } from './registry.ts';
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
      `${version} goes on serving: no rule was proven broken, but not every rule proven kept either${few}: ${[...openRules(verdict), ...verdict.problems].join('; ')}`,
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
  const { from, to, undone, restoredAt } = undoing;
  const restore = restoredAt - breach.decidedAt;
  const detect = breach.firstAt === null ? null : breach.decidedAt - breach.firstAt;
  const records = { bad: undone.record, good: to.record };
  const registry = await putBack(session.checked.registry, records, breach.reason, context);
  const last = undone.record?.stages.at(-1);
  if (last !== undefined)
    await append(session, registry.length === 0 ? last : { ...last, data: { ...last.data, registry } });
  // Until here the clean-up step would go on with it.
  context.saveState('finished', true);
  await tellGitHub(session, undoing);
  const times = `restored in ${formatDuration(restore)}${detect === null ? '' : `, detected in ${formatDuration(detect)}`}`;
  return {
    verdict: inputs.mode === 'rollback' ? 'pass' : 'fail',
    // What serves is mended, and whoever takes from the registry still gets the bad release.
    ...(registry.some(({ failed }) => failed) ? { outcome: 'infra-error' as const } : {}),
    reasons: [
      `${from} was undone, ${to.version} serves again (${times}): ${breach.reason}`,
      ...undoing.problems.map((problem) => `a newer release was passed over: ${firstLine(problem)}`),
      ...registry.flatMap(({ target, left }) => (left === null ? [] : [`${target} was left: ${left}`])),
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
      ...describePutBack(registry),
    ]),
  };
}

function tableOf(breach: Breach, version: string, lines: string[] = []): { summary: string } {
  const rules = breach.verdict === null ? [] : [ruleTable(breach.verdict, version, null)];
  return { summary: [...lines, ...rules].join('\n\n') };
}

async function failureOutputs({ place, inputs }: Session): Promise<Record<string, string>> {
  const { history } = await place.target.status();
  const rate = changeFailureRate(history);
  const known = reliability(history, Date.now(), inputs.confidence);
  return {
    ...(rate === undefined ? {} : { 'change-failure-rate': rate.toFixed(4) }),
    ...(known === undefined
      ? {}
      : {
          'failure-rate': short(known.failureRate),
          mttf: mttfText(known, inputs.confidence),
          mttr: known.mttr === null ? '' : known.mttr.toFixed(3),
        }),
  };
}

/** A server's last log lines stand in the log; here the first line says which. */
function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** A record of another release in the workspace is left alone; the target keeps the stage anyway. */
async function append({ inputs, context }: Session, stage: NewStage): Promise<void> {
  try {
    await appendStage(inputs.releaseRecord, hideSecretsIn(stage), { status: 'rolled-back' });
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    context.log.info(`the stage was not appended to ${inputs.releaseRecord}: ${describeError(error)}`);
  }
}

async function tellGitHub(
  { inputs, context, place }: Session,
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
  const bad = await deployments.find(undone.releaseDigest, place.name);
  await deployments.mark(bad, 'failure', `${from} rolled back: ${undone.reason}`);
  const good = await deployments.find(to.releaseDigest, place.name);
  await deployments.mark(good, 'success', `${to.version} serves again`);
}
