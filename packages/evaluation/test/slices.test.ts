import { describe, expect, test } from '@jest/globals';
import { judgeRules } from '../src/judge.ts';
import { knownFacts } from '../src/metrics-table.ts';
import type { EvalMetric } from '../src/model.ts';
import { readInferenceTest } from '../src/readers/ours.ts';
import { parseRules } from '../src/rules-parser.ts';

const of = (name: string, value: number | null, more: Partial<EvalMetric> = {}): EvalMetric => ({
  name,
  value,
  source: 'm.json',
  ...knownFacts(name),
  ...more,
});
const slice = (label: string, value: number | null, n?: number): EvalMetric =>
  of('accuracy', value, { selector: label, ...(n === undefined ? {} : { n }) });
const judge = (text: string, metrics: EvalMetric[], baseline?: EvalMetric[]) => {
  const set = parseRules(text);
  expect(set.faults).toEqual([]);
  const [first] = judgeRules(set, metrics, baseline ? { baseline } : {}, { confidence: 0.95 });
  if (first === undefined) throw new Error('no rule was judged');
  return first;
};

/** 40 items: German 18 of 20 right, French 14 of 20; every second one of Berlin. */
const counted = (): EvalMetric => {
  const scores = new Map<string, number>();
  const slices = new Map<string, string[]>();
  for (const [language, right] of [
    ['de', 18],
    ['fr', 14],
  ] as const) {
    for (let i = 0; i < 20; i++) {
      const id = `${language}${i}`;
      scores.set(id, i < right ? 1 : 0);
      slices.set(id, [
        `language=${language}`,
        ...(i % 2 === 0 ? ['site=berlin'] : ['site=bonn']),
        ...(i < 3 ? ['smoke'] : []),
      ]);
    }
  }
  return of('accuracy', 32 / 40, { n: 40, items: { scores, slices } });
};

describe('slices that a file tells', () => {
  const told = [
    of('accuracy', 0.9, { n: 300 }),
    slice('language=de', 0.95, 200),
    slice('language=fr', 0.8, 100),
  ];
  test('by their bracket, beside the whole', () => {
    expect(judge('accuracy[language=fr] >= 0.85', told)).toMatchObject({
      verdict: 'fail',
      value: 0.8,
      n: 100,
    });
    expect(judge('accuracy >= 0.85', told)).toMatchObject({ verdict: 'pass', value: 0.9 });
  });
  test('gap, least and greatest', () => {
    expect(judge('accuracy.gap(language) <= 5%', told)).toMatchObject({
      verdict: 'fail',
      metric: 'accuracy.gap(language)',
      value: expect.closeTo(0.15),
      n: 300,
    });
    expect(judge('accuracy.min(language) >= 80%', told)).toMatchObject({ verdict: 'pass', value: 0.8 });
    expect(judge('accuracy.max(language) <= 90%', told)).toMatchObject({ verdict: 'fail', value: 0.95 });
    expect(judge('define: worst = accuracy.min(language) - 0.1\nworst >= 0.7', told).value).toBeCloseTo(0.7);
  });
  test('the order in a bracket says nothing', () => {
    const both = [slice('language=de, site=berlin', 0.9), slice('site=bonn, language=de', 0.7)];
    expect(judge('accuracy[site=berlin, language=de] >= 0.8', both).value).toBe(0.9);
    expect(judge('accuracy.gap(site)[language=de] <= 0.1', both).value).toBeCloseTo(0.2);
  });
  test.each([
    ['no slice at all', [of('accuracy', 0.9)], "no slices by 'language'"],
    ['one only', [slice('language=de', 0.95)], 'only one slice'],
    ['other keys', [slice('site=a', 0.9), slice('site=b', 0.9)], 'there are slices by site'],
    [
      'one without a value',
      [slice('language=de', 0.95), slice('language=fr', null)],
      'its slice [language=fr] has no value',
    ],
    ['one over no samples', [slice('language=de', 0.95), slice('language=fr', 0.9, 0)], 'has no value'],
  ])('is never a pass with %s', (_why, metrics, message) => {
    const judged = judge('accuracy.gap(language) <= 5%', metrics);
    expect(judged.verdict).toBe('missing');
    expect(judged.text).toContain(message);
  });
  test('a slice that is not there names those that are', () => {
    expect(judge('accuracy[language=es] >= 0.5', told).text).toContain(
      'there is accuracy[language=de], accuracy[language=fr]',
    );
  });
});

