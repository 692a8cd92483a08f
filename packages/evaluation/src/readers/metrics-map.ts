/** Input `metrics-map`: where the numbers are in files that no reader knows. */
import { finite, isObject, type EvalMetric } from '../model.ts';
import { fieldMetric, shorten, type ReadContext } from './fields.ts';
import { itemMetrics, withoutItems } from './items.ts';
import { findPath, parsePath, type Found, type Step } from './json-path.ts';

interface Entry {
  name: string;
  path: Step[];
  shown: string;
  n?: Step[];
  stderr?: Step[];
  id?: Step[];
  extra: Partial<Pick<EvalMetric, 'direction' | 'share' | 'unit'>>;
}

export interface MetricsMap {
  entries: Entry[];
}

const KEYS = ['path', 'n', 'stderr', 'id', 'direction', 'share', 'unit'];

/**
 * `accuracy: $.scores.acc`, or `accuracy: {path: $.rows[*].score, id: $.rows[*].id, direction: higher, share: true, unit: ms,
 * n: $.count, stderr: $.se}`; YAML, so JSON too. Several values found are samples, and the metric is their mean.
 *
 * @returns faults, each naming the metric and what to write
 */
export async function parseMetricsMap(text: string): Promise<{ map: MetricsMap; faults: string[] }> {
  const { parse } = await import('yaml');
  let data: unknown;
  try {
    // Aliases are no use in a map, and a bomb in a hostile one.
    data = parse(text, { maxAliasCount: 0 });
  } catch (error) {
    return {
      map: { entries: [] },
      faults: [
        `is no YAML (${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''})`,
      ],
    };
  }
  if (!isObject(data) || Object.keys(data).length === 0)
    return {
      map: { entries: [] },
      faults: ["maps nothing; write a metric a line, such as 'accuracy: $.scores.acc'"],
    };
  const faults: string[] = [];
  const entries = Object.entries(data).flatMap(([name, value]) => {
    try {
      return [toEntry(name, value)];
    } catch (error) {
      faults.push(`'${shorten(name)}': ${error instanceof Error ? error.message : String(error)}`);
      return [];
    }
  });
  return { map: { entries }, faults };
}

function toEntry(name: string, value: unknown): Entry {
  const fields = isObject(value) ? value : { path: value };
  const unknown = Object.keys(fields).find((key) => !KEYS.includes(key));
  if (unknown !== undefined)
    throw new Error(`'${shorten(unknown)}' is no key here; known are ${KEYS.join(', ')}`);
  const { path, direction, share, unit } = fields;
  if (typeof path !== 'string') throw new Error("needs a path, such as '$.scores.acc'");
  if (direction !== undefined && direction !== 'higher' && direction !== 'lower')
    throw new Error("direction is 'higher' or 'lower'");
  if (share !== undefined && typeof share !== 'boolean') throw new Error('share is true or false');
  if (unit !== undefined && typeof unit !== 'string') throw new Error('unit is a text, such as ms');
  const steps = (key: 'n' | 'stderr' | 'id'): Record<string, Step[]> => {
    const text = fields[key];
    if (text === undefined) return {};
    if (typeof text !== 'string') throw new Error(`${key} is a path, such as '$.count'`);
    return { [key]: parsePath(text) };
  };
  return {
    name,
    path: parsePath(path),
    shown: path,
    ...steps('n'),
    ...steps('stderr'),
    ...steps('id'),
    extra: {
      ...(direction === undefined ? {} : { direction }),
      ...(share === undefined ? {} : { share }),
      ...(unit === undefined ? {} : { unit }),
    },
  };
}

/** The mapped metrics of a file, those it lacks as missing ones; undefined where it has none of them. */
export function applyMap(map: MetricsMap, data: unknown, { source }: ReadContext): EvalMetric[] | undefined {
  const found = map.entries.map((entry) => ({ entry, nodes: findPath(entry.path, data) }));
  if (found.every(({ nodes }) => nodes.length === 0)) return undefined;
  return found.flatMap(({ entry, nodes }) => toMetrics(entry, nodes, data, source));
}

function toMetrics(entry: Entry, nodes: readonly Found[], data: unknown, source: string): EvalMetric[] {
  const { name, shown, extra } = entry;
  const one = (steps: Step[] | undefined): number | undefined => {
    const value = steps === undefined ? null : finite(findPath(steps, data)[0]?.value);
    return value === null || value < 0 ? undefined : value;
  };
  const several = entry.path.some(({ kind }) => kind === 'all') || nodes.length > 1;
  if (!several) {
    const [n, stderr] = [one(entry.n), one(entry.stderr)];
    return [
      fieldMetric(name, nodes[0]?.value, {
        source,
        field: shown,
        ...extra,
        ...(n === undefined ? {} : { n }),
        ...(stderr === undefined ? {} : { stderr }),
      }),
    ];
  }
  const ids = entry.id === undefined ? undefined : findPath(entry.id, data);
  if (ids !== undefined && ids.length !== nodes.length)
    throw new Error(`${shown} finds ${nodes.length} values and its id ${ids.length}; each needs one`);
  const items = nodes.map(({ value, at }, index) => ({
    id: ids === undefined ? at : String(ids[index]?.value),
    score: typeof value === 'boolean' ? Number(value) : finite(value),
  }));
  const metrics = itemMetrics(name, items, { source, what: shown, ...extra });
  return ids === undefined ? metrics.map(withoutItems) : metrics;
}
