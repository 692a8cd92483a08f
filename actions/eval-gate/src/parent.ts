/** The model that the one on trial was made from: by its card, or by what the record says of its lineage. */
import { glob, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { NamedFile } from '@sluice/evaluation/readers/read-results';
import { parseModelCard, type ModelCard } from '@sluice/release/model-card';
import type { ReleaseRecord } from '@sluice/release/record';
import type { StoredReleases } from '@sluice/release/stored-releases';
import { ConfigError } from '@sluice/runtime/errors';
import type { OpenCard } from './card.ts';
import { shownName } from './find-files.ts';
import { knownRelease, type KnownRelease } from './stored.ts';

interface Asked {
  record: ReleaseRecord | undefined;
  card: OpenCard | undefined;
  /** Path of the card on trial, which is no parent of itself. */
  modelCard: string | undefined;
  workspace: string;
  stored: StoredReleases | undefined;
}

/**
 * In this order: a card or its folder as `spec.baseModel` names it, a card of that name (or `name@version`, or source)
 * in the folder of models, a release of that source that the target remembers.
 *
 * @throws ConfigError where several cards are of that name
 */
export async function findParent(
  asked: Asked,
): Promise<{ file: NamedFile } | KnownRelease | { note: string }> {
  const names = baseNames(asked);
  if (names.length === 0) {
    return {
      note: 'neither the model card (spec.baseModel) nor the release record names a base model, so there is no parent to compare with',
    };
  }
  for (const name of names) {
    const path = await findCard(name, asked);
    if (path !== undefined) return resultsBeside(path, asked.workspace);
    const entry = asked.stored?.history.findLast(
      ({ record }) => plain(record?.model?.source) === plain(name),
    );
    if (asked.stored !== undefined && entry !== undefined)
      return knownRelease(entry, asked.stored, 'base model');
  }
  return {
    note: `no model card${asked.stored === undefined ? '' : ' or stored release'} is of the base model ${names.join(', ')}, so there is no parent to compare with; write spec.baseModel as the path of its card`,
  };
}

function baseNames({ card, record }: Asked): string[] {
  const { baseModel } = card?.card.spec ?? {};
  return [
    ...new Set([
      ...(baseModel === undefined ? [] : [baseModel]),
      ...(record?.model?.lineage?.baseModels ?? []),
    ]),
  ];
}

/** Path of the card that is meant; undefined where none is. */
async function findCard(name: string, { modelCard, workspace }: Asked): Promise<string | undefined> {
  const inside = resolve(workspace, name);
  if (!relative(workspace, inside).startsWith('..')) {
    for (const path of [inside, join(inside, 'model-card.yaml')])
      if (/\.ya?ml$/u.test(path) && (await isFile(path))) return path;
  }
  const models = modelCard === undefined ? join(workspace, 'models') : dirname(dirname(modelCard));
  const found: string[] = [];
  for await (const match of glob('{*,*/*}/model-card.yaml', { cwd: models })) {
    const path = join(models, match);
    if (path !== modelCard && isNamed(await readCard(path), name)) found.push(path);
  }
  if (found.length > 1) {
    const list = found.map((path) => shownName(path, workspace)).sort();
    throw new ConfigError(
      `the reference \`parent\`: ${list.join(', ')} are all of the base model '${name}'; write spec.baseModel as the path of the one that is meant, or as name@version`,
    );
  }
  return found[0];
}

function isNamed(card: ModelCard | undefined, name: string): boolean {
  if (card === undefined) return false;
  const { metadata, spec } = card;
  const own = [metadata.name, `${metadata.name}@${metadata.version}`, plain(spec.source?.uri)];
  return own.includes(plain(name));
}

/** Other people's cards need not be valid for this one to be judged. */
async function readCard(path: string): Promise<ModelCard | undefined> {
  try {
    return await parseModelCard(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** What a gate left beside the card, which has sample counts; the card's own figures otherwise. */
async function resultsBeside(
  path: string,
  workspace: string,
): Promise<{ file: NamedFile } | { note: string }> {
  const beside = join(dirname(path), 'eval-results.json');
  if (await isFile(beside)) return { file: { path: beside, shown: shownName(beside, workspace) } };
  const shown = shownName(path, workspace);
  const { metrics } = (await parseModelCard(await readFile(path, 'utf8'), shown)).spec.evaluation ?? {};
  if (Object.keys(metrics ?? {}).length === 0)
    return {
      note: `${shown}, the card of the base model, has no metrics, so there is no parent to compare with`,
    };
  return { file: { path, shown, bytes: Buffer.from(JSON.stringify(metrics)) } };
}

/** `hf://org/name` and `org/name` are one model. */
function plain(source: string | undefined): string | undefined {
  return source?.replace(/^hf:\/\//u, '');
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}
