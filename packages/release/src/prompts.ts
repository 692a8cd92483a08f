/** The `prompts` part of a release unit: prompt files, by their places in the repository and their content. */
import { createHash } from 'node:crypto';
import { glob, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { jsonDigest } from './unit.ts';

const ENDINGS = ['.txt', '.md', '.json', '.yaml', '.yml', '.j2', ''];
const VERSIONED = /^([\w./-]+)@([\w.-]+)$/;
/** More files than a release has prompts. */
const MOST_FILES = 10_000;

/** Whether a name is that of a version of a prompt: `prompts/capital@v2`. */
export function isPromptVersion(reference: string): boolean {
  return VERSIONED.test(reference);
}

/** The files that `prompts/x@v2` may be, the likeliest first: prompts/x/v2.txt and others, or prompts/x@v2.txt and others. */
export function promptCandidates(reference: string): string[] {
  const [, name = '', version = ''] = VERSIONED.exec(reference) ?? [];
  return ENDINGS.flatMap((ending) => [`${name}/${version}${ending}`, `${reference}${ending}`]);
}

/**
 * `sha256:` over the RFC 8785 JSON of `[[path, sha256 of the bytes], …]`, sorted, paths as they lie below `root` (the
 * workspace); null of no files.
 */
export async function promptsDigest(files: readonly string[], root: string): Promise<string | null> {
  const base = await realpath(root);
  const entries = new Map<string, string>();
  for (const file of files) {
    const real = await realpath(file);
    const bytes = await readFile(real);
    entries.set(relative(base, real), createHash('sha256').update(bytes).digest('hex'));
  }
  return entries.size === 0 ? null : jsonDigest([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The files that input `prompts` names: versions (prompts/x@v2), files, folders with all in them, globs.
 *
 * @returns absolute paths
 * @throws ConfigError for an entry that names no file, or one outside of `root`
 */
export async function findPromptFiles(entries: readonly string[], root: string): Promise<string[]> {
  const base = await realpath(root);
  const found = new Set<string>();
  for (const entry of entries) {
    const files = await findEntry(entry, base);
    if (files.length === 0)
      throw new ConfigError(
        `input \`prompts\`: '${entry}' names no file in ${root}; give files, folders, globs or name@version`,
      );
    for (const file of files) {
      const real = await realpath(file);
      if (/^\.\.(?:\/|$)/.test(relative(base, real)))
        throw new ConfigError(`input \`prompts\`: '${entry}' leads outside of the workspace ${root}`);
      found.add(real);
    }
    if (found.size > MOST_FILES)
      throw new ConfigError(`input \`prompts\` names more than ${MOST_FILES} files; name the prompts alone`);
  }
  return [...found];
}

async function findEntry(entry: string, base: string): Promise<string[]> {
  const paths = [resolve(base, entry), ...promptCandidates(entry).map((path) => resolve(base, path))];
  for (const path of isPromptVersion(entry) ? paths : paths.slice(0, 1)) {
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile() === true) return [path];
    if (facts?.isDirectory() === true) return filesOf('**/*', path);
  }
  return filesOf(entry, base);
}

async function filesOf(pattern: string, cwd: string): Promise<string[]> {
  const files: string[] = [];
  for await (const path of glob(pattern, { cwd })) {
    const full = join(cwd, path);
    if ((await stat(full)).isFile()) files.push(full);
    if (files.length > MOST_FILES) break;
  }
  return files;
}
