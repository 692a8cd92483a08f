/** lighteval's `results_<time>.json` (EvaluationTracker of lighteval 0.6 to 0.13), with the details of its items where they lie. */
import { finite, isObject, itemsThatAddUp, type EvalMetric } from '../model.ts';
import type { Item } from './items.ts';
import { detailsBeside } from './lighteval-details.ts';
import { asFields, countOf, fieldMetric, listOf, textOf, type Fields, type ReadContext } from './fields.ts';

export function isLighteval(data: Fields): boolean {
  const general = asFields(data['config_general']);
  return (
    isObject(data['results']) &&
    ('config_tasks' in data || 'summary_tasks' in data) &&
    'config_general' in data &&
    ('lighteval_sha' in general || 'model_name' in general || 'model_config' in general)
  );
}

/**
 * `<task>.<metric>` with the few-shot count as setup; the mean over tasks is `all.<metric>`. `*_stderr` is never taken: for
 * metrics that aren't means lighteval divides the bootstrap's deviation by the root of the draws once more.
 */
export async function readLighteval(
  data: Fields,
  { path, source, notes }: ReadContext,
): Promise<EvalMetric[]> {
  const details = await detailsBeside(path);
  const apart: string[] = [];
  const metrics = Object.entries(asFields(data['results'])).flatMap(([key, row]) => {
    const { task, shots } = taskOf(key);
    const config = configOf(asFields(data['config_tasks']), key, shots);
    const version = finite(asFields(data['versions'])[key]);
    const n = countOf(config['effective_num_docs']);
    const setup = {
      ...(shots === undefined ? {} : { 'few-shot': shots }),
      ...(version === null ? {} : { 'task version': String(version) }),
    };
    return Object.entries(asFields(row)).flatMap(([name, raw]): EvalMetric[] => {
      if (name.endsWith('_stderr')) return [];
      const better = listOf(config['metric'] ?? config['metrics']).find(
        (metric) => metric['metric_name'] === name,
      )?.['higher_is_better'];
      const metric = fieldMetric(`${task}.${name}`, raw, {
        source,
        field: `results['${key}'].${name}`,
        setup,
        ...(n !== undefined && n >= 0 ? { n } : {}),
        ...(typeof better === 'boolean'
          ? { direction: better ? ('higher' as const) : ('lower' as const) }
          : {}),
      });
      const found = (details.get(key) ?? details.get(bareKey(key, shots)))?.get(name);
      if (found === undefined) return [metric];
      const items = itemsOf(found, metric.value);
      if (items === undefined) apart.push(metric.name);
      return [items === undefined ? metric : { ...metric, n: found.length, items }];
    });
  });
  if (metrics.length === 0) throw new Error('field results holds no task');
  if (metrics.some(({ value }) => value !== null))
    notes.push(
      `${source}: lighteval's standard errors are not used${details.size > 0 ? '' : ', and no details of its items lie beside it, so that nothing is paired'}`,
    );
  if (apart.length > 0)
    notes.push(
      `${source}: the details of ${apart.slice(0, 3).join(', ')} don't add up to the results; they aren't paired item by item`,
    );
  return metrics;
}

const SUITES = [
  'lighteval',
  'leaderboard',
  'original',
  'helm',
  'bigbench',
  'harness',
  'community',
  'extended',
  'custom',
  'multilingual',
  'test',
  'swiss_ai',
];

/** `lighteval|gsm8k|0`, `leaderboard|mmlu:anatomy|5|0` (with truncation), `gsm8k|5`, and the same with colons. */
function taskOf(key: string): { task: string; shots: string | undefined } {
  const parts = key.split(/[|:]/u);
  if (parts.length > 1 && SUITES.includes(parts[0] ?? '')) parts.shift();
  const numbers: string[] = [];
  while (parts.length > 1 && /^\d+$/u.test(parts.at(-1) ?? '')) numbers.unshift(parts.pop() ?? '');
  return { task: parts.join('.'), shots: numbers[0] };
}

const bareKey = (key: string, shots: string | undefined): string =>
  shots === undefined ? key : key.replace(/(?:[|:]\d+)+$/u, '');

/** Only items that all have a score and add up: then they are what the value was made from. */
function itemsOf(found: readonly Item[], value: number | null): EvalMetric['items'] {
  if (found.some(({ score }) => score === null)) return undefined;
  const prompts = new Map(
    found.flatMap(({ id, prompt }) => (prompt === undefined ? [] : [[id, prompt] as const])),
  );
  const scores = new Map(found.map(({ id, score }) => [id, score ?? NaN]));
  return itemsThatAddUp(scores, value, prompts.size > 0 ? prompts : undefined);
}

function configOf(configs: Fields, key: string, shots: string | undefined): Fields {
  const bare = bareKey(key, shots);
  return asFields(configs[key] ?? configs[bare] ?? configs[textOf(bare)?.replaceAll(':', '|') ?? '']);
}
