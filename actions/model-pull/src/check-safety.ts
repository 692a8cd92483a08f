/** The safety check over all pulled files, and what it means under the chosen mode. */
import { join } from 'node:path';
import { mapPool } from '@sluice/model-store/pool';
import type { Logger } from '@sluice/runtime/logger';
import { inspectFile } from '@sluice/weights/inspect';

export interface SafetyResult {
  state: 'safe' | 'unsafe' | 'off';
  /** One sentence each. */
  problems: string[];
  notices: string[];
  /** Path to detected format. */
  formats: Record<string, string>;
}

export interface SafetyOptions {
  mode: 'strict' | 'warn' | 'off';
  allowFormats: readonly string[];
  /** Names that pickles may use, as `module.name`. */
  allowGlobals: readonly string[];
  connections: number;
  log: Logger;
  signal: AbortSignal;
  /** Where a file is that has no name yet; default is below the folder. */
  locate?: (path: string) => string | undefined;
}

export async function checkSafety(
  folder: string,
  files: readonly { path: string }[],
  options: SafetyOptions,
): Promise<SafetyResult> {
  if (options.mode === 'off') return { state: 'off', problems: [], notices: [], formats: {} };
  const allowed = new Set(options.allowFormats);
  const allowGlobals = new Set(options.allowGlobals);
  const inspections = await mapPool(files, options.connections, options.signal, ({ path }) =>
    inspectFile(path, options.locate?.(path) ?? join(folder, ...path.split('/')), allowed, { allowGlobals }),
  );
  const tell = (kind: 'problem' | 'notice'): string[] =>
    inspections.flatMap((file) => (file[kind] === null ? [] : [`${file.path} ${file[kind]}`]));
  const problems = tell('problem');
  const notices = tell('notice');
  for (const notice of notices) options.log.untrusted(`safety: ${notice}`);
  if (options.mode === 'warn') for (const problem of problems) options.log.warning(`safety: ${problem}`);
  return {
    state: problems.length > 0 ? 'unsafe' : 'safe',
    problems,
    notices,
    formats: Object.fromEntries(inspections.map(({ path, format }) => [path, format])),
  };
}
