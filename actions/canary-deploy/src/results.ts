/** From the end of a rollout to verdict, outputs, summary and record. */
import { appendStage } from '@sluice/release/record';
import type { Verdict as RuleVerdicts } from '@sluice/rollout/analysis';
import type { DriveResult } from '@sluice/rollout/driver';
import { comparedLine, ruleTable, seeableLine, weightChart } from '@sluice/rollout/lines';
import { rolloutData } from '@sluice/rollout/target';
import { codeSpan, escapeMarkdown } from '@sluice/report/markdown';
import type { ActionResult } from '@sluice/runtime/action';
import { describeError, GateError, InfraError, type Outcome, type Verdict } from '@sluice/runtime/errors';
import { hideSecretsIn } from '@sluice/runtime/secrets';
import type { RolloutState } from '@sluice/host/types';
import type { Session } from './driving.ts';
import { weightNow } from './phase.ts';
import type { Release } from './release.ts';
import { rolloutStage } from './stage.ts';

export interface Conclusion {
  verdict: Verdict;
  outcome: Outcome;
  reasons: string[];
}

/** DESIGN's verdict table, for the ways in which a rollout ends. */
export function conclude(
  session: Pick<Session, 'inputs'>,
  { state, result }: { state: RolloutState; verdict: RuleVerdicts; result: DriveResult['result'] },
): Conclusion {
  const { from, to, reason } = state;
  const back = from === null ? 'nothing serves now' : `${from} has all traffic again`;
  if (result === 'promoted') {
    const how = from === null ? 'the first release of this service' : `replaces ${from}`;
    return { verdict: 'pass', outcome: 'success', reasons: [`${to} serves all requests: ${how}`] };
  }
  if (result === 'held') {
    return {
      verdict: 'inconclusive',
      outcome: 'gate-failed',
      reasons: [
        `${to} is held at its share: ${reason}`,
        'deploy it again to go on, or use `operation: promote` or `abort`',
      ],
    };
  }
  if (result === 'gated') {
    return {
      verdict: 'pass',
      outcome: 'success',
      reasons: [`${reason}; \`operation: promote\` goes on, \`operation: abort\` takes it back`],
    };
  }
  switch (rolloutData(state).abortKind) {
    case 'decided':
      return { verdict: 'pass', outcome: 'success', reasons: [`${reason}: ${to} was ended, ${back}`] };
    case 'reported':
      return {
        verdict: 'pass',
        outcome: 'success',
        reasons: [`${reason}; no traffic was moved, and it was ended`],
      };
    case 'mismatch':
      return {
        verdict: 'error',
        outcome: 'infra-error',
        reasons: [`${to} was taken back: ${reason}; ${back}`],
      };
    case 'evidence':
    case 'died':
    case 'verify':
      return {
        verdict: 'fail',
        outcome: 'gate-failed',
        reasons: [`${to} was taken back: ${reason}; ${back}`],
      };
    case 'undecided':
      return {
        verdict: 'inconclusive',
        outcome: 'gate-failed',
        reasons: [`${to} was taken back: ${reason}; ${back}`],
      };
    case 'operator':
      return session.inputs.operation === 'abort'
        ? { verdict: 'pass', outcome: 'success', reasons: [`${to} was taken back as asked; ${back}`] }
        : {
            verdict: 'error',
            outcome: 'infra-error',
            reasons: [`${to} was taken back by an operator; ${back}`],
          };
    default:
      return {
        verdict: 'error',
        outcome: 'infra-error',
        reasons: [`${to} was taken back: ${reason}; ${back}`],
      };
  }
}

