/** What `register`, `promote` and `track` name is looked at before the gate judges. */
import { openPointer, uploads } from '@sluice/registries/open';
import type { LocalFiles, Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import type { ModelCard } from '@sluice/release/model-card';
import type { ReleaseRecord } from '@sluice/release/record';
import { ConfigError } from '@sluice/runtime/errors';
import type { RegistryTargets } from './registry-inputs.ts';

export interface RegistryPlan {
  targets: RegistryTargets;
  context: RegistryContext;
  model: Pick<Subject, 'digest' | 'source' | 'revision' | 'local'> | undefined;
  pointers: { given: string; pointer: Pointer; expected: string | null }[];
}

/**
 * Asks every registry where the names that are to be moved point now: who may not is told before the evaluation is
 * read, and a name that moves on while the gate works is seen.
 *
 * @throws ConfigError where the record doesn't know which weights these are
 */
export async function planRegistry(
  targets: RegistryTargets,
  record: ReleaseRecord | undefined,
  card: ModelCard | undefined,
  modelPath: string | undefined,
  context: RegistryContext,
): Promise<RegistryPlan> {
  const known = modelOf(record, card);
  const model = known && { ...known, local: await localFiles(targets, known, record, modelPath) };
  if (model === undefined && targets.register.length + targets.promote.length > 0) {
    throw new ConfigError(
      `input \`${targets.register.length > 0 ? 'register' : 'promote'}\` needs to know which weights were judged, and no release record says so; ` +
        'run model-pull before, or name a `model-card` whose spec.source has uri and digest',
    );
  }
  const pointers = [];
  for (const target of targets.promote) {
    const pointer = await openPointer(target, context);
    pointers.push({ given: target.given, pointer, expected: await pointer.observe() });
  }
  if (targets.folders.length > 0) {
    const { observeTag } = await import('@sluice/registries/git-folder');
    for (const folder of targets.folders) await observeTag(folder, context);
  }
  return { targets, context, model, pointers };
}

/** @throws ConfigError where files are to be uploaded and nobody says where they lie, or others lie there */
async function localFiles(
  targets: RegistryTargets,
  model: NonNullable<RegistryPlan['model']>,
  record: ReleaseRecord | undefined,
  modelPath: string | undefined,
): Promise<LocalFiles | undefined> {
  const asked = await Promise.all(targets.register.map((target) => uploads(target, model)));
  const first = targets.register[asked.indexOf(true)];
  if (first === undefined) return undefined;
  const { neededFiles } = await import('@sluice/registries/needed-files');
  if (modelPath === undefined) return neededFiles(first.given, model);
  const { hashModelPath } = await import('@sluice/release/weights');
  const { digest, root, files } = await hashModelPath(modelPath, record);
  if (digest !== model.digest)
    throw new ConfigError(
      `input \`model-path\` = '${modelPath}' holds ${digest}, and ${model.digest} is what was judged; name the folder that it was judged from`,
    );
  return { root, files };
}

function modelOf(record: ReleaseRecord | undefined, card: ModelCard | undefined): RegistryPlan['model'] {
  if (record?.model) {
    const { source, revision, digest } = record.model;
    return { source, revision, digest: record.unit.weights ?? digest };
  }
  const source = card?.spec.source;
  return source?.digest === undefined
    ? undefined
    : { source: source.uri, revision: source.revision ?? '', digest: source.digest };
}
