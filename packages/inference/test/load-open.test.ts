/** Open loops against servers that stall, refuse or die: what they do can't hide. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../src/clients/answer.ts';
import { makeAsker, type Asker } from '../src/load/asker.ts';
import type { LoadLevel } from '../src/load/level.ts';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { readLoad, type LoadProfile } from '../src/load/profile.ts';
import { runLoad, type LoadResult } from '../src/load/run-load.ts';
import { sinceDue } from '../src/load/sample.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import { content, DONE, startHostile, type HostileServer } from './hostile-server.ts';

/** One for each test, since they run at the same time. */
const servers: HostileServer[] = [];
const serve = async (): Promise<HostileServer> => {
  const server = await startHostile();
  servers.push(server);
  return server;
};
afterAll(() => Promise.all(servers.map((server) => server.close())));

const { cases } = readSuite(
  'defaultTest: {assert: [{type: ends}]}\ntests: [{vars: {prompt: one}}]',
  's.yaml',
);
const readLines = (lines: string): LoadProfile => {
  const { profile, faults } = readLoad(lines.split('\n'));
  if (profile === undefined || faults.length > 0) throw new Error(faults.join('\n'));
  return profile;
};
const press = async (
  server: HostileServer,
  lines: string,
  signal = new AbortController().signal,
): Promise<LoadResult> => {
  const plan = {
    target: { origin: server.origin, modelName: 'm' },
    protocol: 'openai-chat' as const,
    seed: 1,
    timeoutMs: 10_000,
  };
  const candidate = await makeAsker(cases, readLines(lines), plan, { signal, warn: () => undefined });
  return runLoad(readLines(lines), { candidate }, { signal, seed: 1 });
};
const only = ({ levels }: LoadResult): LoadLevel => {
  const [level] = levels;
  if (level === undefined) throw new Error('no level');
  return level;
};
const answerAfter = (server: HostileServer, ms: () => number): void =>
  server.reply(async (response) => {
    await sleep(ms());
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(content('x') + DONE);
  });

describe('coordinated omission', () => {
  /** Everything that comes within the second after the first half second waits for its end. */
  const stallOnce = (server: HostileServer): void => {
    let begun: number | undefined;
    answerAfter(server, () => {
      const at = performance.now() - (begun ??= performance.now());
      return at > 500 && at < 1_500 ? 1_500 - at : 5;
    });
  };
  const slow = (level: LoadLevel): number =>
    level.samples.filter((sample) => (sinceDue(sample, sample.e2eMs) ?? 0) > 400).length;

  test('a server that stalls for a second: the open loop counts every user who came, the closed one only itself', async () => {
    const [server, other] = [await serve(), await serve()];
    stallOnce(server);
    stallOnce(other);
    const [open, closed] = await Promise.all([
      press(server, 'warmup: 0\nrate: 20/s for 2s').then(only),
      press(other, 'warmup: 0\nconcurrency: 1 for 2s').then(only),
    ]);
    expect(open.samples).toHaveLength(40);
    // 12 of them come in the first 600 ms of the stall, and wait for longer than 400 ms.
    expect(slow(open)).toBeGreaterThanOrEqual(11);
    const { 'load.r20.e2e_ms.p95': p95 } = computeLoadMetrics([open]);
    expect(p95).toMatchObject({ value: null, insufficient: true, needed: 59 });
    expect(Math.max(...open.samples.map(({ e2eMs }) => e2eMs))).toBeGreaterThan(900);
    expect(closed.samples.length).toBeGreaterThan(2);
    expect(slow(closed)).toBeLessThanOrEqual(2);
  });

  test('a sender that is held up counts its own delay: times are from the moment a request was due', async () => {
    const server = await serve();
    answerAfter(server, () => 1);
    const busy = setTimeout(() => {
      const until = performance.now() + 600;
      while (performance.now() < until);
    }, 500);
    const level = only(await press(server, 'warmup: 0\nrate: 20/s for 1s'));
    clearTimeout(busy);
    const late = level.samples.filter(({ lateMs }) => (lateMs ?? 0) > 100);
    expect(late.length).toBeGreaterThanOrEqual(8);
    for (const sample of late)
      expect(sinceDue(sample, sample.ttftMs)).toBeGreaterThan((sample.lateMs ?? 0) - 1);
    expect(computeLoadMetrics([level])['load.r20.schedule_error_ms.mean']?.value).toBeGreaterThan(50);
  });
});

test.concurrent('nothing is sent before it is due, in order, and all of it', async () => {
  const server = await serve();
  answerAfter(server, () => 1);
  server.bodies.length = 0;
  const level = only(await press(server, 'warmup: 500ms\nrate: 60/s poisson for 1s'));
  const numbers = level.samples.map(({ number }) => number).sort((a, b) => a - b);
  expect(new Set(numbers).size).toBe(numbers.length);
  for (const { lateMs, sentMs, began, ended } of level.samples) {
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(began ? sentMs >= 0 : ended).toBe(true);
  }
  // Each number came to the server, the warm-up's with them.
  const seen = new Set(server.bodies.map((body) => Number(/-(\d+)\) one/.exec(body)?.[1])));
  expect([...seen].sort((x, y) => x - y)).toEqual(Array.from({ length: seen.size }, (_, i) => i + 1));
  expect(numbers.at(-1)).toBe(seen.size);
  expect(numbers.length).toBeGreaterThan(30);
});

