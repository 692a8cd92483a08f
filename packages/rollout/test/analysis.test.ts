import { describe, expect, test } from '@jest/globals';
import type { RequestSample } from '@sluice/host/types';
import { judge, type Verdict } from '../src/analysis.ts';
import { Evidence, type Arm } from '../src/evidence.ts';
import { DEFAULT_ANALYSIS, watchesOf, type LiveRule } from '../src/live-rules.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';

const POLICY = { confidence: 0.95, minSamples: 20, estimate: true };

function rules(text: string): LiveRule[] {
  const parsed = parseLiveRules(text, { input: 'analysis', stable: true });
  expect(parsed.faults).toEqual([]);
  return parsed.rules;
}

function request(changes: Partial<RequestSample> = {}): RequestSample {
  return {
    seq: 1,
    at: 1,
    version: 'v2',
    track: 'canary',
    status: 200,
    complete: true,
    clientGone: false,
    ttftMs: 100,
    e2eMs: 500,
    interChunkMs: 10,
    outputTokens: 41,
    answer: 'ok',
    probe: false,
    ...changes,
  };
}

/** `count` requests, of which `hits` are changed so; times spread by +-10 %, so that they have a variance. */
function arm(
  text: string,
  version: string,
  count: number,
  hits = 0,
  change: Partial<RequestSample> = {},
): Arm {
  const evidence = new Evidence(watchesOf(rules(text)));
  for (let i = 0; i < count; i += 1) {
    const base = request({ version, ttftMs: 100 * (0.9 + (0.2 * (i % 11)) / 10) });
    evidence.add([i < hits ? { ...base, ...change } : base]);
  }
  return evidence.arm(version);
}

function verdictOf(
  text: string,
  canary: [number, number?, Partial<RequestSample>?],
  stable?: [number, number?, Partial<RequestSample>?],
): Verdict {
  return judge(
    rules(text),
    arm(text, 'v2', ...canary),
    stable === undefined ? null : arm(text, 'v1', ...stable),
    POLICY,
  );
}

const LOOPS = { answer: 'looping' } as const;
const BROKEN = { status: 500, answer: null, ttftMs: null } as const;

describe('one rule', () => {
  test.each<
    [
      string,
      string,
      [number, number?, Partial<RequestSample>?],
      [number, number?, Partial<RequestSample>?] | undefined,
      string,
    ]
  >([
    ['a low share is kept', 'loop_rate <= 5%', [300], undefined, 'pass'],
    ['a high share is broken', 'loop_rate <= 5%', [60, 30, LOOPS], undefined, 'fail'],
    ['few requests decide nothing', 'loop_rate <= 5%', [10, 1, LOOPS], undefined, 'inconclusive'],
    ['no request is no data', 'loop_rate <= 5%', [0], undefined, 'no-data'],
    ['a mean below its bar', 'ttft_ms <= 200', [200], undefined, 'pass'],
    ['a mean above its bar', 'ttft_ms <= 50ms', [200], undefined, 'fail'],
    ['higher is better', 'tokens_per_second >= 50', [200, 100, { e2eMs: 510 }], undefined, 'pass'],
    ['a quantile below its bar', 'ttft_ms.p90 < 200', [300], undefined, 'pass'],
    ['a quantile above its bar', 'ttft_ms.p90 < 200', [300, 100, { ttftMs: 900 }], undefined, 'fail'],
    ['no worse than stable', 'error_rate no-worse-than stable by 5%', [300], [300], 'pass'],
    ['worse than stable', 'error_rate no-worse-than stable by 5%', [120, 60, BROKEN], [300], 'fail'],
    [
      'without a margin equal versions are never proven equal',
      'error_rate no-worse-than stable',
      [500],
      [500],
      'inconclusive',
    ],
    ['a margin in percent of the mean', 'ttft_ms no-worse-than stable by 50%', [400], [400], 'pass'],
    [
      'a constant time, however slow, tells no spread',
      'ttft_ms no-worse-than stable by 50%',
      [200, 200, { ttftMs: 230 }],
      [200],
      'inconclusive',
    ],
    ['better by a margin', 'error_rate better-than stable by 10%', [300], [300, 150, BROKEN], 'pass'],
    ['not better', 'error_rate better-than stable by 10%', [300, 150, BROKEN], [300], 'fail'],
    ['no stable requests is no data', 'error_rate no-worse-than stable by 5%', [300], [0], 'no-data'],
    ['no stable arm is no data', 'error_rate no-worse-than stable by 5%', [300], undefined, 'no-data'],
  ])('%s: %s', (_, text, canary, stable, expected) => {
    expect(verdictOf(text, canary, stable).rules.map((rule) => rule.status)).toEqual([expected]);
  });

  test('a constant value says nothing about its spread', () => {
    // 200 values of exactly 230 have no variance: never proven either way (see meanBounds).
    const verdict = verdictOf('ttft_ms <= 50', [200, 200, { ttftMs: 230 }]);
    expect(verdict.rules[0]?.status).toBe('inconclusive');
  });

  test('tells how many more requests it needs', () => {
    const needed = verdictOf('loop_rate <= 5%', [30]).rules[0]?.needed ?? 0;
    expect(needed).toBeGreaterThan(20);
    expect(verdictOf('loop_rate <= 5%', [30 + needed]).rules[0]?.status).toBe('pass');
  });
});

