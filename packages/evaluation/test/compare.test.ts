import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { metricBounds } from '../src/bounds.ts';
import { compareMetric } from '../src/compare.ts';
import { pairedP } from '../src/compare-items.ts';
import { corpusThatAddsUp, type Corpus } from '../src/corpus.ts';
import { knownFacts } from '../src/metrics-table.ts';
import type { EvalMetric, ItemScores } from '../src/model.ts';
import { readResults } from '../src/readers/read-results.ts';

const of = (name: string, value: number, more: Partial<EvalMetric> = {}): EvalMetric => ({
  name,
  value,
  source: 'm.json',
  ...knownFacts(name),
  ...more,
});
const documents = (hard: (i: number) => number): Map<string, readonly [number, number]> =>
  new Map(Array.from({ length: 50 }, (_, i) => [`d${i}`, [-(10 + i) * hard(i), 10 + i] as const]));
const perplexity = (hard: (i: number) => number): EvalMetric => {
  const parts = documents(hard);
  const [sum, words] = [...parts.values()].reduce<[number, number]>(
    ([a, b], [x, y]) => [a + x, b + y],
    [0, 0],
  );
  const value = Math.exp(-sum / words);
  const corpus = corpusThatAddsUp('word_perplexity', parts, value);
  if (corpus === undefined) throw new Error('the parts make the value');
  return of('word_perplexity', value, { corpus });
};

describe('corpus metrics', () => {
  const base = perplexity((i) => 2 + (i % 7) / 10);
  test('are bounded by BCa around their value', () => {
    const bounds = metricBounds(base, 0.95);
    expect(bounds?.method).toBe('bootstrap (BCa)');
    expect(bounds?.low).toBeLessThan(base.value ?? 0);
    expect(bounds?.high).toBeGreaterThan(base.value ?? 0);
  });
  test('are compared on the same documents, far closer than apart', () => {
    const worse = perplexity((i) => 2.05 + (i % 7) / 10 + (i % 3) / 100);
    const compared = compareMetric(worse, base, 0.95);
    if (compared.kind !== 'difference') throw new Error(compared.reason);
    expect(compared.difference).toMatchObject({ method: 'paired bootstrap (BCa)', n: 50, unpaired: 0 });
    expect(compared.difference.low).toBeGreaterThan(0);
    const width = (metricBounds(base, 0.95)?.high ?? 0) - (metricBounds(base, 0.95)?.low ?? 0);
    expect(compared.difference.high - compared.difference.low).toBeLessThan(width / 5);
  });
  test('over other documents are not compared', () => {
    const other: Corpus = { kind: 'perplexity', parts: new Map([['x', [-1, 1]]]) };
    expect(compareMetric(base, { ...base, corpus: other }, 0.95)).toMatchObject({ kind: 'unknown' });
  });
  test('parts that make another value are not taken', () => {
    expect(
      corpusThatAddsUp(
        'word_perplexity',
        documents(() => 2),
        9,
      ),
    ).toBeUndefined();
    expect(
      corpusThatAddsUp(
        'bleu',
        documents(() => 2),
        Math.exp(2),
      ),
    ).toBeUndefined();
  });
});

test('lm-eval tells what each document adds to a perplexity', async () => {
  const folder = join(import.meta.dirname, 'fixtures/lm-eval/candidate');
  const file = 'results_2026-11-20T09-55-38.632654.json';
  const { metrics } = await readResults([{ path: join(folder, file), shown: file }], 'results');
  const found = metrics.find(({ name }) => name === 'capitals_ppl.word_perplexity');
  expect(found?.corpus).toMatchObject({ kind: 'perplexity' });
  expect(found?.corpus?.parts.size).toBe(24);
});

describe('clusters', () => {
  /** 20 passages of 5 questions that go wrong together. */
  const answers = (wrong: (passage: number) => boolean, told = true): EvalMetric => {
    const scores = new Map<string, number>();
    const slices = new Map<string, string[]>();
    for (let passage = 0; passage < 20; passage++) {
      for (let i = 0; i < 5; i++) {
        scores.set(`${passage}.${i}`, wrong(passage) ? 0 : 1);
        slices.set(`${passage}.${i}`, told ? [`passage=${passage}`] : []);
      }
    }
    const right = [...scores.values()].filter((score) => score === 1).length;
    const items: ItemScores = { scores, slices };
    return of('accuracy', right / 100, { n: 100, items });
  };
  const [ours, theirs] = [answers((p) => p < 4), answers((p) => p < 2)];
  test('widen what items that fail together seem to know', () => {
    const single = compareMetric(ours, theirs, 0.95);
    const together = compareMetric(ours, theirs, 0.95, 'passage');
    if (single.kind !== 'difference' || together.kind !== 'difference') throw new Error('no difference');
    expect(together.difference.method).toBe('clustered t');
    expect(together.difference.difference).toBeCloseTo(single.difference.difference);
    expect(single.difference.high).toBeLessThan(0);
    expect(together.difference.high).toBeGreaterThan(0);
  });
  test('are told by the items or there is no comparison', () => {
    expect(
      compareMetric(
        answers((p) => p < 4, false),
        theirs,
        0.95,
        'passage',
      ),
    ).toMatchObject({
      kind: 'unknown',
      reason: expect.stringContaining('100 of 100 items tell no passage'),
    });
    expect(compareMetric(of('accuracy', 0.9, { n: 100 }), theirs, 0.95, 'passage').kind).toBe('unknown');
  });
});

describe('p over the same items', () => {
  const scored = (values: number[]): EvalMetric =>
    of('f1', 0.5, { items: { scores: new Map(values.map((value, i) => [`i${i}`, value])) } });
  test('McNemar for pass and fail, sign flips for scores, none without items', () => {
    const lost = scored([0, 0, 0, 0, 0, 1, 1, 1]);
    const all = scored([1, 1, 1, 1, 1, 1, 1, 1]);
    expect(pairedP(lost, all)).toBeCloseTo(1 / 32);
    expect(pairedP(scored([0.1, 0.2, 0.3]), scored([0.2, 0.4, 0.6]))).toBeCloseTo(0.25);
    expect(pairedP(of('f1', 0.5), all)).toBeUndefined();
    expect(pairedP(all, all)).toBe(1);
  });
});
