/** From an input's text to files on this machine: paths and globs first, then the grammar of sources. */
import { glob, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource } from '@sluice/sources/grammar';
import { followReference } from '@sluice/sources/reference';
import type { SourceContext } from '@sluice/sources/source';
import { findEntry, type DatasetEntry } from './datasets-list.ts';
import { dataOnly, FORMATS, formatOfName } from './formats.ts';
import type { DataFile } from './read-rows.ts';

export interface OpenedData {
  /** As given, without secrets. */
  source: string;
  /** Of a remote source; null for files of this machine. */
  revision: string | null;
  files: DataFile[];
  /** Of `data/datasets.yaml#name`. */
  entry: DatasetEntry | undefined;
}

export type OpenContext = Omit<SourceContext, 'revision'> & {
  /** Remote files are brought here; the caller removes it. */
  folder: string;
  /** A revision of a remote source that goes before whatever the text or its entry says. */
  revision?: string;
};

/**
 * The files that an input names.
 *
 * @param input its name, for messages
 * @throws ConfigError for what doesn't exist, holds no data, or isn't what its entry's sha256 says
 */
export async function openData(text: string, input: string, context: OpenContext): Promise<OpenedData> {
  const { workspace } = context;
  const shown = `input \`${input}\` = ${JSON.stringify(text)}`;
  const onDisk = await filesAt(text, workspace);
  if (onDisk.length > 0)
    return { source: text, revision: null, files: named(onDisk, workspace), entry: undefined };
  const entry = await findEntry(text, input, workspace);
  if (entry === undefined && /[*?[{]/u.test(text)) {
    throw new ConfigError(`${shown}: no file is there; give ${FORMATS}`);
  }
  const written = entry?.uri ?? text;
  const place = entry === undefined ? shown : `${shown}: its uri ${JSON.stringify(written)}`;
  const local = written.startsWith('file:')
    ? written.replace(/^file:(?:\/\/(?:localhost)?(?=\/))?/u, '')
    : written;
  const found = await filesAt(local, workspace);
  const opened =
    found.length > 0
      ? { source: written, revision: null, files: named(found, workspace), entry }
      : { ...(await openRemote(written, input, place, entry, context)), entry };
  if (entry?.sha256 !== undefined) await checkDigest(opened.files, entry.sha256, place);
  return opened;
}

async function openRemote(
  text: string,
  input: string,
  place: string,
  entry: DatasetEntry | undefined,
  context: OpenContext,
): Promise<Omit<OpenedData, 'entry'>> {
  if (text.startsWith('file:'))
    throw new ConfigError(`${place}: there is no such file; paths start at ${context.workspace}`);
  if (
    /^[./~]/u.test(text) ||
    (formatOfName(text.replace(/[#?].*$/su, '')) !== undefined && !/^[a-z][a-z0-9+.-]*:/iu.test(text))
  ) {
    throw new ConfigError(
      `${place}: there is no such file in ${context.workspace}; give a path, a glob or a source`,
    );
  }
  const parsed = parseSource(text, input);
  const { source, revision } = await followReference(parsed, text, input, context.workspace);
  if (source.kind === 'hub' || source.kind === 'model-card' || source.kind === 'dataset-entry') {
    const mend =
      source.kind === 'hub'
        ? `pull it first (model-pull with model: ${source.repo}, repo-type: dataset) and give its output path, as \${{ steps.pull.outputs.path }}`
        : 'name the data themselves';
    throw new ConfigError(`${place}: data aren't read from this source directly; ${mend}`);
  }
  const { fetchFiles } = await import('./fetch-files.ts');
  const asked = context.revision ?? entry?.revision ?? revision ?? undefined;
  return fetchFiles(source, place, { ...context, ...(asked === undefined ? {} : { revision: asked }) });
}

/** Files of a path, a folder or a glob; of a folder those that are named as data. */
async function filesAt(text: string, workspace: string): Promise<string[]> {
  const path = resolve(workspace, text);
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() === true) return [path];
  if (facts?.isDirectory() === true) return dataOnly(await globbed('**', path));
  if (!/[*?[{]/u.test(text) || /^[a-z][a-z0-9+.-]*:/iu.test(text)) return [];
  return globbed(text, workspace);
}

async function globbed(pattern: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const match of glob(pattern, { cwd: folder })) {
    const path = resolve(folder, match);
    if ((await stat(path).catch(() => undefined))?.isFile() === true) paths.push(path);
  }
  return paths.sort();
}

function named(paths: readonly string[], workspace: string): DataFile[] {
  return paths.map((path) => {
    const inside = relative(workspace, path);
    return {
      path,
      shown: inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/'),
    };
  });
}

async function checkDigest(files: readonly DataFile[], sha256: string, place: string): Promise<void> {
  const [file] = files;
  if (file === undefined || files.length > 1) {
    throw new ConfigError(`${place}: sha256 is of one file, but there are ${files.length}; name one`);
  }
  const { digestFile } = await import('./digest-file.ts');
  const actual = await digestFile(file.path);
  if (actual !== sha256) {
    throw new ConfigError(
      `${place}: ${file.shown} has sha256 ${actual}, the list says ${sha256}; the data changed`,
    );
  }
}
