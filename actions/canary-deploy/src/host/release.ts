/** The release that a host would serve: its weights hashed, its engine prepared. */
import type { HostLayout } from '@sluice/host/layout';
import type { ServerSpec } from '@sluice/host/types';
import { prepareEngine } from '@sluice/inference/engines/engine';
import { releaseArgs } from '@sluice/inference/engines/settings';
import { parseServingLease } from '@sluice/inference/gpus/lease-request';
import { adapterDigest } from '@sluice/release/weights';
import { emptyUnit, engineArgsDigest, releaseDigest, type ReleaseUnit } from '@sluice/release/unit';
import { readServedModel } from '@sluice/weights/model-parts';
import type { TargetStatus } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { join } from 'node:path';
import { describePrompts } from '../prompts.ts';
import type { HostInputs } from './inputs.ts';
import { recordOf, recordPlaces, type Release } from '../release.ts';

/** What it holds of a shared machine's GPUs. ConfigError where there are too few for it, however long it waits. */
async function readLease(
  { gpuLease, service }: HostInputs,
  { env, signal, run }: ActionContext,
): Promise<Pick<ServerSpec, 'gpuLease'>> {
  if (gpuLease === undefined) return {};
  const { gpusToLease } = await import('@sluice/inference/gpus/lease');
  const asked = parseServingLease(gpuLease);
  if (typeof asked === 'string') throw new ConfigError(asked);
  await gpusToLease(asked.gpus, env, signal);
  const by = run.url === '' ? '' : `, deployed by ${run.url}`;
  return { gpuLease: { gpus: asked.gpus, waitMs: asked.waitMs, holder: `service ${service}${by}` } };
}

/** Hashes the weights, prepares the engine, and names the release. Touches nothing that serves. */
export async function readRelease(
  inputs: HostInputs,
  context: ActionContext,
  status: TargetStatus | undefined,
  layout: HostLayout,
): Promise<Release> {
  const modelPath = inputs.modelPath ?? '';
  const places = await recordPlaces(inputs, context);
  const first = places.find((place) => place.record !== undefined);
  const model = await readServedModel(modelPath, first?.record);
  const modelName = inputs.modelName ?? inputs.service;
  const launch = await prepareEngine(
    {
      ...inputs,
      modelPath,
      modelName,
      port: '{port}',
      bundle: context.bundle,
      scratch: join(layout.folder, 'engine'),
    },
    context,
  );
  const unit: ReleaseUnit = {
    ...emptyUnit(),
    ...model,
    engine: launch.engine,
    engineArgs: engineArgsDigest(releaseArgs(inputs.engine, inputs, inputs.engineArgs)),
    adapter: inputs.adapterPath === undefined ? null : await adapterDigest(inputs.adapterPath),
  };
  unit.prompts = await describePrompts(inputs, context, { unit, record: first?.record, status });
  const name = releaseDigest(unit);
  const version = inputs.version ?? name.slice('sha256:'.length, 'sha256:'.length + 8);
  const { command, args, env, healthPath } = launch;
  const spec: ServerSpec = {
    version,
    releaseDigest: name,
    unit,
    command,
    args,
    env,
    healthPath,
    modelPath,
    modelName: launch.modelName,
    startupTimeoutMs: inputs.startupTimeout,
    ...(await readLease(inputs, context)),
  };
  const found = recordOf(places, status, name, 'on this host');
  return { version, releaseDigest: name, unit, spec, ...found };
}
