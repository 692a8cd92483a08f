import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { judgeRules } from '../src/judge.ts';
import { knownFacts } from '../src/metrics-table.ts';
import type { EvalMetric } from '../src/model.ts';
import { readResults } from '../src/readers/read-results.ts';
import { parseRules } from '../src/rules-parser.ts';

const policy = { confidence: 0.95 };
const of = (name: string, value: number | null, more: Partial<EvalMetric> = {}): EvalMetric => ({
  name,
  value,
  source: 'm.json',
  ...knownFacts(name),
  ...more,
});
const items = (scores: number[]) => ({ scores: new Map(scores.map((s, i) => [`i${i}`, s])) });
function judge(rules: string, metrics: EvalMetric[], baseline?: EvalMetric[]) {
  const set = parseRules(rules);
  expect(set.faults).toEqual([]);
  const outcomes = judgeRules(set, metrics, baseline ? { baseline } : {}, policy);
  const [first] = outcomes;
  if (first === undefined) throw new Error('no rule was judged');
  return first;
}

describe('bars as written', () => {
  test('E20: accuracy of a flat file', () => {
    expect(judge('accuracy >= 0.9', [of('accuracy', 0.85)])).toMatchObject({
      verdict: 'fail',
      value: 0.85,
      bar: 0.9,
    });
    expect(judge('accuracy >= 0.9', [of('accuracy', 0.95)])).toMatchObject({
      verdict: 'pass',
      noSampleCount: true,
    });
  });
  test.each([
    ['<', 1, 2, true],
    ['<', 2, 2, false],
    ['<=', 2, 2, true],
    ['>', 2, 2, false],
    ['>', 3, 2, true],
    ['>=', 2, 2, true],
    ['==', 2, 2, true],
    ['==', 1, 2, false],
    ['!=', 1, 2, true],
  ])('%s: %p against %p', (operator, value, bar, holds) => {
    expect(judge(`loss ${operator} ${bar}`, [of('loss', value)]).verdict).toBe(holds ? 'pass' : 'fail');
  });
  test('percent, units', () => {
    expect(judge('accuracy >= 90%', [of('accuracy', 0.9)])).toMatchObject({ verdict: 'pass', bar: 0.9 });
    expect(judge('ttft_ms.p99 < 1s', [of('ttft_ms.p99', 900)])).toMatchObject({ verdict: 'pass', bar: 1000 });
    expect(judge('memory_gb <= 24GiB', [of('memory_gb', 25)])).toMatchObject({
      verdict: 'pass',
      bar: 25.769803776,
    });
  });
  test('57 % is 0.57 to the last bit, and arithmetic leaves no crumbs', () => {
    expect(judge('accuracy >= 57%', [of('accuracy', 0.57)]).verdict).toBe('pass');
    expect(judge('accuracy >= baseline - 0.1', [of('accuracy', 0.7)], [of('accuracy', 0.8)]).verdict).toBe(
      'pass',
    );
  });
  test('within noise: true of the value, not of its bound', () => {
    expect(judge('accuracy >= 0.9', [of('accuracy', 0.92, { n: 50 })])).toMatchObject({
      verdict: 'pass',
      withinNoise: true,
    });
    expect(judge('accuracy >= 0.9', [of('accuracy', 0.92, { n: 5000 })])).not.toHaveProperty('withinNoise');
    expect(judge('accuracy >= 0.9', [of('accuracy', 0.88, { n: 50 })])).toMatchObject({
      verdict: 'fail',
      withinNoise: true,
    });
  });
  test('a perfect score over few items is within noise, whatever its standard error of 0 says', () => {
    const perfect = of('accuracy', 1, { n: 10, stderr: 0 });
    expect(judge('accuracy >= 0.9', [perfect])).toMatchObject({ verdict: 'pass', withinNoise: true });
    expect(judge('accuracy >= 0.9 with 95%', [perfect])).toMatchObject({
      verdict: 'inconclusive',
      needed: 29,
    });
  });
});

