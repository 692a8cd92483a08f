import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { readLoad } from '../src/load/profile.ts';
import { runLoad, type LoadLevel, type LoadPlan } from '../src/load/run-load.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import { startHostile, type HostileServer } from './hostile-server.ts';

describe('profiles', () => {
  test('levels and time', () => {
    expect(readLoad(['concurrency: 1, 4,16 for 30s'])).toEqual({
      profile: { levels: [1, 4, 16], durationMs: 30_000 },
      faults: [],
    });
    expect(readLoad([])).toEqual({ profile: undefined, faults: [] });
  });

  test.each([
    ['rate: 5/s poisson for 60s', 'not built yet'],
    ['sweep', 'not built yet'],
    ['concurrency: 4', 'no load profile; write it as'],
    ['concurrency: 0,4 for 3s', "'0,4' holds what is no whole number"],
    ['concurrency: 1,,4 for 3s', 'no whole number'],
    ['concurrency: 4,4 for 3s', 'holds a level twice'],
    ['concurrency: 4 for 10ms', "'10ms' is no duration of a second or more"],
    ['concurrency: 4 for ever', "'ever' is no duration"],
    ['users: 4 for 3s', 'no load profile'],
  ])('%s', (line, why) => {
    const { faults } = readLoad([line]);
    expect(faults.join()).toContain(`input \`load\` = "${line}": `);
    expect(faults.join()).toContain(why);
  });

  test('one profile for now', () => {
    expect(readLoad(['concurrency: 1 for 1s', 'concurrency: 2 for 1s']).faults.join()).toContain(
      'more than one',
    );
  });
});

describe('a closed loop', () => {
  let server: HostileServer;
  beforeAll(async () => {
    server = await startHostile();
  });
  afterAll(() => server.close());

  const { cases } = readSuite(
    'defaultTest: {assert: [{type: ends}]}\ntests: [{vars: {prompt: one}}, {vars: {prompt: two}}]',
    's.yaml',
  );
  const plan = (): LoadPlan => ({
    target: { origin: server.origin, modelName: 'm' },
    protocol: 'openai-completions',
    seed: undefined,
    timeoutMs: 5_000,
    signal: new AbortController().signal,
  });
  const answer = JSON.stringify({
    choices: [{ text: 'x', finish_reason: 'stop' }],
    usage: { prompt_tokens: 1, completion_tokens: 3 },
  });

  test('so many at once and no more, every prompt another, warm-up not counted', async () => {
    let now = 0;
    let most = 0;
    server.bodies.length = 0;
    server.reply(async (response) => {
      most = Math.max(most, (now += 1));
      await new Promise((resolve) => setTimeout(resolve, 50));
      now -= 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
    const [level] = await runLoad(cases, { levels: [3], durationMs: 1_000 }, plan());
    expect(most).toBe(3);
    const prompts = server.bodies.map((body) => (JSON.parse(body) as { prompt: string }).prompt);
    expect(new Set(prompts).size).toBe(prompts.length);
    expect(prompts.slice(0, 2)).toEqual(['(1) one', '(2) two']);
    expect(level?.samples.length).toBeLessThan(prompts.length);
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    // 3 at once, 50 ms each: 60 a second at the most.
    expect(metrics['load.c3.requests_per_second']?.value).toBeGreaterThan(5);
    expect(metrics['load.c3.requests_per_second']?.value).toBeLessThanOrEqual(63);
    expect(metrics['load.c3.e2e_ms.p50']?.value).toBeGreaterThanOrEqual(49);
    expect(metrics['load.c3.e2e_ms.p99']).toMatchObject({ value: null, insufficient: true, needed: 299 });
    expect(metrics['load.c3.error_rate']).toMatchObject({ value: 0 });
    const tokens = metrics['load.c3.tokens_per_second']?.value ?? 0;
    expect(tokens).toBeCloseTo(3 * (metrics['load.c3.requests_per_second']?.value ?? 0), 6);
  });

  test('a request that outlasts the time is waited for and counted among the times', async () => {
    let asked = 0;
    server.reply(async (response) => {
      await new Promise((resolve) => setTimeout(resolve, (asked += 1) > 3 ? 1_500 : 60));
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    });
    const [level] = await runLoad(cases, { levels: [1], durationMs: 1_000 }, plan());
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    expect(metrics['load.c1.e2e_ms.mean']?.value).toBeGreaterThan(300);
  });

  test('a server that is gone ends it long before its time, and nothing is 0', async () => {
    server.reply((response) => void response.destroy());
    const startedAt = performance.now();
    const [level] = await runLoad(cases, { levels: [2], durationMs: 60_000 }, plan());
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    expect(metrics['load.c2.tokens_per_second']?.value).toBeNull();
    expect(metrics['load.c2.e2e_ms.mean']?.value).toBeNull();
  });

  test('its end comes with the signal', async () => {
    server.reply((response) => void response.writeHead(200).end(answer));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('cancelled')), 100);
    const stopped = runLoad(
      cases,
      { levels: [2], durationMs: 60_000 },
      { ...plan(), signal: controller.signal },
    );
    await expect(stopped).rejects.toThrow('cancelled');
  });
});

test('numbers of a level: what ended in time per second, what began in it for times and errors', () => {
  const sample = (
    e2eMs: number,
    began: boolean,
    ended: boolean,
    complete = true,
  ): LoadLevel['samples'][number] => ({
    answer: {
      complete,
      outputTokens: complete ? 10 : null,
      error: complete ? null : 'no',
      timings: { ttfbMs: 1, ttftMs: complete ? 5 : null, chunksMs: [], e2eMs },
    },
    began,
    ended,
  });
  const samples = [
    sample(10, false, true),
    ...Array.from({ length: 6 }, () => sample(20, true, true)),
    sample(900, true, false),
    sample(3, true, true, false),
  ];
  expect(computeLoadMetrics([{ concurrency: 4, durationMs: 2_000, samples }])).toMatchObject({
    'load.c4.requests': { value: 8 },
    'load.c4.requests_per_second': { value: 3.5, n: 7 },
    'load.c4.tokens_per_second': { value: 35 },
    'load.c4.error_rate': { value: 1 / 8, n: 8 },
    'load.c4.e2e_ms.mean': { value: (6 * 20 + 900) / 7, n: 7 },
    'load.c4.ttft_ms.p50': { value: 5 },
    'load.c4.ttft_ms.p95': { value: null, insufficient: true },
  });
});
