/**
 * lighteval's details: a Parquet file a task, `details/<model>/<time>/details_<task>_<time>.parquet`, of rows `{doc, metric,
 * model_response}` (EvaluationTracker.save_details of 0.10 to 0.13).
 */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { isObject } from '../model.ts';
import { contentId } from './fields.ts';
import type { Item } from './items.ts';

/** Items by metric, of one task. */
export type Details = ReadonlyMap<string, readonly Item[]>;

/** By the task as results name it (`gsm8k|5`). @throws Error for a file that can't be read, or holds other columns */
export async function detailsBeside(path: string): Promise<Map<string, Details>> {
  const time = /^results_(.+)\.json$/u.exec(basename(path))?.[1];
  const found = new Map<string, Details>();
  if (time === undefined || path === '') return found;
  const { readParquet } = await import('@sluice/data/read-parquet');
  for (const folder of foldersOf(dirname(path), time)) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names) {
      const task =
        name.startsWith('details_') && name.endsWith(`_${time}.parquet`) ? taskIn(name, time) : undefined;
      if (task === undefined || found.has(task)) continue;
      const details = new Map<string, Item[]>();
      const seen = new Map<string, number>();
      for await (const rows of readParquet(join(folder, name), name))
        for (const { values, number } of rows) addRow(details, seen, values, `${name}, row ${number}`);
      found.set(task, details);
    }
  }
  return found;
}

const taskIn = (name: string, time: string): string =>
  name.slice('details_'.length, -`_${time}.parquet`.length);

/** Beside the results, or where lighteval puts them: `details` in place of the last `results` of the path. */
function foldersOf(folder: string, time: string): string[] {
  const parts = folder.split(sep);
  const at = parts.lastIndexOf('results');
  const own = at === -1 ? [] : [parts.with(at, 'details').join(sep)];
  return [folder, ...own].flatMap((where) => [join(where, time), where]);
}

/** The same document twice is two items, told apart by a number as in lm-eval's samples. */
function addRow(
  details: Map<string, Item[]>,
  seen: Map<string, number>,
  values: ReadonlyMap<string, unknown>,
  place: string,
): void {
  const [doc, metric, answer] = ['doc', 'metric', 'model_response'].map((column) => values.get(column));
  if (!isObject(doc) || !isObject(metric))
    throw new Error(`${place}: columns doc and metric are not those of lighteval`);
  const content = contentId(doc['query'], doc['choices'], plain(doc['gold_index']));
  const times = (seen.get(content) ?? 0) + 1;
  seen.set(content, times);
  const id = times === 1 ? content : `${content}#${times}`;
  const asked = isObject(answer) ? answer['input'] : undefined;
  const prompt = asked === undefined || asked === null ? {} : { prompt: contentId(asked) };
  for (const [name, raw] of Object.entries(metric)) {
    // A metric of the whole task has lists here, which are no scores.
    if (raw !== null && typeof raw === 'object') continue;
    const score = typeof raw === 'boolean' ? Number(raw) : Number(plain(raw) ?? NaN);
    const items = details.get(name) ?? [];
    items.push({ id, score: Number.isFinite(score) ? score : null, ...prompt });
    details.set(name, items);
  }
}

/** 64-bit numbers as what JSON knows. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'bigint' ? Number(value) : value;
}