describe('missing data is never a pass', () => {
  test.each([
    ['no such metric', 'acuracy >= 0', [of('accuracy', 1)], 'no results file has acuracy; there is accuracy'],
    [
      'no value',
      'accuracy >= 0',
      [of('accuracy', null, { missing: 'its value is NaN' })],
      'its value is NaN',
    ],
    ['no sample', 'accuracy >= 0', [of('accuracy', 1, { n: 0 })], '0 samples'],
    ['no baseline', 'accuracy >= baseline', [of('accuracy', 1)], 'there is no baseline'],
    [
      'no baseline to compare',
      'accuracy no-worse-than baseline by 100%',
      [of('accuracy', 1)],
      'there is no baseline',
    ],
    [
      'a part of a definition',
      'define: q = accuracy + f1\nq >= 0',
      [of('accuracy', 1)],
      'no results file has f1',
    ],
    ['division by 0', 'define: q = accuracy / f1\nq >= 0', [of('accuracy', 1), of('f1', 0)], 'division by 0'],
  ])('%s', (_, rules, metrics, text) => {
    const outcome = judge(rules, metrics);
    expect(outcome.verdict).toBe('missing');
    expect(outcome.text).toContain(text);
  });
  test('not in the baseline', () => {
    expect(judge('accuracy >= baseline', [of('accuracy', 1)], []).verdict).toBe('missing');
  });
  test('nothing succeeded: no latency bar passes, counts still tell', () => {
    const zero = { nothingSucceeded: true, n: 8 };
    expect(judge('ttft_ms.p99 <= 800', [of('ttft_ms.p99', 0, zero)])).toMatchObject({
      verdict: 'fail',
      text: expect.stringContaining('nothing succeeded in m.json'),
    });
    expect(judge('tests.failed == 0', [of('tests.failed', 8, zero)])).toMatchObject({ verdict: 'fail' });
  });
});

describe('with 95 %: E10, wins of 200 against a bar of 75 %', () => {
  test.each([
    [165, 'pass', '77.5 %', undefined],
    [160, 'inconclusive', '74.8 %', 220],
    [130, 'fail', '70.6 %', undefined],
    [140, 'inconclusive', '75.3 %', 230],
  ])('%p wins: %s, bound %s', (wins, verdict, bound, needed) => {
    const outcome = judge('judge.win_rate > 75% with 95%', [of('judge.win_rate', wins / 200, { n: 200 })]);
    expect(outcome.verdict).toBe(verdict);
    expect(outcome.text).toContain(bound);
    expect(outcome.needed).toBe(needed);
    if (needed !== undefined) expect(outcome.text).toContain(`${needed} samples needed at this value`);
  });
  test('half wins go by Wilson', () => {
    expect(
      judge('judge.win_rate > 75% with 95%', [of('judge.win_rate', 160.5 / 200, { n: 200 })]).method,
    ).toBe('wilson');
  });
  test('an error rate from above', () => {
    expect(judge('error_rate <= 1% with 95%', [of('error_rate', 0, { n: 298 })])).toMatchObject({
      verdict: 'inconclusive',
      needed: 299,
    });
    expect(judge('error_rate < 1% with 95%', [of('error_rate', 0, { n: 299 })])).toMatchObject({
      verdict: 'pass',
    });
  });
  test('no sample count decides nothing', () => {
    const outcome = judge('accuracy >= 0.5 with 95%', [of('accuracy', 0.99)]);
    expect(outcome).toMatchObject({ verdict: 'inconclusive', noSampleCount: true });
    expect(outcome.text).toContain('"n"');
  });
  test('partial scores are no count, even where they add up to one', () => {
    const partial = of('accuracy', 0.75, {
      n: 40,
      items: items(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 0.5 : 1))),
    });
    expect(judge('accuracy >= 0.7 with 95%', [partial])).toMatchObject({
      method: 't',
      verdict: 'inconclusive',
    });
    const alike = of('accuracy', 0.5, { n: 40, items: items(new Array<number>(40).fill(0.5)) });
    expect(judge('accuracy >= 0.45 with 95%', [alike])).toMatchObject({
      method: 'wilson',
      verdict: 'inconclusive',
    });
  });
  test('half scores of a win rate are ties, whose bound is the score of W + T/2', () => {
    const scores = Array.from({ length: 40 }, (_, i) => (i < 20 ? 1 : i < 30 ? 0.5 : 0));
    const rate = of('judge.win_rate', 0.625, { n: 40, items: items(scores) });
    expect(judge('judge.win_rate > 49% with 95%', [rate])).toMatchObject({
      method: 'wilson',
      low: expect.closeTo(0.4946, 3),
    });
  });
  test('a mean by t, from its standard error', () => {
    const metric = of('word_perplexity', 10, { n: 100, stderr: 0.1 });
    expect(judge('word_perplexity <= 10.5 with 95%', [metric])).toMatchObject({
      verdict: 'pass',
      method: 't',
    });
    expect(judge('word_perplexity <= 10.1 with 95%', [metric])).toMatchObject({
      verdict: 'inconclusive',
      needed: 276,
    });
  });
});

