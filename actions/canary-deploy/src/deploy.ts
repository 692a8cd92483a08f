/** `operation: deploy`: the door first, then whatever an earlier run left behind, then the rollout. */
import type { HostClient } from '@sluice/host/client';
import type { RolloutState, ServerSpec } from '@sluice/host/types';
import { newRollout, takeOver } from '@sluice/rollout/begin';
import { drive, type DriverOptions, type DriveResult } from '@sluice/rollout/driver';
import { HostTarget, planLines } from '@sluice/rollout/host-target';
import { stepsOf } from '@sluice/rollout/steps';
import type { TargetStatus } from '@sluice/rollout/target';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { CheckedInputs } from './checks.ts';
import { driverOptions, saveForPost, type Session } from './driving.ts';
import type { Inputs } from './inputs.gen.ts';
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
  const there = await connectHost({ stateDir, service: inputs.service });
  const before = there === undefined ? undefined : await new HostTarget(there).status();
  const release = await readRelease(inputs, context, before);
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
  { bundle }: ActionContext,
  stateDir: string,
): Promise<ServerSpec> {
  if (!spec.args.includes(bundle)) return spec;
  const { installBundle } = await import('@sluice/host/install');
  const installed = await installBundle(`${stateDir}/bin`, bundle);
  return { ...spec, args: spec.args.map((word) => (word === bundle ? installed : word)) };
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
  const deploymentId = await session.deployments?.create(
    { releaseDigest: release.releaseDigest, service: inputs.service, version: release.version },
    `${inputs.strategy} of ${release.version} on ${inputs.service}`,
  );
  state.data['deploymentId'] = deploymentId ?? null;
  await session.deployments?.mark(deploymentId ?? null, 'in_progress', `starting ${release.version}`);
  await options.exclusive(() => options.target.remember(state));
  return state;
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
