/** Conversations under load. */
import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeAsker } from '../src/load/asker.ts';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { readLoad } from '../src/load/profile.ts';
import { runLoad } from '../src/load/run-load.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import { content, DONE, startHostile } from './hostile-server.ts';

test('conversations: each turn carries the real answers before it, is due at once, and is measured for itself', async () => {
  const server = await startHostile();
  server.reply(async (response, _request, body) => {
    const { messages } = JSON.parse(body) as { messages: unknown[] };
    // The second turn takes longer.
    await sleep(messages.length > 1 ? 60 : 10);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(content(`said ${messages.length}`) + DONE);
  });
  const talks = readSuite(
    'defaultTest: {assert: [{type: ends}]}\ntests: [{vars: {prompt: one}, turns: [{prompt: two}, {prompt: three}]}]',
    's.yaml',
  );
  expect(talks.findings).toEqual([]);
  const { profile: load } = readLoad(['warmup: 0', 'rate: 10/s for 1s']);
  if (load === undefined) throw new Error('no load');
  const plan = {
    target: { origin: server.origin, modelName: 'm' },
    protocol: 'openai-chat' as const,
    seed: 1,
    timeoutMs: 5_000,
  };
  const { signal } = new AbortController();
  const candidate = await makeAsker(talks.cases, load, plan, { signal, warn: () => undefined });
  const level = (await runLoad(load, { candidate }, { signal, seed: 1 })).levels[0];
  await server.close();
  if (level === undefined) throw new Error('no level');
  const third = server.bodies
    .map((body) => JSON.parse(body) as { messages: { role: string; content: string }[] })
    .find(({ messages }) => messages.length === 5);
  expect(third?.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant', 'user']);
  expect(third?.messages.slice(1).map((message) => message.content)).toEqual([
    'said 1',
    'two',
    'said 3',
    'three',
  ]);
  const metrics = computeLoadMetrics([level]);
  const of = (name: string): number => metrics[`load.r10.${name}`]?.value ?? NaN;
  expect(of('turn1.requests')).toBe(10);
  expect(of('turn2.requests')).toBeGreaterThanOrEqual(1);
  // As long as the server took at least.
  expect(of('turn2.ttft_ms.mean')).toBeGreaterThan(55);
  expect(of('requests')).toBe(of('turn1.requests') + of('turn2.requests') + of('turn3.requests'));
  // None begins after the end of the measured time.
  expect(Math.max(...level.samples.map(({ sentMs }) => sentMs))).toBeLessThanOrEqual(1_050);
});
