/** Metrics made of a score per item: one way for all tools that give such. */
import { knownFacts } from '../metrics-table.ts';
import type { ItemText } from '../item-text.ts';
import type { EvalMetric } from '../model.ts';

/** One item; a null score is one that the tool owes: an error, NaN, "N/A". */
export interface Item {
  id: string;
  score: number | null;
  /** Digest of the prompt, where known. */
  prompt?: string;
  slices?: readonly string[];
  text?: ItemText | undefined;
}

type Extra = Partial<Pick<EvalMetric, 'selector' | 'direction' | 'share' | 'unit' | 'setup'>>;

/**
 * The mean over all items, their count and the items themselves. Where items have no score the mean of the others would
 * hide them, so the metric is missing; `name[scored]` is that mean all the same, and `name.scored_rate` the share that has a score.
 *
 * @throws Error naming an id that stands twice
 */
export function itemMetrics(
  name: string,
  items: readonly Item[],
  { source, what, ...extra }: { source: string; what: string } & Extra,
): EvalMetric[] {
  const scores = new Map<string, number>();
  const prompts = new Map<string, string>();
  const slices = new Map<string, readonly string[]>();
  const texts = new Map<string, ItemText>();
  const owed: string[] = [];
  const seen = new Set<string>();
  for (const { id, score, prompt, slices: own, text } of items) {
    if (seen.has(id)) throw new Error(`${what} holds '${id.slice(0, 60)}' twice; an item counts once`);
    seen.add(id);
    if (prompt !== undefined) prompts.set(id, prompt);
    if (own !== undefined && own.length > 0) slices.set(id, own);
    if (text !== undefined) texts.set(id, text);
    if (score === null) owed.push(id);
    else scores.set(id, score);
  }
  const all = [...scores.values()];
  const binary = all.length > 0 && all.every((score) => score === 0 || score === 1);
  const facts = { ...(binary ? { share: true } : {}), ...knownFacts(name), ...extra };
  const base = { source, ...facts };
  const mean = all.length === 0 ? null : all.reduce((sum, score) => sum + score, 0) / all.length;
  const of: EvalMetric['items'] = {
    scores,
    ...(prompts.size > 0 ? { prompts } : {}),
    ...(slices.size > 0 ? { slices } : {}),
    ...(texts.size > 0 ? { texts } : {}),
  };
  if (items.length === 0) return [{ name, value: null, missing: `${what} holds no sample`, n: 0, ...base }];
  if (owed.length === 0) return [{ name, value: mean, n: items.length, items: of, ...base }];
  const missing = `${owed.length} of ${items.length} samples in ${what} have no score (first: '${(owed[0] ?? '').slice(0, 60)}')`;
  return [
    { name, value: null, missing, n: items.length, ...base },
    ...(mean === null || extra.selector !== undefined
      ? []
      : [{ name, value: mean, n: scores.size, items: of, ...base, selector: 'scored' }]),
    {
      name: `${name}.scored_rate`,
      value: scores.size / items.length,
      n: items.length,
      source,
      direction: 'higher',
      share: true,
      ...(extra.selector === undefined ? {} : { selector: extra.selector }),
    },
  ];
}

/** Repeats of one item are averaged and are no items of their own; one that has no score leaves the item without one. */
export function averageRepeats(items: readonly Item[]): Item[] {
  return [...Map.groupBy(items, ({ id }) => id).values()].flatMap((repeats) => {
    const [first] = repeats;
    if (first === undefined) return [];
    const scores = repeats.map(({ score }) => score);
    const sum = scores.reduce<number | null>(
      (total, score) => (total === null || score === null ? null : total + score),
      0,
    );
    return [{ ...first, score: sum === null ? null : sum / repeats.length }];
  });
}

/** `tests.*` over items that passed, failed or broke off: counts of runs, and the rate over items. */
export function testMetrics(
  runs: readonly { id: string; status: 'passed' | 'failed' | 'errors' }[],
  { source, what, selector }: { source: string; what: string; selector?: string },
): EvalMetric[] {
  const chosen = selector === undefined ? {} : { selector };
  const passed = runs.filter(({ status }) => status === 'passed').length;
  const none = runs.length > 0 && passed === 0 ? { nothingSucceeded: true } : {};
  const count = (name: string, value: number): EvalMetric => ({
    name: `tests.${name}`,
    value: runs.length === 0 ? null : value,
    ...(runs.length === 0 ? { missing: `${what} holds no test` } : {}),
    n: runs.length,
    source,
    ...none,
    ...knownFacts(`tests.${name}`),
    ...chosen,
  });
  const rate = itemMetrics(
    'tests.pass_rate',
    averageRepeats(runs.map(({ id, status }) => ({ id, score: status === 'passed' ? 1 : 0 }))),
    { source, what, ...chosen },
  );
  return [
    count('total', runs.length),
    count('passed', passed),
    ...(['failed', 'errors'] as const).map((kind) =>
      count(kind, runs.filter(({ status }) => status === kind).length),
    ),
    ...rate.map((metric) => ({ ...metric, ...none })),
  ];
}

/** Items that nothing tells apart from run to run keep their spread, as a standard error, and pair with nothing. */
export function withoutItems(metric: EvalMetric): EvalMetric {
  const { items, ...rest } = metric;
  if (items === undefined || items.scores.size < 2 || rest.value === null) return rest;
  const mean = rest.value;
  const n = items.scores.size;
  const squares = [...items.scores.values()].reduce((sum, score) => sum + (score - mean) ** 2, 0);
  return { ...rest, stderr: Math.sqrt(squares / (n - 1) / n) };
}
