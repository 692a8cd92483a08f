/** What every operation that moves traffic shares: the session, and how the driver is set up. */
import { newRecord, withStage, type ReleaseRecord } from '@sluice/release/record';
import type { DriverOptions } from '@sluice/rollout/driver';
import { deploymentsOf, type Deployments } from '@sluice/rollout/github-deployment';
import type { Owner } from '@sluice/rollout/owner';
import { markText, stepOf } from '@sluice/rollout/strategies';
import { rolloutData } from '@sluice/rollout/target';
import type { RolloutState } from '@sluice/host/types';
import { warmUp } from '@sluice/rollout/warm';
import type { ActionContext } from '@sluice/runtime/action';
import { formatDuration } from '@sluice/runtime/units';
import type { CheckedInputs } from './checks.ts';
import { judgeOf } from './judge.ts';
import type { Inputs } from './inputs.gen.ts';
import { endOf, weightNow } from './phase.ts';
import type { Place, Site } from './place.ts';
import { conclude } from './results.ts';
import { rolloutStage } from './stage.ts';

export interface Session {
  inputs: Inputs;
  checked: CheckedInputs;
  context: ActionContext;
  place: Place;
  site: Site;
  /** The record that the door was opened with; null when there is none. */
  record: ReleaseRecord | null;
  notes: string[];
  deployments?: Deployments;
}

/** What `post` needs to find a rollout that this process drove and did not end. */
export interface SavedForPost {
  kind: Place['kind'];
  name: string;
  drainMs: number;
  owner: Owner;
  /** The site's own. */
  site: Record<string, unknown>;
}

export function saveForPost({ context, place, site, inputs }: Session): void {
  const { owner, saved } = site;
  const state: SavedForPost = {
    kind: place.kind,
    name: place.name,
    drainMs: inputs.drain,
    owner,
    site: saved,
  };
  context.saveState('rollout', state);
  // Of a cluster before this one it may be said already.
  context.saveState('finished', false);
}

/** At a preview: where people look at the new version before its users. */
async function tellPreview({ site, context }: Session, state: RolloutState): Promise<void> {
  const { mark, pods, weight } = stepOf(state);
  if (mark === undefined || weight > 0 || pods !== 1) return;
  const where = await site.previewOf(markText(mark));
  context.setOutput('preview', where);
  context.log.notice(`preview of ${state.to}: ${where}`);
}

/** Sets up the driver, and the GitHub deployments of the session. */
export async function driverOptions(session: Session): Promise<DriverOptions> {
  const { inputs, checked, context, place, site } = session;
  const { log, run } = context;
  const deployments = await deploymentsOf({
    environment: inputs.environment,
    token: inputs.githubToken,
    repository: run.repository,
    sha: run.sha,
    runUrl: run.url,
    log,
  });
  session.deployments = deployments;
  const { proberOf, verifierOf } = await import('./suites.ts');
  const { confidence, minSamples } = inputs;
  const by = judgeOf(inputs);
  const [probe, verify] = [await proberOf(session), await verifierOf(session)];
  return {
    target: site.target,
    rules: checked.rules,
    judging: { confidence, minSamples, estimate: true, ...(by === undefined ? {} : { by }) },
    policy: {
      maxDurationMs: checked.maxDurationMs,
      onInconclusive: inputs.onInconclusive,
      intervalMs: inputs.interval,
      requireVerdict: checked.rules.length > 0,
      verify: verify !== undefined,
    },
    ...(probe === undefined ? {} : { probe }),
    ...(verify === undefined ? {} : { verify }),
    owner: site.owner,
    log,
    signal: site.signal,
    exclusive: site.exclusive,
    warm: async (ask, cancelled, modelName) => {
      const options = { ...checked.warmUp, modelName, timeoutMs: inputs.startupTimeout };
      const { answered, firstMs, lastMs, known } = await warmUp(ask, options, cancelled);
      log.info(
        known
          ? `warm-up: ${answered} requests, the first in ${formatDuration(firstMs)}, the last in ${formatDuration(lastMs)}`
          : 'warm-up: the server knows no completions route, so none was asked',
      );
    },
    ending: (state, verdict) => {
      const { spec, record, abortKind, undone } = rolloutData(state);
      // A rollback that was found half-done: the release that is restored keeps the record it came with.
      if (undone !== null) return Promise.resolve({ drainMs: inputs.drain, record });
      const told = conclude(session, {
        state,
        verdict,
        result: state.phase === 'aborting' ? 'aborted' : 'promoted',
      });
      const stage = rolloutStage(state, verdict, {
        target: place.kind,
        service: place.name,
        run,
        notes: session.notes,
        ...told,
      });
      const status = state.phase === 'aborting' ? 'rolled-back' : 'deployed';
      return Promise.resolve({
        drainMs: inputs.drain,
        record: withStage(record ?? newRecord(), stage, { status }),
        ...(abortKind === 'evidence'
          ? { quarantine: { reason: state.reason, weights: spec?.unit.weights ?? null } }
          : {}),
      });
    },
    onChange: async (state) => {
      const { weights, deploymentId } = rolloutData(state);
      context.setOutput('weight', String(weightNow(state.phase, weights.at(-1)?.weight ?? 0)));
      const share = `${(weights.at(-1)?.weight ?? 0) * 100} % to ${state.to}`;
      if (state.phase === 'done') await deployments.mark(deploymentId, 'success', `${state.to} serves`);
      else if (state.phase === 'aborted')
        await deployments.mark(deploymentId, endOf(state), `taken back: ${state.reason}`);
      else {
        await tellPreview(session, state);
        context.tellStep(`${inputs.service}: ${share}`);
        await deployments.mark(deploymentId, 'in_progress', share);
      }
    },
  };
}
