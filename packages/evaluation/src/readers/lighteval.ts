/**
 * lighteval's `results_<time>.json` (EvaluationTracker of lighteval 0.6 to 0.13). Its per-sample details are Parquet, which this
 * reader doesn't open: results compare without pairs.
 */
import { finite, isObject, type EvalMetric } from '../model.ts';
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
export function readLighteval(data: Fields, { source, notes }: ReadContext): EvalMetric[] {
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
      return [
        fieldMetric(`${task}.${name}`, raw, {
          source,
          field: `results['${key}'].${name}`,
          setup,
          ...(n !== undefined && n >= 0 ? { n } : {}),
          ...(typeof better === 'boolean'
            ? { direction: better ? ('higher' as const) : ('lower' as const) }
            : {}),
        }),
      ];
    });
  });
  if (metrics.length === 0) throw new Error('field results holds no task');
  if (metrics.some(({ value }) => value !== null))
    notes.push(`${source}: lighteval's standard errors are not used, and its Parquet details are not read`);
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

function configOf(configs: Fields, key: string, shots: string | undefined): Fields {
  const bare = shots === undefined ? key : key.replace(/(?:[|:]\d+)+$/u, '');
  return asFields(configs[key] ?? configs[bare] ?? configs[textOf(bare)?.replaceAll(':', '|') ?? '']);
}