test.concurrent('beyond max-in-flight requests are dropped, and a drop is an error', async () => {
  const server = await serve();
  answerAfter(server, () => 700);
  const level = only(await press(server, 'warmup: 0\nmax-in-flight: 3\nrate: 20/s for 1s'));
  const metrics = computeLoadMetrics([level]);
  const dropped = metrics['load.r20.errors.dropped']?.value ?? 0;
  expect(level.samples).toHaveLength(20);
  expect(dropped).toBeGreaterThanOrEqual(12);
  expect(metrics['load.r20.error_rate']?.value).toBeCloseTo(dropped / 20, 6);
  expect(metrics['load.r20.e2e_ms.mean']?.n).toBe(20 - dropped);
});

test.concurrent('errors by kind', async () => {
  const server = await serve();
  server.reply((response, _, body) => {
    const kind = Number(/-(\d+)\) one/.exec(body)?.[1]) % 4;
    if (kind === 0) response.writeHead(503).end('{"error": "full"}');
    else if (kind === 1) response.writeHead(429).end('{}');
    else if (kind === 2) response.destroy();
    else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(content('x'));
  });
  const metrics = computeLoadMetrics([only(await press(server, 'warmup: 0\nrate: 16/s for 1s'))]);
  const kinds = ['http_5xx', 'http_4xx', 'connection', 'stream', 'timeout'];
  expect(kinds.map((kind) => metrics[`load.r16.errors.${kind}`]?.value)).toEqual([4, 4, 4, 4, 0]);
  expect(metrics['load.r16.tokens_per_second']?.value).toBeNull();
  expect(metrics['load.r16.ttft_ms.p50']?.value).toBeNull();
});

test.concurrent('a dead server ends an open loop early too', async () => {
  const server = await serve();
  server.reply((response) => void response.destroy());
  const level = only(await press(server, 'warmup: 0\nrate: 40/s for 60s'));
  expect(level.runs[0]?.cut).toBe('gave up');
  expect(level.durationMs).toBeLessThan(20_000);
  expect(level.samples.length).toBeGreaterThanOrEqual(80);
});

test.concurrent(
  'a sweep finds about the rate from which a server refuses, and shows the times at that rate',
  async () => {
    const server = await serve();
    let times: number[] = [];
    server.reply((response) => {
      const now = performance.now();
      times = [...times.filter((at) => at > now - 400), now];
      if (times.length > 24) response.writeHead(503).end('{}');
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).end(content('x') + DONE);
    });
    // 60 a second; arrivals in step, so that chance doesn't decide.
    const level = only(
      await press(server, 'warmup: 0\nslo: e2e_ms <= 5s for 80%\nsweep: 15/s to 240/s constant for 1s'),
    );
    const { sweep } = level;
    expect(sweep?.best).toBeGreaterThanOrEqual(30);
    expect(sweep?.best).toBeLessThanOrEqual(100);
    expect(sweep?.tries.some(({ holds }) => !holds)).toBe(true);
    expect(sweep?.stopped).toContain('searched 15/s to 240/s; ');
    // What is shown is the second run at that rate, not the lucky one.
    expect(sweep?.tries.at(-1)).toMatchObject({ rate: sweep?.best, holds: true, confirms: true });
    expect(level.samples.map(({ number }) => number)).toEqual(
      sweep?.all.at(-1)?.stage.samples.map(({ number }) => number),
    );
    const metrics = computeLoadMetrics([level]);
    expect(metrics['load.sweep.rate']?.value).toBe(sweep?.best);
    expect(metrics['load.sweep.goodput_share']?.value).toBeGreaterThanOrEqual(0.8);
  },
);

test.concurrent('a sweep whose lowest rate misses has no value', async () => {
  const server = await serve();
  server.reply((response) => void response.writeHead(503).end('{}'));
  const level = only(await press(server, 'warmup: 0\nslo: e2e_ms <= 5s for 80%\nsweep: 15/s to 60/s for 1s'));
  expect(level.sweep?.tries[0]).toMatchObject({ holds: false, endedEarly: true });
  expect(computeLoadMetrics([level])['load.sweep.rate']?.value).toBeNull();
});

test.concurrent('a comparison takes turns, and its bounds hold the true ratio', async () => {
  const order: string[] = [];
  const answer = (ms: number): Answer => ({
    status: 200,
    text: 'x',
    finishReason: 'stop',
    promptTokens: 1,
    outputTokens: 3,
    complete: true,
    error: null,
    hasErrorBody: false,
    timings: { ttfbMs: ms, ttftMs: ms, chunksMs: [ms, ms + 2, ms + 4], e2eMs: ms + 4 },
  });
  const asker = (ms: number): Asker => ({
    ask: async function* () {
      await sleep(5);
      yield answer(ms);
    },
    turns: 1,
  });
  const load: LoadProfile = {
    profiles: [{ kind: 'closed', levels: [2], durationMs: 60 }],
    slos: [],
    maxInFlight: 10,
    warmupMs: 0,
  };
  const result = await runLoad(
    load,
    { candidate: asker(30), baseline: asker(20) },
    { signal: new AbortController().signal, seed: 1, onRun: (_, side) => void order.push(side) },
  );
  const [c, b] = ['candidate', 'baseline'];
  expect(order).toEqual([c, b, b, c, c, b, b, c, c, b]);
  const metrics = computeLoadMetrics(result.levels, { baseline: result.baseline });
  expect(metrics['load.c2.vs_baseline.ttft_ms.p50']?.value).toBeCloseTo(1.5, 6);
  expect(metrics['load.c2.vs_baseline.ttft_ms.p50.high']?.value).toBeCloseTo(1.5, 6);
  expect(metrics['load.c2.vs_baseline.tpot_ms.p50']?.value).toBeCloseTo(1, 3);
  expect(metrics['load.c2.tokens_per_second_per_user']?.value).toBeCloseTo(500, 0);
});