describe('all rules together', () => {
  test('one proven breach fails, below min-samples too', () => {
    const verdict = verdictOf('error_rate <= 5%\nloop_rate <= 5%', [12, 12, LOOPS]);
    expect([verdict.overall, verdict.enough]).toEqual(['fail', false]);
  });

  test('all must pass; a warning never decides', () => {
    expect(verdictOf('error_rate <= 5%\nwarn: loop_rate <= 5%', [200, 100, LOOPS]).overall).toBe('pass');
    expect(verdictOf('error_rate <= 5%\nttft_ms <= 99999', [300, 300, { ttftMs: null }]).overall).toBe(
      'inconclusive',
    );
    expect(verdictOf('error_rate <= 5%', [0]).overall).toBe('no-data');
  });

  test('min-samples keeps a pass back', () => {
    const text = 'error_rate <= 50%';
    const verdict = judge(rules(text), arm(text, 'v2', 60), null, { ...POLICY, minSamples: 100 });
    expect([verdict.rules[0]?.status, verdict.overall]).toEqual(['pass', 'inconclusive']);
  });

  test('a default rule without numbers on either side is not asked; a written one is', () => {
    const plain = { ttftMs: null, interChunkMs: null };
    const optional = parseLiveRules('ttft_ms no-worse-than stable by 50%', {
      input: 'analysis',
      stable: true,
      optional: true,
    });
    const canary = arm('error_rate <= 1%', 'v2', 50, 50, plain);
    const stable = arm('error_rate <= 1%', 'v1', 50, 50, plain);
    expect(judge(optional.rules, canary, stable, POLICY).rules[0]?.status).toBe('not-asked');
    expect(judge(rules('ttft_ms no-worse-than stable by 50%'), canary, stable, POLICY).rules[0]?.status).toBe(
      'no-data',
    );
    // Broken on one side only: that is missing data, and missing data never passes.
    expect(judge(optional.rules, canary, arm('error_rate <= 1%', 'v1', 50), POLICY).rules[0]?.status).toBe(
      'no-data',
    );
  });
});

