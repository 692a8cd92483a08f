/**
 * Inspect AI's logs (inspect_ai log/_log.py, log format 2): the `.eval` zip (`header.json`, `summaries.json`) and the same as one
 * JSON. `packages/evaluation/src/readers/inspect-archive.ts` opens the zip.
 */
import { itemText, type ItemText } from '../item-text.ts';
import { finite, isObject, itemsThatAddUp, type EvalMetric } from '../model.ts';
import {
  asFields,
  contentId,
  countOf,
  fieldMetric,
  listOf,
  shorten,
  slug,
  textOf,
  type Fields,
  type ReadContext,
} from './fields.ts';

export function isInspect(data: Fields): boolean {
  return (
    typeof data['status'] === 'string' &&
    isObject(data['eval']) &&
    ('task' in data['eval'] || 'run_id' in data['eval'])
  );
}

/**
 * `<task>.<metric>`, with several scorers `<task>.<scorer>.<metric>`. A metric of which samples are unscored is missing:
 * Inspect's own value leaves them out without a word; `[scored]` is that value.
 *
 * @throws Error for a run that didn't succeed: its log has samples and no results
 */
export function readInspect(
  header: Fields,
  samples: readonly Fields[],
  { source }: ReadContext,
): EvalMetric[] {
  const status = header['status'];
  if (status !== 'success') {
    const why = textOf(asFields(header['error'])['message']);
    throw new Error(
      `field status is ${shorten(status)}: the run didn't end well${why === undefined ? '' : ` (${shorten(why)})`}, so its scores are not all there`,
    );
  }
  const about = asFields(header['eval']);
  const results = asFields(header['results']);
  const task = slug(
    String(about['task'] ?? 'task')
      .split('/')
      .at(-1) ?? 'task',
  );
  const scores = listOf(results['scores']);
  if (scores.length === 0) throw new Error('field results.scores is empty: nothing was scored');
  const duplicate = findDuplicate(samples);
  if (duplicate !== undefined) throw new Error(`samples hold ${duplicate} twice`);
  const total = countOf(results['total_samples']);
  const completed = countOf(results['completed_samples']);
  return scores.flatMap((score, index) => {
    const scorer = textOf(score['name']) ?? textOf(score['scorer']) ?? `scorer ${index + 1}`;
    const reducer = textOf(score['reducer']);
    const prefix = scores.length > 1 ? `${task}.${slug(scorer)}` : task;
    const left = unscored(score, total, completed);
    const items = itemsOf(samples, scorer);
    return metricsOf(score, {
      source,
      prefix,
      at: `results.scores[${index}].metrics`,
      left,
      items,
      setup: setupOf(about, reducer),
    });
  });
}

interface Scored {
  source: string;
  prefix: string;
  at: string;
  left: { n: number | undefined; missing: string | undefined };
  items: { scores: Map<string, number>; prompts: Map<string, string>; texts: Map<string, ItemText> };
  setup: Record<string, string>;
}

function metricsOf(score: Fields, { source, prefix, at, left, items, setup }: Scored): EvalMetric[] {
  const table = asFields(score['metrics']);
  const stderr = finite(asFields(table['stderr'])['value']);
  return Object.entries(table).flatMap(([key, entry]): EvalMetric[] => {
    if (key === 'stderr' || key === 'std' || key === 'var') return [];
    const mean = key === 'accuracy' || key === 'mean';
    const metric = fieldMetric(`${prefix}.${slug(key)}`, asFields(entry)['value'], {
      source,
      field: `${at}.${key}.value`,
      setup,
      ...(left.n === undefined ? {} : { n: left.n }),
    });
    if (mean && stderr !== null && stderr >= 0) metric.stderr = stderr;
    const own = mean ? itemsThatAddUp(items.scores, metric.value, items.prompts) : undefined;
    const told = own ? { items: { ...own, ...(items.texts.size > 0 ? { texts: items.texts } : {}) } } : {};
    if (left.missing === undefined || metric.value === null) return [{ ...metric, ...told }];
    return [
      { ...metric, value: null, missing: left.missing },
      { ...metric, ...told, selector: 'scored' },
    ];
  });
}

/** How many samples stand behind a score, and why it isn't all of them. */
function unscored(score: Fields, total: number | undefined, completed: number | undefined): Scored['left'] {
  const scored = countOf(score['scored_samples']) ?? completed;
  const without = countOf(score['unscored_samples']) ?? 0;
  if (without > 0) return { n: scored, missing: `${without} samples have no score (field unscored_samples)` };
  if (total !== undefined && completed !== undefined && completed < total)
    return {
      n: scored,
      missing: `only ${completed} of ${total} samples completed (field results.completed_samples)`,
    };
  return { n: scored, missing: undefined };
}

/** Correct, incorrect, partial and no answer, as Inspect's `value_to_float` has them. */
const LETTERS: Readonly<Record<string, number>> = { C: 1, I: 0, P: 0.5, N: 0 };

/** One value per sample id: epochs are repeats of it. */
function itemsOf(samples: readonly Fields[], scorer: string): Scored['items'] {
  const scores = new Map<string, number[]>();
  const prompts = new Map<string, string>();
  const texts = new Map<string, ItemText>();
  for (const sample of samples) {
    const id = String(sample['id']);
    const value = asFields(asFields(sample['scores'])[scorer])['value'];
    const score =
      typeof value === 'string' && Object.hasOwn(LETTERS, value)
        ? LETTERS[value]
        : typeof value === 'boolean'
          ? Number(value)
          : finite(value);
    if (score === undefined || score === null) continue;
    scores.set(id, [...(scores.get(id) ?? []), score]);
    // Summaries cut long inputs, in the same way each time.
    if (sample['input'] !== undefined) prompts.set(id, contentId(sample['input']));
    const answer =
      asFields(asFields(sample['scores'])[scorer])['answer'] ?? asFields(sample['output'])['completion'];
    const text = itemText({ prompt: sample['input'], expected: sample['target'], answer });
    if (text !== undefined) texts.set(id, text);
  }
  const means = [...scores].map(([id, all]) => [id, all.reduce((a, b) => a + b, 0) / all.length] as const);
  return { scores: new Map(means), prompts, texts };
}

function findDuplicate(samples: readonly Fields[]): string | undefined {
  const seen = new Set<string>();
  for (const sample of samples) {
    const key = `id ${String(sample['id'])}, epoch ${String(sample['epoch'] ?? 1)}`;
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return undefined;
}

function setupOf(about: Fields, reducer: string | undefined): Record<string, string> {
  const config = asFields(about['config']);
  const parts: Fields = {
    'task version': about['task_version'],
    'data set': asFields(about['dataset'])['name'],
    limit: config['limit'],
    epochs: config['epochs'],
    reducer,
  };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([name, value]) =>
      value === undefined || value === null
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
    ),
  );
}