/** @throws InfraError when what ended the rollout was no verdict over the release */
export async function tellResult(session: Session, result: DriveResult): Promise<ActionResult> {
  const { place, context, notes } = session;
  const { state, verdict } = result;
  const conclusion = conclude(session, result);
  const stage = rolloutStage(state, verdict, {
    target: place.kind,
    service: place.name,
    run: context.run,
    notes,
    ...conclusion,
  });
  await append(session, stage, recordStatus(result));
  const { weights, deploymentId } = rolloutData(state);
  const outputs = {
    weight: String(weightNow(state.phase, weights.at(-1)?.weight ?? 0)),
    stable: (result.result === 'promoted' ? state.to : state.from) ?? '',
    canary: isOpen(result) ? state.to : '',
    winner: isOpen(result) ? '' : ((result.result === 'promoted' ? state.to : state.from) ?? ''),
    analysis: JSON.stringify({
      overall: verdict.overall,
      requests: requestsOf(verdict),
      rules: verdict.rules,
    }),
    'deployment-id': deploymentId === null ? '' : String(deploymentId),
  };
  context.saveState('finished', true);
  for (const [name, value] of Object.entries(outputs)) context.setOutput(name, value);
  if (conclusion.verdict === 'error') throw new InfraError(conclusion.reasons.join('; '));
  return {
    verdict: conclusion.verdict,
    outcome: conclusion.outcome,
    reasons: conclusion.reasons,
    outputs,
    summary: summaryOf(session, result),
  };
}

/** It stands as it is, for a later run. */
function isOpen({ result }: DriveResult): boolean {
  return result === 'held' || result === 'gated';
}

function recordStatus(result: DriveResult): 'deployed' | 'deploying' | 'rolled-back' {
  if (result.result === 'promoted') return 'deployed';
  return isOpen(result) ? 'deploying' : 'rolled-back';
}

function requestsOf(verdict: RuleVerdicts): { canary: number; stable: number } {
  return { canary: verdict.canaryRequests, stable: verdict.stableRequests };
}

function summaryOf({ notes, place }: Session, { state, verdict, probed }: DriveResult): string {
  const digest = rolloutData(state).releaseDigest;
  return [
    `${place.kind === 'host' ? 'Service' : 'Workload'} ${codeSpan(place.name)}, release ${codeSpan(state.to)} (${codeSpan(digest)}), strategy ${state.strategy}.`,
    notes.map((note) => `- ⚠️ ${escapeMarkdown(note)}`).join('\n'),
    verdict.rules.length === 0 ? 'No rules were asked.' : ruleTable(verdict, state.to, state.from),
    verdict.rules.length === 0
      ? ''
      : 'In brackets: bounds of each version alone that hold at every look together, at the `confidence` of all rules. Shares are ' +
        'compared by one test over both versions, which may decide while the brackets still overlap.',
    escapeMarkdown(seeableLine(verdict)),
    escapeMarkdown(probed === undefined ? '' : comparedLine(probed)),
    weightChart(state, Date.now()),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** The record in the workspace gets the stage; a record of another release is left alone. */
async function append(
  session: Session,
  stage: ReturnType<typeof rolloutStage>,
  status: 'deployed' | 'deploying' | 'rolled-back',
): Promise<void> {
  try {
    // The record travels as an artifact; the host keeps the stage whole, to start the server again.
    await appendStage(session.inputs.releaseRecord, hideSecretsIn(stage), { status });
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    session.context.log.warning(
      `the stage was not appended to ${session.inputs.releaseRecord}: ${describeError(error)}`,
    );
  }
}

/** The release serves already: converged, and said so. */
export async function nothingToDo(
  session: Session,
  release: Release,
  version: string,
): Promise<ActionResult> {
  const reasons = [`${version} serves this release (${release.releaseDigest}) already: nothing to do`];
  const { url, id, attempt, sha } = session.context.run;
  const stage = {
    action: 'canary-deploy',
    name: session.place.name,
    at: new Date().toISOString(),
    run: { url, id, attempt, sha },
    unit: release.unit,
    verdict: 'pass' as const,
    outcome: 'success' as const,
    reasons,
    metrics: {},
    data: {
      target: session.place.kind,
      service: session.place.name,
      version,
      releaseDigest: release.releaseDigest,
      unchanged: true,
    },
  };
  await append(session, stage, 'deployed');
  session.context.saveState('finished', true);
  return { verdict: 'pass', reasons, outputs: { weight: '1', stable: version, canary: '', winner: version } };
}
