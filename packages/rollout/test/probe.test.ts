/** The suite asked of both versions, of real servers on loopback. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { RequestSample } from '@sluice/host/types';
import type { Case } from '@sluice/inference/suites/types';
import { judge as judgeRules } from '../src/analysis.ts';
import { compareBy, type Compare } from '../src/compare-answers.ts';
import { Evidence } from '../src/evidence.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { Probe } from '../src/probe.ts';
import { mulberry32 } from './sim-host.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

const question = (prompt: string, kind: Case['kind'] = 'functional'): Case => ({
  ...{ id: prompt, description: prompt, suite: 's', tags: [], kind, prompt, options: {} },
  ...{ assert: [], threshold: undefined },
});

async function serve(
  answer: (prompt: string, response: ServerResponse) => void,
): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const prompt = messages.at(-1)?.content ?? '';
      asked.push(prompt);
      answer(prompt, response);
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, asked };
}

function stream(response: ServerResponse, pieces: readonly string[], end = true): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const content of pieces)
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`);
  const stop = {
    choices: [{ delta: {}, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: pieces.length },
  };
  if (end) response.end(`data: ${JSON.stringify(stop)}\n\ndata: [DONE]\n\n`);
  else response.write(': still here\n\n', () => response.destroy());
}

async function probe(
  ports: Record<string, number | undefined>,
  cases: Case[],
  wanted: number,
  withinMs = 8_000,
  compare?: Compare,
): Promise<RequestSample[]> {
  const prober = new Probe({
    cases,
    ...{ protocol: 'openai-chat', timeoutMs: 2_000, pauseMs: 1, random: mulberry32(3) },
    modelNameOf: () => 'm',
    signal: new AbortController().signal,
    ...(compare === undefined ? {} : { compare }),
    askerOf: (version) => {
      const port = ports[version];
      return Promise.resolve(
        port === undefined ? undefined : (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
      );
    },
  });
  const samples: RequestSample[] = [];
  const until = Date.now() + withinMs;
  while (samples.length < wanted && Date.now() < until) {
    samples.push(...prober.take('v2', 'v1'));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await prober.stop();
  return samples;
}

describe('a probe', () => {
  test('asks both versions the same questions in mixed order, and what it saw decides', async () => {
    const good = await serve((_, response) => stream(response, ['Paris', ' is', ' it.']));
    const bad = await serve((prompt, response) => {
      if (prompt === 'b') stream(response, ['cut'], false);
      else if (prompt === 'c') stream(response, []);
      else stream(response, ['I am fine.']);
    });
    const cases = [question('a'), question('b'), question('c'), question('x', 'bad-input')];
    const samples = await probe({ v1: good.port, v2: bad.port }, cases, 90);
    expect(samples.length).toBeGreaterThanOrEqual(90);
    const [mine, theirs] = ['v2', 'v1'].map((version) => samples.filter((one) => one.version === version));
    expect(mine).toHaveLength(theirs?.length ?? 0);
    expect(new Set(good.asked)).toEqual(new Set(['a', 'b', 'c']));
    const rounds = Array.from({ length: 6 }, (_, i) => good.asked.slice(i * 3, i * 3 + 3).join(''));
    expect(new Set(rounds).size).toBeGreaterThan(1);
    expect(theirs?.[0]).toMatchObject({
      status: 200,
      complete: true,
      answer: 'ok',
      outputTokens: 3,
      probe: false,
    });
    expect(mine?.filter(({ complete }) => !complete)[0]).toMatchObject({ status: 200, answer: null });

    const { rules } = parseLiveRules('error_rate no-worse-than stable\nempty_rate no-worse-than stable', {
      input: 'analysis',
      stable: true,
    });
    const evidence = new Evidence();
    evidence.add(samples);
    const verdict = judgeRules(rules, evidence.arm('v2'), evidence.arm('v1'), {
      confidence: 0.95,
      minSamples: 20,
    });
    expect(verdict.rules.map(({ status }) => status)).toEqual(['fail', 'fail']);
  });

  test('counts a dead server as failing, and one that has no address yet not at all', async () => {
    const good = await serve((_, response) => stream(response, ['fine']));
    const dead = await serve(() => undefined);
    servers.at(-1)?.close();
    const samples = await probe({ v1: good.port, v2: dead.port }, [question('a')], 10);
    expect(samples.find(({ version }) => version === 'v2')).toMatchObject({
      status: 0,
      complete: false,
      answer: null,
    });
    expect(await probe({ v1: good.port, v2: undefined }, [question('a')], 1, 60)).toEqual([]);
  });

  test('answers to one question are compared by words and by a judge, who must not go by their order', async () => {
    const stable = await serve((_, response) => stream(response, ['Paris is the capital']));
    const fresh = await serve((prompt, response) =>
      stream(response, [prompt === 'same' ? 'Paris is the capital' : 'Paris is the great capital']),
    );
    let asked = 0;
    const judge = await serve((prompt, response) => {
      asked += 1;
      // A judge who likes greatness, and one who always likes the first.
      const likes = prompt.includes('[order]')
        ? 'A'
        : prompt.indexOf('is the great') < prompt.indexOf('is the capital')
          ? 'A'
          : 'B';
      const message = { content: JSON.stringify({ reason: 'so', winner: likes }) };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ choices: [{ message }] }));
    });
    const warnings: string[] = [];
    const compare = compareBy(
      { origin: `http://127.0.0.1:${judge.port}`, modelName: 'judge' },
      { timeoutMs: 2_000, signal: new AbortController().signal, warn: (text) => warnings.push(text) },
    );
    const cases = [question('same'), question('nice?'), question('[order]')];
    const samples = await probe({ v1: stable.port, v2: fresh.port }, cases, 6, 8_000, compare);
    const compared = samples.filter(({ version }) => version === 'v2').map((one) => one.compared);
    expect(warnings).toEqual([]);
    expect(compared).toEqual(
      expect.arrayContaining([
        { similarity: 1, win: 0.5 },
        { similarity: 8 / 9, win: 1 },
        { similarity: 8 / 9, win: 0.5 },
      ]),
    );
    expect(samples.filter(({ version }) => version === 'v1').every((one) => one.compared === undefined)).toBe(
      true,
    );
    // Equal answers need no judge.
    expect(asked % 2).toBe(0);
    const { rules } = parseLiveRules('answer_similarity >= 99%', { input: 'analysis', stable: true });
    const evidence = new Evidence();
    for (let i = 0; i < 40; i += 1)
      evidence.add(samples.map((one) => ({ ...one, compared: { similarity: 0.8 + (i % 5) / 100 } })));
    const verdict = judgeRules(rules, evidence.arm('v2'), null, { confidence: 0.95, minSamples: 20 });
    expect(verdict.rules.map(({ status, canary }) => [status, canary?.n])).toEqual([['fail', 120]]);
    const faulty = parseLiveRules('answer_similarity no-worse-than stable', {
      input: 'analysis',
      stable: true,
    });
    expect(faulty.faults.join()).toMatch(/answer_similarity compares both versions by itself: give it a bar/);
  });
});