describe('against a baseline', () => {
  test('arithmetic', () => {
    const perplexity = (value: number) => [of('perplexity', value)];
    expect(judge('perplexity <= baseline * 1.02', perplexity(10.1), perplexity(10))).toMatchObject({
      verdict: 'pass',
      bar: 10.2,
      baseline: 10,
    });
    expect(judge('perplexity <= baseline * 1.02', perplexity(10.3), perplexity(10)).verdict).toBe('fail');
  });
  test('definitions hold for both sides', () => {
    const metrics = (a: number) => [of('accuracy', a), of('toxicity.rate', 0.1)];
    const rules = 'define: quality = 0.6*accuracy + 0.4*(1 - toxicity.rate)\nquality >= baseline';
    expect(judge(rules, metrics(0.9), metrics(0.8))).toMatchObject({
      verdict: 'pass',
      value: expect.closeTo(0.9),
    });
    expect(judge(rules, metrics(0.7), metrics(0.8)).verdict).toBe('fail');
  });
  const scores = (n: number, right: number) => Array.from({ length: n }, (_, i) => (i < right ? 1 : 0));
  const binary = (n: number, right: number) =>
    of('accuracy', right / n, { n, items: items(scores(n, right)) });
  test.each([
    [1000, 900, 900, 'pass'],
    [1000, 895, 900, 'pass'],
    [1000, 850, 900, 'fail'],
    [20, 20, 20, 'inconclusive'],
  ])('paired over %p items: %p against %p right, by 1 pp or so', (n, candidate, baseline, verdict) => {
    const outcome = judge(
      'accuracy no-worse-than baseline by 2%',
      [binary(n, candidate)],
      [binary(n, baseline)],
    );
    expect(outcome).toMatchObject({ verdict, method: 'paired score', n });
    if (verdict === 'inconclusive') expect(outcome.needed).toBeGreaterThan(n);
  });
  test('better-than needs the gain shown', () => {
    expect(
      judge('accuracy better-than baseline by 1 pp', [binary(1000, 950)], [binary(1000, 900)]).verdict,
    ).toBe('pass');
    expect(judge('accuracy better-than baseline', [binary(1000, 900)], [binary(1000, 900)]).verdict).toBe(
      'inconclusive',
    );
  });
  test('percent of the reference where it is no share; lower is better', () => {
    const times = (ms: number) =>
      of('ttft_ms.mean', ms, {
        n: 200,
        items: items(Array.from({ length: 200 }, (_, i) => ms + (i % 7) - 3 + (i < 4 ? 0.5 * i : 0) - 0.015)),
      });
    const rule = 'ttft_ms.mean no-worse-than baseline by 5%';
    expect(judge(rule, [times(103)], [times(100)])).toMatchObject({ verdict: 'inconclusive' });
    const noisy = (ms: number, sign: number) =>
      of('ttft_ms.mean', ms, {
        n: 200,
        items: items(Array.from({ length: 200 }, (_, i) => ms + sign * ((i % 7) - 3))),
      });
    expect(judge(rule, [noisy(103, 1)], [noisy(100, -1)])).toMatchObject({
      verdict: 'pass',
      method: 'paired t',
    });
    expect(judge(rule, [noisy(110, 1)], [noisy(100, -1)])).toMatchObject({ verdict: 'fail' });
  });
  test('other items: not paired, not passed', () => {
    const other = of('accuracy', 1, {
      n: 3,
      items: {
        scores: new Map([
          ['x', 1],
          ['y', 1],
          ['z', 1],
        ]),
      },
    });
    expect(judge('accuracy no-worse-than baseline by 50%', [binary(3, 3)], [other])).toMatchObject({
      verdict: 'missing',
      text: expect.stringContaining('6 of 6 items are in only one'),
    });
  });
  test('a few items more or less are left out', () => {
    const shorter = of('accuracy', 1, { n: 97, items: items(scores(97, 97)) });
    expect(judge('accuracy no-worse-than baseline by 10%', [binary(100, 100)], [shorter])).toMatchObject({
      verdict: 'pass',
      n: 97,
    });
  });
  test('counts without items: unpaired', () => {
    const rule = 'accuracy no-worse-than baseline by 5%';
    const counted = (value: number, n: number) => [of('accuracy', value, { n })];
    expect(judge(rule, counted(0.9, 5000), counted(0.9, 5000))).toMatchObject({
      verdict: 'pass',
      method: 'unpaired score',
    });
    expect(judge(rule, counted(0.9, 50), counted(0.9, 50)).verdict).toBe('inconclusive');
  });
  test('nothing to bound it by: inconclusive, and how to compare as written', () => {
    expect(
      judge('accuracy no-worse-than baseline by 5%', [of('accuracy', 1)], [of('accuracy', 0)]),
    ).toMatchObject({
      verdict: 'inconclusive',
      text: expect.stringContaining('to compare as written'),
    });
  });
});

