import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeAsker } from '../src/load/asker.ts';
import type { LoadLevel } from '../src/load/level.ts';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { readLoad, type LoadProfile } from '../src/load/profile.ts';
import { runLoad } from '../src/load/run-load.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import { startHostile, type HostileServer } from './hostile-server.ts';

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
  const load = (line: string): LoadProfile => {
    const { profile, faults } = readLoad(line.split('\n'));
    expect(faults).toEqual([]);
    return profile ?? { profiles: [], slos: [], maxInFlight: 1 };
  };
  const press = async (
    line: string,
    signal = new AbortController().signal,
  ): Promise<LoadLevel | undefined> => {
    const plan = {
      target: { origin: server.origin, modelName: 'm' },
      protocol: 'openai-completions' as const,
      seed: undefined,
      timeoutMs: 5_000,
    };
    const asker = await makeAsker(cases, load(line), plan, { signal, warn: () => undefined });
    return (await runLoad(load(line), { candidate: asker }, { signal, seed: 1 })).levels[0];
  };
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
    const level = await press('warmup: 600ms\nconcurrency: 3 for 1s');
    expect(most).toBe(3);
    const prompts = server.bodies.map((body) => (JSON.parse(body) as { prompt: string }).prompt);
    expect(new Set(prompts).size).toBe(prompts.length);
    expect(prompts[0]).toMatch(/^\([0-9a-f]{8}-1\) one$/);
    expect(prompts[1]).toMatch(/^\([0-9a-f]{8}-2\) two$/);
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
    const level = await press('concurrency: 1 for 1s');
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    expect(metrics['load.c1.e2e_ms.mean']?.value).toBeGreaterThan(300);
  });

  test('a server that is gone ends it long before its time, and nothing is 0', async () => {
    server.reply((response) => void response.destroy());
    const startedAt = performance.now();
    const level = await press('concurrency: 2 for 60s');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    expect(metrics['load.c2.tokens_per_second']?.value).toBeNull();
    expect(metrics['load.c2.e2e_ms.mean']?.value).toBeNull();
  });

  test('cancelled, it gives what there is and says so', async () => {
    server.reply((response) => void response.writeHead(200).end(answer));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('cancelled')), 300);
    const level = await press('warmup: 0\nconcurrency: 2 for 60s', controller.signal);
    expect(level?.partial).toBe(true);
    expect(level?.samples.length).toBeGreaterThan(0);
    expect(level?.samples.every(({ complete }) => complete)).toBe(true);
    expect(level?.durationMs).toBeLessThan(5_000);
  });

  test('prompts have the tokens that were asked for, by the count of the server itself', async () => {
    const counted: number[] = [];
    const lengths = new Set<number>();
    server.reply((response, _, body) => {
      const { prompt, max_tokens } = JSON.parse(body) as { prompt: string; max_tokens?: number };
      // What the test before this one left on the way has none.
      if (max_tokens === undefined) return void response.end();
      // A template of 11 tokens, and three for a word.
      const tokens = 11 + 3 * prompt.split(' ').length;
      lengths.add(max_tokens);
      if (max_tokens !== 1) counted.push(tokens);
      const usage = { prompt_tokens: tokens, completion_tokens: 1 };
      response.end(JSON.stringify({ choices: [{ text: 'x', finish_reason: 'stop' }], usage }));
    });
    const level = await press('warmup: 0\nprompt-tokens: 200\noutput-tokens: 3 to 5\nconcurrency: 2 for 1s');
    expect(counted.length).toBeGreaterThan(10);
    // Words are whole.
    expect(Math.min(...counted)).toBeGreaterThanOrEqual(197);
    expect(Math.max(...counted)).toBeLessThanOrEqual(203);
    expect([...lengths].sort()).toEqual([1, 3, 4, 5]);
    const metrics = computeLoadMetrics(level === undefined ? [] : [level]);
    expect(metrics['load.c2.prompt_tokens.mean']?.value).toBeGreaterThan(195);
  });
});
