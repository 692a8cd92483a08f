/** `operation: deploy`: the door first, then whatever an earlier run left behind, then the rollout. */
import type { HostClient } from '@sluice/host/client';
import { hostLayout } from '@sluice/host/layout';
import type { RolloutState, ServerSpec } from '@sluice/host/types';
import { beginRollout, isUnderWay, newRollout, takeOver } from '@sluice/rollout/begin';
import { drive, type DriverOptions, type DriveResult } from '@sluice/rollout/driver';
import { HostTarget, planLines } from '@sluice/rollout/host-target';
import { stepsOf } from '@sluice/rollout/steps';
import { rolloutData, type TargetStatus } from '@sluice/rollout/target';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { CheckedInputs } from './checks.ts';
import { driverOptions, saveForPost, type Session } from './driving.ts';
import type { Inputs } from './inputs.gen.ts';
import { endOf } from './phase.ts';
import { checkCard, checkQuarantine, passDoor, readRelease, type Release } from './release.ts';
import { nothingToDo, tellResult } from './results.ts';

export async function deploy(
  inputs: Inputs,
  checked: CheckedInputs,
  context: ActionContext,
  stateDir: string,
): Promise<ActionResult> {
  const { log } = context;
  const { connectHost } = await import('@sluice/host/client');
  await checkCard(inputs.modelCard);
  const there = await (inputs.dryRun
    ? connectHost({ stateDir, service: inputs.service })
    : findService(inputs, context, stateDir));
  const before =
    there === undefined ? await statusOnDisk(inputs, stateDir) : await new HostTarget(there).status();
  const release = await readRelease(inputs, context, before, hostLayout(stateDir, inputs.service));
  log.info(`release ${release.version}: ${release.releaseDigest}`);

  const { door, record } = passDoor(inputs, release);
  const notes = [door.warning, checkQuarantine(inputs, release, before)].filter((note) => note !== undefined);
  if (inputs.strategy === 'rolling')
    notes.push('strategy: rolling, so all traffic moves at once, without a canary');
  for (const note of notes) log.warning(note);
  if (door.warning === undefined) log.info(door.message);
  refuseTakenLabel(release, before);

  const steps = stepsOf(inputs.strategy, checked.steps, (before?.stable ?? null) === null);
  const serving = before?.versions.find(({ version }) => version === before.stable);
  const plan =
    serving?.releaseDigest === release.releaseDigest
      ? [`nothing: ${serving.version} serves this release already`]
      : planLines(before?.stable ?? null, release.spec, steps);
  context.setOutput('plan', JSON.stringify(plan));
  if (inputs.dryRun) return dryRun(plan, before, notes);

  const client = await startHost(inputs, context, stateDir);
  const spec = await installedSpec(release.spec, context, stateDir);
  const session: Session = { inputs, checked, context, stateDir, client, record: record ?? null, notes };
  const options = await driverOptions(session);
  const state = await rolloutFor(session, options, { ...release, spec });
  if ('verdict' in state) return state;
  const first = state.from === null;
  const result = await drive(state, first ? withoutVerdict(options) : options);
  return tellResult(session, result);
}

/** A first release and a rolling one without rules have nothing to prove: health and warm-up decide. */
function withoutVerdict(options: DriverOptions): DriverOptions {
  return { ...options, rules: [], policy: { ...options.policy, requireVerdict: false } };
}

/** For a dry run beside a dead supervisor, and for the history of a service that was removed. */
async function statusOnDisk({ service }: Inputs, stateDir: string): Promise<TargetStatus | undefined> {
  const { readStoredState } = await import('@sluice/host/state');
  const state = await readStoredState(hostLayout(stateDir, service).state, service);
  if (state === undefined) return undefined;
  const versions = state.servers.map(({ spec, track, weight }) => ({
    version: spec.version,
    releaseDigest: spec.releaseDigest,
    track,
    phase: 'stopped',
    weight,
  }));
  return { ...state, versions };
}

/** A service whose supervisor has died is brought back first, with its history and quarantine. */
async function findService(
  { service, listen }: Inputs,
  { log, signal, bundle }: ActionContext,
  stateDir: string,
): Promise<HostClient | undefined> {
  const { findHost } = await import('@sluice/host/client');
  return findHost({ stateDir, service, listen, bundle, log, signal });
}

async function startHost(inputs: Inputs, context: ActionContext, stateDir: string): Promise<HostClient> {
  const { ensureHost } = await import('@sluice/host/client');
  const { service, listen } = inputs;
  const { log, signal, bundle } = context;
  // `post` must know where to look as soon as there is something to undo.
  await saveForPost(context, { stateDir, service, drainMs: inputs.drain });
  return ensureHost({ stateDir, service, listen, bundle, log, signal });
}

/** The server runs from the installed copy of the bundle: the runner deletes the action's own folder. */
async function installedSpec(
  spec: ServerSpec,
  { bundle, log }: ActionContext,
  stateDir: string,
): Promise<ServerSpec> {
  if (!spec.args.includes(bundle)) return spec;
  const { installBundle } = await import('@sluice/host/install');
  const { installNode } = await import('@sluice/host/node-copy');
  const { bin } = hostLayout(stateDir, 'any');
  const installed = await installBundle(bin, bundle);
  return {
    ...spec,
    // So does an update of the runner with its Node.
    command: spec.command === process.execPath ? await installNode(bin, log) : spec.command,
    args: spec.args.map((word) => (word === bundle ? installed : word)),
  };
}

/** The rollout to drive: a half-done one of the same release, or a new one; or the result when nothing is left to do. */
async function rolloutFor(
  session: Session,
  options: DriverOptions,
  release: Release,
): Promise<RolloutState | ActionResult> {
  const { inputs, checked, client } = session;
  const left = await takeOver('deploy', release.releaseDigest, options);
  if (left.kind === 'continue') return left.state;
  if (left.kind === 'ended' && isSameRelease(left.result, release)) {
    if (left.result.result === 'promoted') return tellResult(session, left.result);
    // It was taken back by evidence, on record now: deploying it again would ask users a second time.
    if (left.result.state.data['abortKind'] === 'evidence') return tellResult(session, left.result);
  }
  const status = await options.target.status();
  await settleLast(session, status.rollout);
  const stable = (await client.status()).servers.find((server) => server.version === status.stable);
  if (stable?.releaseDigest === release.releaseDigest) {
    // It may be down just now: this waits until its supervisor has it up again, or says why not.
    await client.startServer(stable.spec, 'stable');
    return nothingToDo(session, release, stable.version);
  }
  refuseTakenLabel(release, status);
  const state = newRollout({
    from: status.stable,
    spec: release.spec,
    strategy: inputs.strategy,
    steps: stepsOf(inputs.strategy, checked.steps, status.stable === null),
    owner: options.owner,
    record: session.record,
    deploymentId: null,
    now: Date.now(),
  });
  await beginRollout(state, options);
  const deploymentId = await session.deployments?.create(
    {
      releaseDigest: release.releaseDigest,
      service: inputs.service,
      version: release.version,
      weights: release.unit.weights,
      adapter: release.unit.adapter,
    },
    `${inputs.strategy} of ${release.version} on ${inputs.service}`,
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

function dryRun(plan: string[], before: TargetStatus | undefined, notes: string[]): ActionResult {
  const lines = plan.map((line, index) => `${index + 1}. ${line}`);
  return {
    verdict: 'pass',
    reasons: ['dry-run: nothing was touched', ...notes, ...lines],
    outputs: { plan: JSON.stringify(plan), stable: before?.stable ?? '' },
  };
}
