/** How old a data set is: what its list says, else the last commit that changed it. A checkout's file times say nothing. */
import { dirname } from 'node:path';
import { run } from '@sluice/process/run';
import { dateOf } from './data-schema.ts';
import type { OpenedData } from './open-data.ts';

const DAY_MS = 86_400_000;

export type Age = { days: number; from: string } | { missing: string };

/** @param now milliseconds since 1970 */
export async function ageOf({ entry, files, revision }: OpenedData, now: number): Promise<Age> {
  if (entry?.created !== undefined) {
    const created = dateOf(entry.created);
    if (created === undefined) return { missing: `its entry's \`created\` = ${entry.created} is no date` };
    if (created > now) return { missing: `its entry's \`created\` = ${entry.created} lies in the future` };
    return { days: (now - created) / DAY_MS, from: 'its entry in the list of data sets' };
  }
  if (revision !== null) return { missing: 'the list of data sets says no `created` for it' };
  const times = await Promise.all(files.map(({ path }) => committedAt(path)));
  const known = times.flatMap((time) => time ?? []);
  if (known.length < times.length) {
    return {
      missing:
        'no commit of its files is known (a shallow checkout has one date for all); give `created` in data/datasets.yaml',
    };
  }
  return { days: (now - Math.max(...known)) / DAY_MS, from: 'the last commit that changed it' };
}

/** Milliseconds since 1970; undefined outside Git, for a changed or unknown file, and in a shallow clone. */
async function committedAt(path: string): Promise<number | undefined> {
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['-C', dirname(path), ...args], { timeoutMs: 20_000 })).stdout.trim();
  try {
    if ((await git('rev-parse', '--is-shallow-repository')) !== 'false') return undefined;
    if ((await git('status', '--porcelain', '--', path)) !== '') return undefined;
    const time = Number(await git('log', '-1', '--format=%ct', '--', path)) * 1000;
    return time > 0 ? time : undefined;
  } catch {
    return undefined;
  }
}
