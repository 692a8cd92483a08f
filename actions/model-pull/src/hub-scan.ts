/** What a hub's own scan (viruses, pickle imports, its partners' scanners) says of the files, beside what we find. */
import { describeError } from '@sluice/runtime/errors';
import type { FileFormat } from '@sluice/weights/file-format';
import type { Told } from './check-together.ts';

export interface HubScan {
  /** Path to status, as the hub calls it; a path that isn't here was not spoken of. */
  statuses: ReadonlyMap<string, string>;
  /** Why the hub could not be asked. */
  failed: string | null;
}

/** Asks in the background; a hub that doesn't answer is told of, and stops nothing: nothing is claimed then. */
export function startScan(list: () => Promise<Map<string, string>>): Promise<HubScan> {
  return list().then(
    (statuses) => ({ statuses, failed: null }),
    (error: unknown) => ({ statuses: new Map(), failed: describeError(error) }),
  );
}

/** Says nothing of a file: it was looked at and is well, or was never looked at. */
const SILENT = new Set(['safe', 'innocuous', 'unscanned']);

/** `unsafe` fails like a finding of our own; `allow-formats` lets its format in, whatever it holds. */
export function judgeScan(
  { statuses, failed }: HubScan,
  files: readonly { path: string; format: FileFormat }[],
  allowFormats: ReadonlySet<string>,
): Told[] {
  const told: Told[] = [];
  const waiting = new Map<string, string[]>();
  for (const { path, format } of files) {
    const status = statuses.get(path);
    if (status === undefined || SILENT.has(status)) continue;
    if (status !== 'unsafe') waiting.set(status, [...(waiting.get(status) ?? []), path]);
    else if (allowFormats.has(format)) {
      told.push({
        path,
        problem: null,
        notice: "is unsafe by the hub's own scan; let in by `allow-formats`",
      });
    } else told.push({ path, problem: "is unsafe by the hub's own scan", notice: null });
  }
  for (const [status, paths] of waiting) {
    const more = paths.length > 1 ? ` (and ${paths.length - 1} files more)` : '';
    told.push({
      path: paths[0] ?? '',
      problem: null,
      notice: `${more.trim()} is ${JSON.stringify(status)} in the hub's own scan`.trim(),
    });
  }
  if (failed !== null) {
    told.push({ path: "the hub's own scan", problem: null, notice: `could not be read: ${failed}` });
  }
  return told;
}

/** `12 safe, 1 unsafe` over the files that were pulled; null where the hub said nothing. */
export function countScan({ statuses }: HubScan, paths: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const path of paths) {
    const status = statuses.get(path);
    if (status !== undefined) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  if (counts.size === 0) return null;
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}