describe('one sentence says what missed, and by how much', () => {
  const text = (rule: string, metrics: EvalMetric[], baseline?: EvalMetric[]) =>
    judge(rule, metrics, baseline).text;
  test('of a share, of a time, of arithmetic over the baseline', () => {
    expect(text('accuracy >= 0.9', [of('accuracy', 0.85, { n: 40 })])).toBe(
      'accuracy is 85 % over 40 samples and misses >= 90 % by 5 points',
    );
    expect(text('ttft_ms.mean < 800ms', [of('ttft_ms.mean', 912.5)])).toBe(
      'ttft_ms.mean is 912.5 ms and misses < 800 ms by 112.5 ms',
    );
    expect(text('perplexity <= baseline * 1.02', [of('perplexity', 12)], [of('perplexity', 10)])).toBe(
      'perplexity is 12 and misses <= 10.2 by 1.8 (baseline 10)',
    );
    expect(text('tests.failed == 0', [of('tests.failed', 3, { n: 10 })])).toBe(
      'tests.failed is 3 over 10 samples and misses == 0',
    );
  });
  test('on a bound: value, bound, distance', () => {
    expect(text('judge.win_rate > 75% with 95%', [of('judge.win_rate', 0.65, { n: 200 })])).toMatch(
      /^judge\.win_rate is 65 % over 200 samples, at most 70\.\d % with 95 % confidence: > 75 % misses by 10 points$/,
    );
    expect(text('judge.win_rate > 75% with 95%', [of('judge.win_rate', 0.8, { n: 200 })])).toContain(
      '220 samples needed',
    );
  });
});

describe('what a rule does not look at', () => {
  const failed = of('tests.failed', 0, { n: 5 });
  const errors = of('tests.errors', 2, { n: 5 });
  test('errors: tests.failed == 0 fails over them, unless a rule asks for them', () => {
    expect(judge('tests.failed == 0', [failed, errors])).toMatchObject({
      verdict: 'fail',
      text: expect.stringContaining('2 tests ended in an error'),
    });
    expect(judge('tests.failed == 0\ntests.errors <= 2', [failed, errors]).verdict).toBe('pass');
    expect(judge('tests.failed == 0\nwarn: tests.errors <= 2', [failed, errors]).verdict).toBe('fail');
    expect(judge('tests.failed == 0', [failed, of('tests.errors', 0)]).verdict).toBe('pass');
  });
  test('other questions: arithmetic over a baseline of other items is missing, not a pass', () => {
    const easy = of('accuracy', 1, { n: 3, items: items([1, 1, 1]) });
    const all = of('accuracy', 0.5, { n: 80, items: items(Array.from({ length: 80 }, (_, i) => i % 2)) });
    expect(judge('accuracy >= baseline - 0.01', [easy], [all])).toMatchObject({
      verdict: 'missing',
      text: expect.stringContaining('77 of 80 items are in only one of the two'),
    });
  });
});

describe('lm-eval runs', () => {
  const load = async (name: string) => {
    const folder = join(import.meta.dirname, 'fixtures/lm-eval', name);
    const file = readdirSync(folder).find((f) => f.startsWith('results_')) ?? '';
    return (await readResults([{ path: join(folder, file), shown: file }], 'results')).metrics;
  };
  test('21 against 20 right of 24: too few to say, pairs found', async () => {
    const outcome = judge(
      'capitals.acc no-worse-than baseline by 5%',
      await load('candidate'),
      await load('baseline'),
    );
    expect(outcome).toMatchObject({ verdict: 'inconclusive', n: 24, method: 'paired score' });
  });
  test('a model that forgot two thirds fails', async () => {
    const outcome = judge(
      'capitals.acc no-worse-than baseline by 5%',
      await load('forgot'),
      await load('baseline'),
    );
    expect(outcome).toMatchObject({ verdict: 'fail' });
  });
  test('another number of shots is refused, in comparisons and in arithmetic', async () => {
    for (const rule of ['capitals.acc no-worse-than baseline by 5%', 'capitals.acc >= baseline * 0.9']) {
      const outcome = judge(rule, await load('candidate'), await load('baseline-2shot'));
      expect(outcome).toMatchObject({ verdict: 'missing', refused: true });
      expect(outcome.text).toContain('few-shot 0 and 2');
    }
  });
  test('the filter chooses', async () => {
    const metrics = await load('candidate');
    expect(judge('capitals_gen.exact_match[strict-match] >= 0.5', metrics).verdict).toBe('pass');
    expect(judge('capitals_gen.exact_match[flexible-extract] >= 0.5', metrics).verdict).toBe('fail');
    expect(judge('capitals_gen.exact_match >= 0.5', metrics)).toMatchObject({
      verdict: 'missing',
      text: expect.stringContaining('capitals_gen.exact_match[strict-match]'),
    });
  });
});
