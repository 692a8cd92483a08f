import { describe, expect, test } from '@jest/globals';
import { emptyLevels } from '../src/load/empty-levels.ts';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { levelNames, readLoad, samplesForSlos } from '../src/load/profile.ts';
import { makePrompts } from '../src/load/prompts.ts';
import { dueTimes } from '../src/load/schedule.ts';
import { sweepRates, type RateTry } from '../src/load/sweep.ts';
import { readSuite } from '../src/suites/load-suites.ts';

describe('profiles', () => {
  test('all kinds, settings and comments', () => {
    const { profile, faults } = readLoad([
      '# before the release',
      'concurrency: 1, 4,16 for 30s',
      'rate: 5/s, 30/m poisson for 60s  # users',
      'ramp: 1/s to 20/s over 60s',
      'sweep: 1/s to 50/s for 20s',
      'slo: ttft_ms <= 500 for 95%',
      'slo: e2e_ms <= 2s for 99%',
      'warmup: 5s',
      'max-in-flight: 100',
      'prompt-tokens: 200 to 800',
      'output-tokens: 128 sd 20 forced',
    ]);
    expect(faults).toEqual([]);
    expect(profile).toEqual({
      profiles: [
        { kind: 'closed', levels: [1, 4, 16], durationMs: 30_000 },
        { kind: 'open', rates: [5, 0.5], arrivals: 'poisson', durationMs: 60_000 },
        { kind: 'ramp', from: 1, to: 20, arrivals: 'constant', durationMs: 60_000 },
        { kind: 'sweep', from: 1, to: 50, arrivals: 'poisson', durationMs: 20_000 },
      ],
      slos: [
        { metric: 'ttft_ms', most: 500, share: 0.95 },
        { metric: 'e2e_ms', most: 2_000, share: 0.99 },
      ],
      warmupMs: 5_000,
      maxInFlight: 100,
      promptTokens: { kind: 'uniform', low: 200, high: 800 },
      outputTokens: { kind: 'normal', mean: 128, sd: 20 },
      forceOutput: true,
    });
    if (profile === undefined) throw new Error('no profile');
    expect(levelNames(profile)).toEqual(['c1', 'c4', 'c16', 'r5', 'r0.5', 'ramp', 'sweep']);
    expect(samplesForSlos(profile)).toBe(299);
    const names = Object.keys(computeLoadMetrics(emptyLevels(profile)));
    expect(names).toEqual(expect.arrayContaining(['load.sweep.rate', 'load.r0.5.goodput']));
    expect(names).not.toContain('load.c1.schedule_error_ms.p99');
  });

  test.each([
    ['concurrency: 4', 'no load profile; write it as'],
    ['concurrency: 0,4 for 3s', "'0,4' holds what is no whole number"],
    ['concurrency: 1,,4 for 3s', 'no whole number'],
    ['concurrency: 4,4 for 3s', 'holds a level twice'],
    ['concurrency: 4 for 10ms', "'10ms' is no duration of a second or more"],
    ['concurrency: 4 for ever', "'ever' is no duration"],
    ['users: 4 for 3s', 'no load profile'],
    ['rate: 5 for 3s', "'5' holds what is no rate; write it as `rate: 5/s for 60s`"],
    ['rate: 5/s uniform for 3s', 'no rate'],
    ['rate: 0/s for 3s', 'no rate'],
    ['rate: 9000/s for 10m', 'at most 1000000 fit in memory'],
    ['rate: 0.1/s for 3s', 'less than one request'],
    ['ramp: 5/s to 5/s over 3s', 'no range upwards'],
    ['ramp: 1/s to 5/s for 3s', 'write it as `ramp: 1/s to 20/s over 60s`'],
    ['sweep: 5/s to 1/s for 3s', 'no range upwards'],
    ['sweep', 'write it as `sweep: 1/s to 50/s for 20s`'],
    ['slo: ttft <= 500 for 95%', 'no bar; write it as'],
    ['slo: ttft_ms <= 500 for 100%', 'lies between 0% and 100%'],
    ['max-in-flight: 5000', 'no whole number from 1 to 1000'],
    ['prompt-tokens: 800 to 200', 'the first is the smaller'],
    ['prompt-tokens: many', 'write it as `512`, `200 to 800`'],
    ['runs: 3', 'fewer runs carry no comparison'],
    ['metrics: http://me:secret@host/metrics', 'without a user'],
    ['warmup: long', 'no duration'],
  ])('%s', (line, why) => {
    const { faults } = readLoad([line]);
    expect(faults.join()).toContain(`input \`load\` = "${line}": `);
    expect(faults.join()).toContain(why);
  });

  test('what does not fit together', () => {
    expect(readLoad(['sweep: 1/s to 2/s for 1s']).faults.join()).toContain('add a line such as `slo:');
    expect(readLoad(['warmup: 1s']).faults.join()).toContain('settings and no profile');
    expect(readLoad(['concurrency: 4 for 1s', 'concurrency: 4,5 for 2s']).faults.join()).toContain(
      'measures c4 twice',
    );
    expect(readLoad(['warmup: 1s', 'warmup: 2s', 'concurrency: 4 for 1s']).faults.join()).toContain('twice');
    expect(readLoad([])).toEqual({ profile: undefined, faults: [] });
  });
});

