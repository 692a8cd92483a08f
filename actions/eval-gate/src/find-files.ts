import { glob, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { isSampleFile, type NamedFile } from '@sluice/evaluation/readers/read-results';
import { ConfigError } from '@sluice/runtime/errors';

/**
 * Files that paths and globs name, each once, sorted by name. lm-eval's samples are left out: they are read with their results.
 *
 * @throws ConfigError for every pattern that finds no file
 */
export async function findFiles(
  patterns: readonly string[],
  workspace: string,
  input: string,
): Promise<NamedFile[]> {
  const found = new Set<string>();
  const faults: string[] = [];
  for (const pattern of patterns) {
    const paths = await expand(pattern, workspace);
    for (const path of paths) found.add(path);
    if (paths.length === 0) {
      const isFolder = await stat(resolve(workspace, pattern)).then(
        (entry) => entry.isDirectory(),
        () => false,
      );
      faults.push(
        isFolder
          ? `input \`${input}\` = '${pattern}' is a folder; name its files, as ${pattern.replace(/\/+$/u, '')}/*.json`
          : `input \`${input}\` = '${pattern}': there is no such file in ${workspace}; give paths or globs of results`,
      );
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return [...found].sort().map((path) => ({ path, shown: shownName(path, workspace) }));
}

async function expand(pattern: string, workspace: string): Promise<string[]> {
  const plain = resolve(workspace, pattern);
  if (await isFile(plain)) return [plain];
  if (!/[*?[{]/u.test(pattern)) return [];
  const paths: string[] = [];
  for await (const match of glob(pattern, { cwd: workspace })) {
    const path = resolve(workspace, match);
    if (!isSampleFile(path) && (await isFile(path))) paths.push(path);
  }
  return paths;
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

/** Relative to the workspace where it lies in it, with `/` on every system: records are compared across machines. */
export function shownName(path: string, workspace: string): string {
  const inside = relative(workspace, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/');
}
