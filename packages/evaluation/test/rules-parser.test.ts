import { describe, expect, test } from '@jest/globals';
import { checkRules } from '../src/check.ts';
import { faultLines, parseRules } from '../src/rules-parser.ts';
import { metricLabel, referencesIn } from '../src/rules.ts';

const only = (text: string) => {
  const parsed = parseRules(text);
  expect(parsed.faults).toEqual([]);
  expect(parsed.rules).toHaveLength(1);
  return parsed.rules[0];
};
const number = (value: number, unit?: string) =>
  expect.objectContaining({ kind: 'number', value, ...(unit === undefined ? {} : { unit }) });

describe('forms of a rule', () => {
  test.each([
    ['accuracy >= 0.90', 'accuracy', '>=', number(0.9)],
    ['latency_p99_ms <= 400', 'latency_p99_ms', '<=', number(400)],
    ['ttft_ms.p99 < 800ms', 'ttft_ms.p99', '<', number(800, 'ms')],
    ['tests.failed == 0', 'tests.failed', '==', number(0)],
    ['tests.failed != 1e3', 'tests.failed', '!=', number(1000)],
    ['memory_gb ≤ 24', 'memory_gb', '<=', number(24)],
    ['accuracy>=.5', 'accuracy', '>=', number(0.5)],
    ['humaneval.pass@1 > 40%', 'humaneval.pass@1', '>', number(40, '%')],
    ['mmlu-pro.acc >= 0.4', 'mmlu-pro.acc', '>=', number(0.4)],
    ['"my metric" > 1', 'my metric', '>', number(1)],
    ['准确率 >= 0.9', '准确率', '>=', number(0.9)],
  ])('%s', (text, name, operator, bar) => {
    expect(only(text)).toMatchObject({ kind: 'bar', metric: { name }, operator, bar, warn: false, text });
  });

  test('a filter in brackets', () => {
    expect(only('gsm8k.exact_match[strict-match] >= 0.5')).toMatchObject({
      metric: { name: 'gsm8k.exact_match', selector: 'strict-match' },
    });
  });
  test('confidence, warning, comment', () => {
    const rule = only('warn: judge.win_rate > 75% with 95%  # as agreed');
    expect(rule).toMatchObject({ warn: true, confidence: 0.95, text: 'judge.win_rate > 75% with 95%' });
  });
  test('arithmetic binds as usual', () => {
    expect(only('perplexity <= baseline * 1.02 + 1')).toMatchObject({
      bar: {
        operator: '+',
        left: { operator: '*', left: { kind: 'reference', of: 'baseline' }, right: { value: 1.02 } },
        right: { value: 1 },
      },
    });
    expect(only('a <= (baseline + 1) * -2')).toMatchObject({
      bar: { operator: '*', left: { operator: '+' }, right: { kind: 'negate' } },
    });
    expect(only('a >= baseline - 0.01')).toMatchObject({ bar: { operator: '-' } });
  });
  test.each([
    ['mmlu.acc no-worse-than baseline by 1%', 'no-worse-than', 'baseline', { kind: 'percent', value: 0.01 }],
    ['error_rate no-worse-than stable by 1 pp', 'no-worse-than', 'stable', { kind: 'points', value: 0.01 }],
    ['acc better-than parent by 0.02', 'better-than', 'parent', { kind: 'absolute', value: 0.02 }],
    [
      'ttft_ms no-worse-than stable by 50ms',
      'no-worse-than',
      'stable',
      { kind: 'absolute', value: 50, unit: 'ms' },
    ],
  ])('%s', (text, relation, reference, margin) => {
    expect(only(text)).toMatchObject({ kind: 'compare', relation, reference, margin });
  });
  test('a comparison without a margin, with a confidence', () => {
    const rule = only('acc no-worse-than baseline with 90%');
    expect(rule).toMatchObject({ kind: 'compare', confidence: 0.9 });
    expect(rule).not.toHaveProperty('margin');
  });
  test('a definition', () => {
    const parsed = parseRules('define: quality = 0.6*accuracy + 0.4*(1 - toxicity.rate)\nquality >= 0.8');
    expect(parsed.faults).toEqual([]);
    expect(parsed.definitions).toMatchObject([{ name: 'quality', expression: { operator: '+' } }]);
  });
  test('empty lines, comments, Windows line ends', () => {
    expect(parseRules('# all\r\n\r\n  accuracy >= 0.9\r\n').rules).toHaveLength(1);
    expect(parseRules('').rules).toEqual([]);
  });
  test.each([
    ['accuracy.gap(language) <= 5%', { name: 'accuracy', over: { fold: 'gap', key: 'language' } }],
    ['accuracy.min(site) >= 90%', { name: 'accuracy', over: { fold: 'min', key: 'site' } }],
    [
      'gsm8k.exact_match.max(language)[strict-match] >= 0.1',
      { name: 'gsm8k.exact_match', selector: 'strict-match', over: { fold: 'max', key: 'language' } },
    ],
    ['accuracy[language=de] >= 90%', { name: 'accuracy', selector: 'language=de' }],
    ['ttft_ms.min >= 1', { name: 'ttft_ms.min' }],
    ['input.psi <= 0.2 against training', { name: 'input.psi', against: 'training' }],
    [
      'input.psi <= 0.2 against dvc:data/train.csv@main#a # as agreed',
      { name: 'input.psi', against: 'dvc:data/train.csv@main#a' },
    ],
    ['input.psi <= 0.2 against "my data.csv"', { name: 'input.psi', against: 'my data.csv' }],
  ])('%s', (text, metric) => {
    const rule = only(text);
    expect(rule?.metric).toMatchObject(metric);
    expect(rule && metricLabel(rule.metric)).toBe(
      text
        .replace(/ (?:<=|>=) [\d.]+%?/u, '')
        .replace(/ # .*/u, '')
        .replaceAll('"', ''),
    );
  });
  test('a share of requests over a time', () => {
    expect(only('ttft_ms <= 800 for 99% over 30d')).toMatchObject({
      objective: { share: 0.99, windowMs: 30 * 86_400_000 },
    });
    expect(only('ttft_ms <= 800 for 99.5 % over 90 s')).toMatchObject({
      objective: { share: 0.995, windowMs: 90_000 },
    });
  });
  test('what follows the bar comes in any order', () => {
    expect(only('output.length.ks_p >= 0.001 against release with 99%')).toMatchObject({
      metric: { against: 'release' },
      confidence: 0.99,
    });
  });
  test('a query keeps its PromQL as it is; a direction', () => {
    const parsed = parseRules(
      'query: kv = max(vllm:kv_cache_usage_perc{version="{{version}}"}) # 1\ndirection: mine = lower',
    );
    expect(parsed).toMatchObject({
      faults: [],
      queries: [{ name: 'kv', promql: 'max(vllm:kv_cache_usage_perc{version="{{version}}"}) # 1' }],
      directions: [{ name: 'mine', direction: 'lower' }],
    });
  });
  test('references tell whether a baseline is needed', () => {
    const set = parseRules('a <= 1\nb <= baseline * 2\nc no-worse-than stable by 1');
    expect(referencesIn(set).map(({ of }) => of)).toEqual(['baseline', 'stable']);
  });
});

describe('faults name line, column and mend', () => {
  test.each([
    ['accuracy = 0.9', 1, 10, "write '=='"],
    ['accuracy', 1, 9, 'compared with nothing'],
    ['accuracy >=', 1, 12, 'expected a number or baseline, found the end of the rule'],
    ['accuracy >= 0.9x', 1, 13, "the unit 'x' isn't known"],
    ['accuracy >= baselin', 1, 13, "combine metrics with 'define:'"],
    ['accuracy >= 0.9 with', 1, 21, 'needs a confidence'],
    ['accuracy >= 0.9 with 40%', 1, 22, 'from 50% to under 100%'],
    ['accuracy >= 0.9 with 100%', 1, 22, 'from 50% to under 100%'],
    ['accuracy == 0.9 with 95%', 1, 10, "'with' decides on a bound"],
    ['accuracy >= 0.9 or f1 > 1', 1, 17, "'or' can't stand here"],
    ['0.9 <= accuracy', 1, 1, "begins with a metric's name"],
    ['baseline <= accuracy', 1, 1, 'on the right side'],
    ['accuracy no-worse-than production', 1, 24, 'followed by baseline, stable, parent'],
    ['accuracy no-worse-than baseline by much', 1, 36, "'by' needs a size"],
    ['accuracy no-worse-than baseline by 1% pp', 1, 39, 'one unit is enough'],
    ['a[strict >= 1', 1, 2, 'never closed'],
    ['a ; b', 1, 3, "';' has no meaning"],
    ['a <= (baseline * 2', 1, 19, "expected ')' to close '(' of column 6"],
    ['wrn: a <= 1', 1, 1, "'wrn:' isn't known"],
    ['define: a = baseline * 2', 1, 13, "can't stand in a definition"],
    ['define: a = 1\ndefine: a = 2', 2, 9, 'defined twice'],
    ['# first\n\n  a ~ 1', 3, 5, "'~' has no meaning"],
  ])('%s', (text, line, column, message) => {
    const { faults } = parseRules(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.position).toEqual({ line, column });
    expect(faults[0]?.message).toContain(message);
  });

  test.each([
    ['accuracy.spread(language) <= 5%', 1, "'accuracy.spread(…)' isn't known"],
    ['accuracy.gab(language) <= 5%', 1, 'did you mean .gap(…)?'],
    ['accuracy.gap(5) <= 5%', 14, 'needs the key of the slices'],
    ['accuracy.gap(language <= 5%', 23, "expected ')' after the key 'language'"],
    ['input.psi <= 0.2 against', 25, 'followed by training, release or a file, not by the end of the rule'],
    ['ttft_ms <= 800 for 99', 20, 'needs a share of requests'],
    ['ttft_ms <= 800 for 99% since 30d', 24, "followed by 'over'"],
    ['ttft_ms <= 800 for 99% over 30', 29, 'needs a time above 0, such as 30d'],
    ['ttft_ms <= 800 for 99% over 30 apples', 29, 'needs a time above 0, such as 30d'],
    ['warn: query: a = up', 7, "'warn:' belongs to a rule"],
    ['query: max(up)', 8, 'query: needs a name'],
    ['query: a = ', 12, 'has no PromQL'],
    ['query: a = max(up{x="(")', 18, "'{' of the query has no counterpart"],
    ['query: a = max(up))', 19, "')' of the query has no counterpart"],
    ['query: a = up{x="y}', 17, `'"' of the query has no counterpart`],
    ['query: a = up\nquery: a = up', 8, 'asked twice'],
    ['direction: mine', 16, "which way is mine better? write 'direction: mine higher' or lower"],
    ['direction: mine lowr', 17, "write 'direction: mine lower'"],
    ['direction: mine lower\ndirection: mine higher', 12, 'told twice'],
    ['accuracy no-worse-then baseline', 10, 'did you mean no-worse-than?'],
    ['accuracy no-worse-than baselin by 1%', 24, 'did you mean baseline?'],
    ['accuracy >= baselin', 13, 'did you mean baseline?'],
    ['accuracy >= 0.9 wiht 95%', 17, "did you mean 'with'?"],
    ['accuracy >= 0.9 with 95% with 90%', 26, "can't stand here"],
    ['wran: accuracy >= 0.9', 1, 'did you mean warn:?'],
    ['ttft_ms.p99 <= 800mss', 16, 'did you mean ms?'],
  ])('%s', (text, column, message) => {
    const { faults } = parseRules(text);
    expect(faults).toHaveLength(1);
    expect(faults[0]?.position.column).toBe(column);
    expect(faults[0]?.message).toContain(message);
  });

  test('all faults at once, good rules kept', () => {
    const parsed = parseRules('a = 1\nb >= 2\nc ?');
    expect(parsed.rules).toHaveLength(1);
    expect(faultLines(parsed.faults, 'thresholds')).toEqual([
      "thresholds, line 1, column 3: '=' after 'a': write '=='",
      "thresholds, line 3, column 3: '?' has no meaning in a rule",
    ]);
  });
});

describe('faults of meaning', () => {
  const faultsOf = (text: string, facts?: Record<string, object>) =>
    checkRules(parseRules(text), {
      references: ['baseline'],
      ...(facts === undefined ? {} : { facts: ({ name }: { name: string }) => facts[name] }),
    }).map(({ message }) => message);

  test('a percent bar on what is no share', () => {
    expect(faultsOf('perplexity <= 5%')[0]).toContain(
      "isn't known as a share (0 to 1), so 5% is no bar for it",
    );
    expect(faultsOf('accuracy >= 90%')).toEqual([]);
    expect(faultsOf('mine >= 90%')).toEqual([]);
    expect(faultsOf('mine >= 90%', { mine: {} })[0]).toContain("isn't known as a share");
    expect(faultsOf('mine >= 90%', { mine: { share: true } })).toEqual([]);
    expect(faultsOf('perplexity <= baseline * 102%')).toEqual([]);
    expect(faultsOf('absent >= 90%', {})).toEqual([]);
  });
  test.each([
    ['error_rate <= 1', 'holds for every value; for 1 % write 1% or 0.01'],
    ['error_rate < 5', 'holds for every value; for 5 % write 5% or 0.05'],
    ['toxicity.rate <= 100%', 'holds for every value'],
    ['accuracy >= 0', 'holds for every value'],
    ['accuracy > -1', 'holds for every value'],
    ['accuracy >= 90', 'can never hold; for 90 % write 90% or 0.9'],
    ['error_rate < 0', 'can never hold'],
    [
      'accuracy no-worse-than baseline by 1',
      'a margin of 100 points allows everything; for 1 points write 1%',
    ],
    ['accuracy better-than baseline by 100%', 'can never be gained'],
  ])('a share that no value or every value meets: %s', (rule, why) => {
    expect(faultsOf(rule).join()).toContain(why);
  });
  test.each([
    'accuracy >= 1',
    'error_rate <= 0',
    'error_rate == 0',
    'accuracy > 0',
    'loss <= 5',
    'accuracy no-worse-than baseline by 1%',
    'ttft_ms.mean no-worse-than baseline by 20',
  ])('a bar that can go either way: %s', (rule) => {
    expect(faultsOf(rule)).toEqual([]);
  });
  test('units', () => {
    expect(faultsOf('ttft_ms.p99 <= 1s')).toEqual([]);
    expect(faultsOf('ttft_ms.p99 <= 1GB')[0]).toContain('a unit that GB fits');
    expect(faultsOf('memory_gb <= 24GiB')).toEqual([]);
    expect(faultsOf('ttft_ms <= baseline + 5ms')).toEqual([]);
  });
  test('direction', () => {
    expect(faultsOf('mine no-worse-than baseline by 1%', { mine: {} })[0]).toContain(
      'whether more of mine is better',
    );
    expect(faultsOf('mine no-worse-than baseline by 1%', { mine: { direction: 'lower' } })).toEqual([]);
  });
  test('a declared direction decides, and contradicts nothing known', () => {
    const mine = { mine: {} };
    expect(faultsOf('mine no-worse-than baseline by 1%\ndirection: mine lower', mine)).toEqual([]);
    expect(faultsOf('accuracy >= 0.9\ndirection: accuracy lower')[0]).toContain('accuracy is better higher');
    expect(faultsOf('mine >= 0.9\ndirection: mone lower')[0]).toContain(
      "no rule is about 'mone'; there is mine",
    );
    expect(faultsOf('define: a = mine * 2\na >= 0.9\ndirection: mine lower')).toEqual([]);
  });
  test('a gap has a direction whatever it is a gap of', () => {
    expect(faultsOf('mine.gap(site) no-worse-than baseline by 1', { mine: {} })).toEqual([]);
    expect(faultsOf('mine.min(site) no-worse-than baseline by 1', { mine: {} })[0]).toContain(
      'direction: mine',
    );
  });
  test('what is for live requests only', () => {
    expect(faultsOf('query: a = up\na <= 1')[0]).toContain('asks live versions');
    expect(faultsOf('ttft_ms <= 800 for 99% over 30d')[0]).toContain('auto-rollback');
    const live = checkRules(parseRules('query: a = up\nttft_ms <= 800 for 99% over 30d'), {
      references: [],
      live: true,
    });
    expect(live).toEqual([]);
  });
  test('drift is refused where it is not measured', () => {
    const drift = parseRules('input.psi <= 0.2 against training');
    const at = (against?: (what: string) => boolean) =>
      checkRules(drift, { references: [], ...(against === undefined ? {} : { against }) }).map(
        ({ message }) => message,
      );
    expect(at()[0]).toContain("drift isn't measured here");
    expect(at((what) => what === 'release')[0]).toContain('name its data');
    expect(at((what) => what === 'training')).toEqual([]);
  });
  test('points of what is no share', () => {
    expect(faultsOf('ttft_ms no-worse-than baseline by 1 pp')[0]).toContain('no percentage points');
  });
  test('references that this action has not', () => {
    expect(faultsOf('accuracy no-worse-than stable by 1%')[0]).toContain("'stable' isn't built yet here");
    expect(faultsOf('perplexity <= parent * 2')[0]).toContain("'parent' isn't built yet here");
  });
  test("'with' on arithmetic", () => {
    expect(faultsOf('accuracy >= baseline * 0.9 with 95%')[0]).toContain("'with' needs a number");
  });
  test('a definition that comes too late, or eats itself', () => {
    expect(faultsOf('define: a = b + 1\ndefine: b = accuracy')[0]).toContain('put its definition above');
    expect(faultsOf('define: a = a + 1')[0]).toContain("isn't defined yet");
  });
});
