/** Ends a rollout whose main step is dead: finishes a promotion that had begun, takes everything else back. */
import { newRecord, withStage } from '@sluice/release/record';
import { takeOver } from '@sluice/rollout/begin';
import type { DriveResult, DriverOptions } from '@sluice/rollout/driver';
import { deploymentInputs, deploymentsOf } from '@sluice/rollout/github-deployment';
import { rolloutData } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import type { SavedForPost } from './driving.ts';
import { endOf } from './phase.ts';
import type { Site } from './place.ts';
import { rolloutStage } from './stage.ts';

export async function undoLeftover(
  site: Pick<Site, 'target' | 'owner' | 'exclusive'>,
  { kind, name, drainMs }: Pick<SavedForPost, 'kind' | 'name' | 'drainMs'>,
  context: ActionContext,
): Promise<void> {
  const died = 'its run ended without a verdict (killed, or its runner died)';
  const options: DriverOptions = {
    target: site.target,
    rules: [],
    judging: { confidence: 0.95, minSamples: 1 },
    policy: { maxDurationMs: 0, onInconclusive: 'rollback', intervalMs: 1_000, requireVerdict: false },
    owner: site.owner,
    log: context.log,
    signal: context.signal,
    warm: () => Promise.resolve(),
    exclusive: site.exclusive,
    ending: (state, verdict) => {
      const { record, abortKind, spec } = rolloutData(state);
      const back = state.phase === 'aborting';
      const stage = rolloutStage(state, verdict, {
        target: kind,
        service: name,
        run: context.run,
        verdict: back ? 'error' : 'pass',
        outcome: back ? 'infra-error' : 'success',
        reasons: [state.reason],
        notes: ['ended by the clean-up step, because the main step had died'],
      });
      return Promise.resolve({
        drainMs,
        record: withStage(record ?? newRecord(), stage, { status: back ? 'rolled-back' : 'deployed' }),
        ...(abortKind === 'evidence'
          ? { quarantine: { reason: state.reason, weights: spec?.unit.weights ?? null } }
          : {}),
      });
    },
  };
  const left = await takeOver('abort', null, options, died);
  if (left.kind !== 'ended') return;
  await tellGitHub(left.result, context);
  const { from, to } = left.result.state;
  context.log.notice(
    left.result.result === 'promoted'
      ? `${to} serves: its promotion was finished`
      : `${to} was taken back; ${from ?? 'nothing'} serves`,
  );
}

/** The deployment that main left in progress; without a token it is told to people, and the next deploy tells GitHub. */
async function tellGitHub({ state, result }: DriveResult, { run, log, env }: ActionContext): Promise<void> {
  const { deploymentId } = rolloutData(state);
  if (deploymentId === null) return;
  const { environment, token } = deploymentInputs(env);
  if (environment === undefined || token === undefined) {
    log.warning(
      `GitHub still shows deployment ${deploymentId} in progress, and the clean-up step has no \`github-token\` to say otherwise: ` +
        'the next deploy to this environment does',
    );
    return;
  }
  const { repository, sha, url: runUrl } = run;
  const deployments = await deploymentsOf({ environment, token, repository, sha, runUrl, log });
  if (result === 'promoted') await deployments.mark(deploymentId, 'success', `${state.to} serves`);
  else await deployments.mark(deploymentId, endOf(state), `${state.to} was taken back: ${state.reason}`);
}