describe('schedules', () => {
  const flat = (rate: number, durationMs: number): { from: number; to: number; durationMs: number } => ({
    from: rate,
    to: rate,
    durationMs,
  });

  test('constant: evenly, from the first moment on, none at the end', () => {
    const due = [...dueTimes(flat(10, 500), 'constant', 1)].map((at) => Math.round(at * 1e6) / 1e6);
    expect(due).toEqual([0, 100, 200, 300, 400]);
  });

  test('poisson: mean and spread of the gaps are those of the exponential, and the seed brings it back', () => {
    const due = dueTimes(flat(50, 400_000), 'poisson', 7);
    const gaps = Array.from(due.subarray(1), (at, i) => at - (due[i] ?? NaN));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const sd = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(Math.abs(due.length - 20_000)).toBeLessThan(5 * Math.sqrt(20_000));
    expect(mean).toBeCloseTo(20, 0);
    expect(sd / mean).toBeGreaterThan(0.97);
    expect(sd / mean).toBeLessThan(1.03);
    expect(dueTimes(flat(50, 1_000), 'poisson', 7)).toEqual(dueTimes(flat(50, 1_000), 'poisson', 7));
    expect(dueTimes(flat(50, 1_000), 'poisson', 7)).not.toEqual(dueTimes(flat(50, 1_000), 'poisson', 8));
  });

  test.each([
    ['up', 1, 20],
    ['down', 20, 1],
  ])('ramp %s: the mean rate overall, and each end its own', (_, from, to) => {
    const due = dueTimes({ from, to, durationMs: 60_000 }, 'constant', 1);
    expect(Math.abs(due.length - 630)).toBeLessThanOrEqual(1);
    const inFirst = due.filter((at) => at < 10_000).length;
    // The integral of the line over the first ten seconds.
    expect(Math.abs(inFirst - (10 * from + ((to - from) * 10) / 12))).toBeLessThanOrEqual(1);
    expect([...due]).toEqual([...due].sort((a, b) => a - b));
  });
});

