/** Sources that name another source: a model card's `spec.source`, an entry of a list of data sets. */
import { readFile } from 'node:fs/promises';
import { relative, resolve, sep } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import type { Source } from './grammar.ts';
import { parseSource } from './grammar.ts';

export interface FollowedSource {
  /** What is really pulled: no card and no entry any more. */
  source: Source;
  /** `source` as it was written. */
  text: string;
  /** From the card or entry; null when it says none. */
  revision: string | null;
  /** `sha256:…`, to be held against what was pulled; null when it says none. */
  digest: string | null;
  /** Hex, of the one file that an entry of a list stands for; null when it says none. */
  sha256: string | null;
  lineage: { baseModel?: string; licence?: string };
}

/**
 * Follows a card or a list's entry to the source that it names; any other source is returned as it is.
 *
 * @param input name of the input that holds `text`
 */
export async function followReference(
  source: Source,
  text: string,
  input: string,
  workspace: string,
): Promise<FollowedSource> {
  if (source.kind === 'model-card') return followCard(source.rest, input, workspace);
  if (source.kind === 'dataset-entry') return followEntry(source.rest, input, workspace);
  return { source, text, revision: null, digest: null, sha256: null, lineage: {} };
}

async function followCard(path: string, input: string, workspace: string): Promise<FollowedSource> {
  const shown = `input \`${input}\` = ${JSON.stringify(path)}`;
  const card = fields(await readYaml(path, shown, workspace));
  const spec = fields(card['spec']);
  const lineage = readLineage(spec);
  const { source } = spec;
  if (source === undefined || source === null) {
    throw new ConfigError(
      `${shown}: the card doesn't say where its weights are; add the key \`spec.source\`, as ` +
        '`source: {uri: org/name, revision: <commit>}`',
    );
  }
  return readPointer(source, `${shown}: \`spec.source\``, lineage);
}

/** Entries stand in a list with `name`, or in a map by name; at the top, or below `datasets`. */
async function followEntry(rest: string, input: string, workspace: string): Promise<FollowedSource> {
  const at = rest.lastIndexOf('#');
  const [path, name] = [rest.slice(0, at), rest.slice(at + 1)];
  const shown = `input \`${input}\` = ${JSON.stringify(rest)}`;
  const document = await readYaml(path, shown, workspace);
  const sets = fields(document)['datasets'] ?? document;
  const entries = Array.isArray(sets)
    ? sets.map((entry: unknown) => [fields(entry)['name'], entry] as const)
    : Object.entries(fields(sets));
  const entry = entries.find(([own]) => own === name)?.[1];
  if (entry === undefined) {
    const names = entries.map(([own]) => JSON.stringify(own)).join(', ');
    throw new ConfigError(
      `${shown}: there is no entry ${JSON.stringify(name)}${names === '' ? '' : `; there are ${names}`}`,
    );
  }
  const named = typeof entry === 'string' ? entry : (fields(entry)['source'] ?? entry);
  return readPointer(named, `${shown}: the entry ${JSON.stringify(name)}`, {});
}

function readPointer(value: unknown, where: string, lineage: FollowedSource['lineage']): FollowedSource {
  const own = typeof value === 'string' ? { uri: value } : fields(value);
  const { uri, revision, digest, sha256 } = own;
  if (typeof uri !== 'string' || uri === '')
    throw new ConfigError(`${where} names no \`uri\`; write uri: org/name, s3://…, dvc:… or another source`);
  const source = parseSource(uri, `${where}.uri`);
  if (source.kind === 'model-card' || source.kind === 'dataset-entry')
    throw new ConfigError(
      `${where} names another card or list (${JSON.stringify(uri)}); name the weights themselves`,
    );
  if (revision !== undefined && revision !== null && typeof revision !== 'string')
    throw new ConfigError(`${where}: its \`revision\` is no text; quote it`);
  if (typeof digest === 'string' && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw new ConfigError(`${where}: its \`digest\` must be sha256:<64 hex digits>`);
  if (sha256 !== undefined && (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)))
    throw new ConfigError(`${where}: its \`sha256\` must be 64 hex digits; quote them`);
  return {
    source,
    text: uri,
    revision: revision ?? null,
    digest: typeof digest === 'string' ? digest : null,
    sha256: sha256 ?? null,
    lineage,
  };
}

function readLineage(spec: Record<string, unknown>): FollowedSource['lineage'] {
  const { baseModel, license, licence } = spec;
  const named = licence ?? license;
  return {
    ...(typeof baseModel === 'string' && { baseModel }),
    ...(typeof named === 'string' && { licence: named }),
  };
}

async function readYaml(path: string, shown: string, workspace: string): Promise<unknown> {
  const root = resolve(workspace);
  const absolute = resolve(root, path);
  if (relative(root, absolute).split(sep)[0] === '..')
    throw new ConfigError(`${shown} lies outside the workspace ${root}`);
  const text = await readFile(absolute, 'utf8').catch(() => undefined);
  if (text === undefined) throw new ConfigError(`${shown}: ${absolute} can't be read`);
  const { parseDocument } = await import('yaml');
  try {
    const document = parseDocument(text);
    const [fault] = document.errors;
    if (fault) throw new ConfigError(`${shown}: ${fault.message.split('\n')[0]}`);
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${shown} can't be read as YAML`);
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
