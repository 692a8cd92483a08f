/** Suite files by paths and globs. */
import { glob, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';

/** Paths relative to `base` where they lie below it. ConfigError with every pattern that matches nothing. */
export async function findSuites(
  patterns: readonly string[],
  base: string,
  input = 'suite',
): Promise<string[]> {
  const paths = new Set<string>();
  const missing: string[] = [];
  for (const pattern of patterns) {
    const found = await expand(pattern, base);
    if (found.length === 0) missing.push(pattern);
    for (const path of found) paths.add(path);
  }
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map(
        (pattern) =>
          `input \`${input}\`: '${pattern}' matches no file in ${base}; give paths or globs of suites`,
      ),
    );
  }
  return [...paths];
}

async function expand(pattern: string, base: string): Promise<string[]> {
  const plain = await stat(resolve(base, pattern)).catch(() => undefined);
  const found = plain?.isFile() === true ? [resolve(base, pattern)] : [];
  if (found.length === 0) {
    for await (const path of glob(pattern, { cwd: base })) found.push(resolve(base, path));
  }
  return found
    .sort()
    .map((path) => relative(base, path))
    .map((path) => (path.startsWith('..') || isAbsolute(path) ? resolve(base, path) : path));
}
