/** HELM's `stats.json` and `per_instance_stats.json` (crfm-helm 0.5, helm/benchmark/metrics/statistic.py and metric.py). */
import { finite, isObject, type EvalMetric } from '../model.ts';
import { asFields, countOf, fieldMetric, listOf, textOf, type Fields, type ReadContext } from './fields.ts';
import { averageRepeats, itemMetrics } from './items.ts';

export function isHelmStats(list: readonly unknown[]): boolean {
  return list.length > 0 && list.every((entry) => isObject(entry) && isStat(entry));
}

export function isHelmInstances(list: readonly unknown[]): boolean {
  return (
    list.length > 0 &&
    list.every((entry) => isObject(entry) && 'instance_id' in entry && Array.isArray(entry['stats']))
  );
}

function isStat(entry: Fields): boolean {
  return isObject(entry['name']) && typeof entry['name']['name'] === 'string' && 'sum_squared' in entry;
}

/**
 * The test split without perturbation under the plain name; other splits, parts of splits and perturbations in brackets.
 * `count` counts training trials, not samples: these come from HELM's own `num_instances`. Its variance is over trials and the
 * population's, so no standard error is taken from it.
 */
export function readHelmStats(list: readonly Fields[], { source }: ReadContext): EvalMetric[] {
  const instances = new Map<string, number>();
  for (const stat of list) {
    const { name, place } = nameOf(stat);
    const count = finite(stat['mean']);
    if (name === 'num_instances' && count !== null) instances.set(place ?? '', Math.round(count));
  }
  return list.flatMap((stat, index): EvalMetric[] => {
    const { name, place } = nameOf(stat);
    const n = instances.get(place ?? '');
    const metric = fieldMetric(name, stat['mean'], {
      source,
      field: `[${index}].mean`,
      ...(place === undefined ? {} : { selector: place }),
      ...(n === undefined ? {} : { n }),
    });
    if (countOf(stat['count']) === 0) {
      metric.value = null;
      metric.missing = `field [${index}].count is 0: no instance gave it`;
    }
    return [metric];
  });
}

/** One score an instance: trials of training examples are repeats of it. */
export function readHelmInstances(list: readonly Fields[], { source }: ReadContext): EvalMetric[] {
  const rows = list.flatMap((instance) =>
    listOf(instance['stats']).map((stat) => {
      const { name, place } = nameOf(stat);
      return {
        name,
        place,
        id: String(instance['instance_id']),
        trial: String(instance['train_trial_index'] ?? 0),
        score: finite(stat['mean']),
      };
    }),
  );
  return [...Map.groupBy(rows, ({ name, place }) => `${name} ${place ?? ''}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const what = `the stats of ${first.name}`;
    const seen = new Set<string>();
    for (const { id, trial } of group) {
      if (seen.has(`${id} ${trial}`)) throw new Error(`${what} hold instance '${id}' twice`);
      seen.add(`${id} ${trial}`);
    }
    return itemMetrics(first.name, averageRepeats(group), {
      source,
      what,
      ...(first.place === undefined ? {} : { selector: first.place }),
    });
  });
}

function nameOf(stat: Fields): { name: string; place: string | undefined } {
  const name = asFields(stat['name']);
  const parts: string[] = [];
  const split = textOf(name['split']);
  if (split !== undefined && split !== 'test') parts.push(`split=${split}`);
  const part = textOf(name['sub_split']);
  if (part !== undefined) parts.push(`sub_split=${part}`);
  const perturbation = name['perturbation'];
  if (isObject(perturbation))
    parts.push(
      `perturbation=${textOf(perturbation['name']) ?? 'unnamed'}${textOf(perturbation['computed_on']) === undefined ? '' : `:${String(perturbation['computed_on'])}`}`,
    );
  return { name: textOf(name['name']) ?? 'unnamed', place: parts.length === 0 ? undefined : parts.join(',') };
}