describe('slices cut out of items', () => {
  test('value and count are those of the items', () => {
    expect(judge('accuracy[language=de] >= 0.5', [counted()])).toMatchObject({ value: 0.9, n: 20 });
    expect(judge('accuracy[language=de, site=berlin] >= 0.5', [counted()])).toMatchObject({
      value: 0.9,
      n: 10,
    });
    expect(judge('accuracy[smoke] >= 0.5', [counted()])).toMatchObject({ value: 1, n: 6 });
    expect(judge('accuracy.min(language) >= 0.5', [counted()])).toMatchObject({ value: 0.7, n: 40 });
    expect(judge('accuracy.gap(site)[language=fr] <= 0.5', [counted()]).value).toBeCloseTo(0);
  });
  test('a slice is compared with the same slice, item by item', () => {
    const judged = judge('accuracy[language=fr] no-worse-than baseline by 5%', [counted()], [counted()]);
    expect(judged).toMatchObject({ n: 20, method: 'paired score', baseline: 0.7 });
  });
  test('an unknown slice is missing', () => {
    expect(judge('accuracy[language=es] >= 0.5', [counted()]).verdict).toBe('missing');
  });
});

test('tags of inference-test are slices', () => {
  const item = (id: string, status: string, tags: string[]) => ({ id, status, tags, kind: 'functional' });
  const metrics = readInferenceTest(
    {
      cases: [
        item('a', 'passed', ['language:de', 'smoke']),
        item('b', 'failed', ['language:fr']),
        item('c', 'passed', ['language:fr', 'smoke']),
      ],
      metrics: { accuracy: { value: 2 / 3, n: 3 } },
    },
    'results.json',
  );
  expect(judge('accuracy[smoke] >= 0.9', metrics)).toMatchObject({ verdict: 'pass', n: 2 });
  expect(judge('accuracy.min(language) >= 0.9', metrics)).toMatchObject({ verdict: 'fail', value: 0.5 });
});

describe('bounds of folds', () => {
  const three = (rate: number, n: number): EvalMetric[] =>
    ['a', 'b', 'c'].map((site) => slice(`site=${site}`, rate, n));
  test('the least passes when each slice does', () => {
    expect(judge('accuracy.min(site) >= 90% with 95%', three(0.95, 1000)).verdict).toBe('pass');
    expect(judge('accuracy.min(site) >= 90% with 95%', three(0.95, 100)).verdict).toBe('inconclusive');
    expect(
      judge('accuracy.min(site) >= 90% with 95%', [...three(0.95, 1000), slice('site=d', 0.8, 500)]).verdict,
    ).toBe('fail');
  });
  test('a gap is only small when every pair shows it', () => {
    expect(judge('accuracy.gap(site) <= 5% with 95%', three(0.95, 2000)).verdict).toBe('pass');
    expect(judge('accuracy.gap(site) <= 5% with 95%', three(0.95, 50)).verdict).toBe('inconclusive');
    expect(
      judge('accuracy.gap(site) <= 5% with 95%', [...three(0.95, 1000), slice('site=d', 0.8, 500)]).verdict,
    ).toBe('fail');
  });
  test('without counts nothing is known of the spread', () => {
    const bare = [slice('site=a', 0.95), slice('site=b', 0.95)];
    expect(judge('accuracy.min(site) >= 90% with 95%', bare)).toMatchObject({
      verdict: 'inconclusive',
      noSampleCount: true,
    });
  });
});