describe('evidence', () => {
  test('leaves out probes and clients that went away, and times of answers that broke', () => {
    const evidence = new Evidence();
    evidence.add([
      request(),
      request({ status: 503, ttftMs: 1, answer: null }),
      request({ complete: false, ttftMs: 1 }),
      request({ clientGone: true, complete: false }),
      request({ probe: true, status: 500 }),
      request({ status: 404, answer: null }),
    ]);
    const { requests, shares, values } = evidence.arm('v2');
    expect(requests).toBe(4);
    expect(shares['error_rate']).toEqual({ n: 4, hits: 2 });
    expect(shares['rejected_rate']).toEqual({ n: 4, hits: 1 });
    expect(shares['abandoned_rate']).toEqual({ n: 5, hits: 1 });
    expect(values['ttft_ms']).toMatchObject({ n: 1, mean: 100 });
    expect(values['tokens_per_second']?.mean).toBeCloseTo(82);
    expect(values['tpot_ms']?.mean).toBeCloseTo(10);
  });

  test('mean and variance are those of the values', () => {
    const evidence = new Evidence();
    const values = [3, 1, 4, 1, 5, 9, 2, 6];
    evidence.add(values.map((ttftMs) => request({ ttftMs })));
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    const moments = evidence.arm('v2').values['ttft_ms'];
    expect(moments?.mean).toBeCloseTo(mean, 12);
    expect(moments?.variance).toBeCloseTo(variance, 12);
  });
});

describe('the language of rules', () => {
  test('the default analysis is valid', () => {
    expect(rules(DEFAULT_ANALYSIS)).toHaveLength(5);
  });

  test('margins: points of a share, percent of a mean, or in the unit', () => {
    const margin = (text: string): unknown => rules(text)[0]?.test;
    expect(margin('error_rate no-worse-than stable by 1%')).toMatchObject({
      margin: 0.01,
      marginKind: 'absolute',
    });
    expect(margin('error_rate no-worse-than stable by 1 pp')).toMatchObject({
      margin: 0.01,
      marginKind: 'absolute',
    });
    expect(margin('ttft_ms no-worse-than stable by 20%')).toMatchObject({ margin: 0.2, marginKind: 'share' });
    expect(margin('ttft_ms no-worse-than stable by 20ms')).toMatchObject({
      margin: 20,
      marginKind: 'absolute',
    });
    expect(margin('ttft_ms <= 1.5s')).toMatchObject({ bar: 1500 });
  });

  test.each([
    ['loop_rate <= 5% with 95%', /line 1, column 1: 'with' can't stand here/],
    ['accuracy >= 0.9', /accuracy is no live metric; there are: error_rate/],
    ['gpu_memory_gb <= 24', /give .prometheus. to read it from/],
    ['cost.per_mtok <= 0.4', /not built yet as a live metric/],
    ['loop_rate <= 5', /lies between 0 and 1; write the bar as a percentage/],
    ['loop_rate == 0%', /can't be proven by sampling/],
    ['loop_rate.p99 <= 5%', /is a share of requests and has no '.p99'/],
    ['ttft_ms.p99 > 5', /only be bounded on its bad side/],
    ['ttft_ms.p99 no-worse-than stable by 5%', /comparing quantiles is not built yet/],
    ['ttft_ms <= stable * 1.2', /arithmetic over stable is not built for live rules/],
    ['ttft_ms no-worse-than baseline by 5%', /'baseline' serves no users here/],
    ['ttft_ms no-worse-than stable by 5 pp', /'pp' are points of a share/],
    ['ttft_ms <= 800 for 99% over 30d', /not built yet/],
    ['query: x = up{v="{{version}}"}\nx <= 1', /give .prometheus., its address/],
    ['loop_rate[en] <= 5%', /live metrics have no slices/],
    ['ttft_ms <= 5%', /the unit '%' doesn't fit/],
  ])('refuses %s', (text, message) => {
    const { faults } = parseLiveRules(text, { input: 'analysis', stable: true });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(message);
  });

  test('says why there is nothing to compare with', () => {
    const { faults } = parseLiveRules('error_rate no-worse-than stable by 1%', {
      input: 'slo',
      stable: { because: 'it watches stable itself' },
    });
    expect(faults[0]).toMatch(
      /^input `slo`, line 1, column 1: there is no stable version .* it watches stable itself/,
    );
  });
});
