/** `operation: deploy`: the door first, then whatever an earlier run left behind, then the rollout. */
import type { RolloutState } from '@sluice/host/types';
import { beginRollout, isUnderWay, newRollout, takeOver } from '@sluice/rollout/begin';
import { drive, type DriverOptions, type DriveResult } from '@sluice/rollout/driver';
import { firstCourse } from '@sluice/rollout/strategies';
import { rolloutData, type TargetStatus } from '@sluice/rollout/target';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { checkCard } from './card.ts';
import type { CheckedInputs } from './checks.ts';
import { driverOptions, saveForPost, type Session } from './driving.ts';
import type { Inputs } from './inputs.gen.ts';
import { endOf } from './phase.ts';
import type { Place } from './place.ts';
import { checkQuarantine, passDoor, type Release } from './release.ts';
import { nothingToDo, tellResult } from './results.ts';

export async function deploy(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
  place: Place,
): Promise<ActionResult> {
  const { log } = context;
  await checkCard(inputs, context);
  const before = await place.before();
  const release = await place.readRelease(before);
  log.info(`release ${release.version}: ${release.releaseDigest}`);

  const { door, record } = passDoor(inputs, release);
  const notes = [door.warning, checkQuarantine(inputs, release, before)].filter((note) => note !== undefined);
  if (inputs.strategy === 'rolling')
    notes.push('strategy: rolling, so all traffic moves at once, without a canary');
  for (const note of notes) log.warning(note);
  if (door.warning === undefined) log.info(door.message);
  refuseTakenLabel(release, before);

  refuseAlone(inputs, before);
  const steps = (before?.stable ?? null) === null ? firstCourse() : checked.steps;
  const serving = before?.versions.find(({ version }) => version === before.stable);
  const plan =
    serving?.releaseDigest === release.releaseDigest
      ? [`nothing: ${serving.version} serves this release already`]
      : await place.plan(release, before, steps);
  context.setOutput('plan', JSON.stringify(plan));
  if (inputs.dryRun) return dryRun(plan, before, notes);

  const site = await place.begin();
  try {
    const session: Session = { inputs, checked, context, place, site, record: record ?? null, notes };
    // `post` must know where to look as soon as there is something to undo.
    saveForPost(session);
    const spec = await site.install(release.spec);
    const options = await driverOptions(session);
    const state = await rolloutFor(session, options, { ...release, spec });
    if ('verdict' in state) return state;
    const first = state.from === null;
    const result = await drive(state, first ? withoutVerdict(options) : options);
    return await tellResult(session, result);
  } finally {
    await site.close();
  }
}

/** A first release and a rolling one without rules have nothing to prove: health and warm-up decide. */
function withoutVerdict(options: DriverOptions): DriverOptions {
  return { ...options, rules: [], policy: { ...options.policy, requireVerdict: false } };
}

/** The rollout to drive: a half-done one of the same release, or a new one; or the result when nothing is left to do. */
async function rolloutFor(
  session: Session,
  options: DriverOptions,
  release: Release,
): Promise<RolloutState | ActionResult> {
  const { inputs, checked, place, site } = session;
  const left = await takeOver('deploy', release.releaseDigest, options);
  if (left.kind === 'continue') return left.state;
  if (left.kind === 'ended' && isSameRelease(left.result, release)) {
    if (left.result.result === 'promoted') return tellResult(session, left.result);
    // It was taken back by evidence, on record now: deploying it again would ask users a second time.
    if (['evidence', 'verify'].includes(String(left.result.state.data['abortKind'])))
      return tellResult(session, left.result);
  }
  const status = await options.target.status();
  await settleLast(session, status.rollout);
  const stable = status.versions.find(({ version }) => version === status.stable);
  if (stable?.releaseDigest === release.releaseDigest) {
    await site.ensureServing(stable.version);
    return nothingToDo(session, release, stable.version);
  }
  refuseTakenLabel(release, status);
  const state = newRollout({
    from: status.stable,
    spec: release.spec,
    strategy: inputs.strategy,
    steps: status.stable === null ? firstCourse() : checked.steps,
    owner: options.owner,
    record: session.record,
    deploymentId: null,
    now: Date.now(),
  });
  await beginRollout(state, options);
  const deploymentId = await session.deployments?.create(
    {
      releaseDigest: release.releaseDigest,
      service: place.name,
      version: release.version,
      weights: release.unit.weights,
      adapter: release.unit.adapter,
    },
    `${inputs.strategy} of ${release.version} on ${place.name}`,
  );
  state.data['deploymentId'] = deploymentId ?? null;
  if (deploymentId === undefined || deploymentId === null) return state;
  await beginRollout(state, options);
  await session.deployments?.mark(deploymentId, 'in_progress', `starting ${release.version}`);
  return state;
}

/** A run that was killed could not tell GitHub how its rollout ended: this one does. */
async function settleLast(session: Session, last: RolloutState | null): Promise<void> {
  if (last === null || isUnderWay(last)) return;
  const { deploymentId } = rolloutData(last);
  if (last.phase === 'done') await session.deployments?.settle(deploymentId, 'success', `${last.to} serves`);
  else await session.deployments?.settle(deploymentId, endOf(last), `taken back: ${last.reason}`);
}

function isSameRelease(result: DriveResult, release: Release): boolean {
  return result.state.data['releaseDigest'] === release.releaseDigest;
}

function refuseTakenLabel(release: Release, status: TargetStatus | undefined): void {
  const taken = status?.versions.find(
    ({ version, releaseDigest }) => version === release.version && releaseDigest !== release.releaseDigest,
  );
  // A half-done rollout with this label is undone before; only what stays is in the way.
  if (taken === undefined || taken.version !== status?.stable) return;
  throw new ConfigError(
    `input \`version\` = ${JSON.stringify(release.version)} is the label of another release that is stable now (${taken.releaseDigest}); choose another label`,
  );
}

/** What compares two versions has nothing to do with one. */
function refuseAlone({ strategy }: Inputs, before: TargetStatus | undefined): void {
  if ((before?.stable ?? null) !== null || (strategy !== 'ab' && strategy !== 'shadow')) return;
  throw new ConfigError(
    `input \`strategy\` = "${strategy}" compares a version with the one that serves, and none does yet; deploy the first one with \`strategy: rolling\``,
  );
}

function dryRun(plan: string[], before: TargetStatus | undefined, notes: string[]): ActionResult {
  const lines = plan.map((line, index) => `${index + 1}. ${line}`);
  return {
    verdict: 'pass',
    reasons: ['dry-run: nothing was touched', ...notes, ...lines],
    outputs: { plan: JSON.stringify(plan), stable: before?.stable ?? '' },
  };
}