describe('the search for a rate', () => {
  const upTo =
    (limit: number) =>
    (rate: number): Promise<RateTry> =>
      Promise.resolve({ rate, requests: 100, good: 1, holds: rate <= limit });

  test.each([13.7, 1.01, 24.9, 7])('finds %d within a tenth', async (limit) => {
    const { best, stopped, tries } = await sweepRates({ from: 1, to: 50 }, upTo(limit));
    expect(best).toBeLessThanOrEqual(limit);
    expect(best).toBeGreaterThan(limit / 1.11);
    expect(stopped).toMatch(
      /^searched 1\/s to 50\/s; [\d.]+\/s holds and [\d.]+\/s doesn't; [\d.]+\/s held in a second run of its own$/,
    );
    expect(tries.length).toBeLessThan(13);
    expect(tries.at(-1)).toMatchObject({ rate: best, confirms: true });
  });

  test('a rate that held by luck is not the answer: the next lower one that holds twice is', async () => {
    const asked: number[] = [];
    const lucky = (rate: number): Promise<RateTry> => {
      asked.push(rate);
      const isSecond = asked.filter((one) => one === rate).length > 1;
      return Promise.resolve({ rate, requests: 100, good: 1, holds: rate <= 20 && !(isSecond && rate > 10) });
    };
    const found = await sweepRates({ from: 1, to: 16 }, lucky);
    expect(asked).toEqual([1, 2, 4, 8, 16, 16, 8]);
    expect(found).toMatchObject({ best: 8, stopped: expect.stringContaining('8/s held in a second run') });
    const never = (rate: number): Promise<RateTry> =>
      Promise.resolve({ rate, requests: 1, good: 1, holds: asked.push(rate) < 10 });
    expect(await sweepRates({ from: 8, to: 16 }, never)).toMatchObject({
      best: null,
      stopped: expect.stringContaining('no rate held in a second run'),
    });
  });

  test('says when the range is the wrong one', async () => {
    expect(await sweepRates({ from: 5, to: 50 }, upTo(2))).toMatchObject({
      best: null,
      stopped: 'searched 5/s to 50/s; the lowest rate misses already',
    });
    const high = await sweepRates({ from: 1, to: 5 }, upTo(100));
    expect(high).toMatchObject({ best: 5 });
    expect(high.stopped).toContain('the limit lies beyond');
  });
});

describe('prompts', () => {
  const { cases } = readSuite(
    'defaultTest: {assert: [{type: ends}]}\ntests: [{vars: {prompt: one}}, {vars: {prompt: \'[{"role": "user", "content": "two"}]\'}}]',
    's.yaml',
  );

  test('begin as none before, also in a list of messages, also with the same seed', () => {
    const [first, again] = [makePrompts(cases, { seed: 1 }), makePrompts(cases, { seed: 1 })];
    expect(first(1).prompt).toMatch(/^\([0-9a-f]{8}-1\) one$/);
    expect(first(2).prompt).toMatch(/^\[\{"role":"user","content":"\([0-9a-f]{8}-2\) two"\}\]$/);
    expect(first(3).prompt).not.toBe(first(1).prompt);
    expect(again(1).prompt).not.toBe(first(1).prompt);
    const parts =
      '[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}},{"type":"text","text":"three"}]}]';
    const image = makePrompts([{ ...(cases[0] ?? first(1)), prompt: parts }], { seed: 1 });
    expect(image(1).prompt).toMatch(/"text":"\([0-9a-f]{8}-1\) three"/);
    const tensors = makePrompts([{ ...(cases[0] ?? first(1)), prompt: '[[1, 2], [3, 4]]' }], { seed: 1 });
    expect(tensors(1).prompt).toBe('[[1, 2], [3, 4]]');
  });

  test('have the lengths that were asked for, and so have the answers; the seed brings both back', () => {
    const options = {
      seed: 3,
      promptTokens: { kind: 'uniform', low: 100, high: 300 } as const,
      outputTokens: { kind: 'normal', mean: 50, sd: 10 } as const,
      forceOutput: true,
      scale: { base: 10, perWord: 2 },
    };
    const made = makePrompts(cases, options, 'mark');
    expect(makePrompts(cases, options, 'mark')(4)).toEqual(made(4));
    const lengths = Array.from({ length: 400 }, (_, i) => made(i + 1).prompt.split(' ').length - 1);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(45);
    expect(Math.min(...lengths)).toBeLessThan(52);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(145);
    expect(Math.max(...lengths)).toBeGreaterThan(138);
    const tokens = Array.from({ length: 400 }, (_, i) => made(i + 1).options.max_tokens ?? 0);
    expect(tokens.reduce((sum, count) => sum + count, 0) / 400).toBeCloseTo(50, -1);
    expect(made(1).options.body).toMatchObject({ ignore_eos: true });
  });
});
