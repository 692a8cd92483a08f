/** Ends a rollout whose main step is dead: finishes a promotion that had begun, takes everything else back. */
import type { HostClient } from '@sluice/host/client';
import { hostLayout } from '@sluice/host/layout';
import { newRecord, withStage } from '@sluice/release/record';
import { takeOver } from '@sluice/rollout/begin';
import { HostTarget } from '@sluice/rollout/host-target';
import { thisOwner } from '@sluice/rollout/owner';
import { rolloutData } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import { withFileLock } from '@sluice/runtime/files';
import { join } from 'node:path';
import { rolloutStage } from './stage.ts';

export async function undoLeftover(
  client: HostClient,
  { stateDir, service, drainMs }: { stateDir: string; service: string; drainMs: number },
  context: ActionContext,
): Promise<void> {
  const lock = join(hostLayout(stateDir, service).folder, 'rollout.lock');
  const left = await takeOver('abort', null, {
    target: new HostTarget(client),
    rules: [],
    judging: { confidence: 0.95, minSamples: 1 },
    policy: { maxDurationMs: 0, onInconclusive: 'rollback', intervalMs: 1_000, requireVerdict: false },
    owner: await thisOwner(context.run.url),
    log: context.log,
    signal: context.signal,
    warm: () => Promise.resolve(),
    exclusive: (fn) => withFileLock(lock, fn),
    ending: (state, verdict) => {
      const { record, abortKind, spec } = rolloutData(state);
      const back = state.phase === 'aborting';
      const stage = rolloutStage(state, verdict, {
        service,
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
  });
  if (left.kind !== 'ended') return;
  const { from, to } = left.result.state;
  context.log.notice(
    left.result.result === 'promoted'
      ? `${to} serves: its promotion was finished`
      : `${to} was taken back; ${from ?? 'nothing'} serves`,
  );
}
