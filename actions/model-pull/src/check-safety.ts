/** The safety check over all pulled files, and what it means under the chosen mode. */
import { statSync } from 'node:fs';
import { mapPool } from '@sluice/model-store/pool';
import type { Logger } from '@sluice/runtime/logger';
import { inspectFile } from '@sluice/weights/inspect';
import type { Inspection } from '@sluice/weights/inspect';
import { checkEngines, checkExternal } from './check-together.ts';
import type { LookedAt } from './check-together.ts';
import type { HubScan } from './hub-scan.ts';
import { countScan, judgeScan } from './hub-scan.ts';
import type { KnownInspections } from './known-inspections.ts';

export interface SafetyResult {
  state: 'safe' | 'unsafe' | 'off';
  /** One sentence each. */
  problems: string[];
  notices: string[];
  /** Path to detected format. */
  formats: Record<string, string>;
  /** What the hub's own scan says, counted; null where it wasn't asked or said nothing. */
  hub: string | null;
}

export interface SafetyOptions {
  mode: 'strict' | 'warn' | 'off';
  allowFormats: readonly string[];
  /** Names that pickles may use, as `module.name`. */
  allowGlobals: readonly string[];
  connections: number;
  log: Logger;
  signal: AbortSignal;
  /** What was found before in files that look as they did then. */
  known?: KnownInspections | undefined;
  scan?: HubScan | undefined;
}

export async function checkSafety(files: readonly LookedAt[], options: SafetyOptions): Promise<SafetyResult> {
  if (options.mode === 'off') return { state: 'off', problems: [], notices: [], formats: {}, hub: null };
  const allowed = new Set(options.allowFormats);
  const allowGlobals = new Set(options.allowGlobals);
  const { known } = options;
  const inspect = async ({ path, at }: LookedAt, raw: boolean): Promise<Inspection> => {
    const name = raw ? `${path} (raw)` : path;
    // Without a thread, which costs more than the call. First: a file that changes meanwhile has other looks the next time.
    const info = known && statSync(at);
    const before = info && known.find(name, info);
    if (before) return { ...before, path };
    const found = await inspectFile(path, at, allowed, { allowGlobals, raw });
    if (info) known.add({ ...found, path: name }, info);
    return found;
  };
  const inspectAll = (some: readonly LookedAt[], raw: boolean) =>
    mapPool(some, options.connections, options.signal, (file) => inspect(file, raw));
  const first = await inspectAll(files, false);
  const { told: external, holders } = checkExternal(files, first);
  const again = await inspectAll(
    files.filter(({ path }, index) => holders.has(path) && first[index]?.problem !== null),
    true,
  );
  const replaced = new Map(again.map((inspection) => [inspection.path, inspection]));
  const inspections = first.map((inspection) => replaced.get(inspection.path) ?? inspection);
  const all = [
    ...inspections,
    ...external,
    ...(await checkEngines(files, inspections)),
    ...(options.scan ? judgeScan(options.scan, inspections, allowed) : []),
  ];
  await known?.save();
  const tell = (kind: 'problem' | 'notice'): string[] =>
    all.flatMap((file) => (file[kind] === null ? [] : [`${file.path} ${file[kind]}`]));
  const problems = tell('problem');
  const notices = tell('notice');
  for (const notice of notices) options.log.untrusted(`safety: ${notice}`);
  if (options.mode === 'warn') for (const problem of problems) options.log.warning(`safety: ${problem}`);
  return {
    state: problems.length > 0 ? 'unsafe' : 'safe',
    problems,
    notices,
    formats: Object.fromEntries(inspections.map(({ path, format }) => [path, format])),
    hub: options.scan
      ? countScan(
          options.scan,
          files.map(({ path }) => path),
        )
      : null,
  };
}
