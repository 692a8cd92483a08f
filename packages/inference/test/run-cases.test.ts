import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import validateResults from '../src/runs/results-schema.gen.ts';
import { toResultCase, type Results } from '../src/runs/results.ts';
import { runCases, type RunPlan, type RunResult } from '../src/runs/run-cases.ts';
import { computeMetrics } from '../src/runs/metrics.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import type { Case } from '../src/suites/types.ts';
import { chunk, content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

let server: HostileServer;
beforeAll(async () => {
  server = await startHostile();
});
afterAll(() => server.close());

const cases = (text: string): Case[] => {
  const read = readSuite(text, 's.yaml');
  expect(read.findings).toEqual([]);
  return read.cases;
};
const run = (list: Case[], more: Partial<RunPlan> = {}): Promise<RunResult> =>
  runCases(list, {
    target: { origin: server.origin, modelName: 'm' },
    protocol: 'openai-chat',
    healthPath: '/health',
    concurrency: 2,
    repeats: 1,
    minPass: 1,
    seed: undefined,
    warmup: 0,
    timeoutMs: 2_000,
    signal: new AbortController().signal,
    ...more,
  });
const usage = chunk({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 4 } });
const says = (text: string, finish = 'stop'): ReturnType<typeof stream> =>
  stream(content(text), content('', finish), usage, DONE);
/** Every test has to demand something. */
const ASSERT = '    assert: [{type: ends}]\n';
const PARIS =
  'tests:\n  - vars: {prompt: The capital of France is}\n    assert: [{type: contains, value: Paris}]\n';

describe('judging', () => {
  test('passed, failed and error are three things', async () => {
    server.reply(says('Paris'));
    expect((await run(cases(PARIS))).cases[0]).toMatchObject({ status: 'passed', score: 1, reasons: [] });
    server.reply(says('Rome'));
    expect((await run(cases(PARIS))).cases[0]).toMatchObject({ status: 'failed', score: 0 });
    server.reply(stream(content('Paris')));
    const broken = (await run(cases(PARIS))).cases[0];
    expect(broken).toMatchObject({ status: 'error', reasons: ['the stream ended without [DONE]'] });
  });

  test('a functional case that is answered 400 is an error', async () => {
    server.reply((response) => {
      response.writeHead(400).end('{"error":{"message":"no"}}');
    });
    expect((await run(cases(PARIS))).cases[0]).toMatchObject({
      status: 'error',
      reasons: ['the server answered 400: no'],
    });
  });

  test('a refusal counts when the server lives afterwards', async () => {
    const bad = cases('tests:\n  - vars: {prompt: ""}\n    assert: [{type: rejected}]');
    let health = 200;
    server.reply((response, request) => {
      if (request.method === 'GET') response.writeHead(health).end('{}');
      else response.writeHead(400).end('{"error":{"message":"empty"}}');
    });
    expect((await run(bad)).cases[0]?.status).toBe('passed');
    health = 500;
    expect((await run(bad)).cases[0]?.status).toBe('failed');
    server.reply(says('fine'));
    expect((await run(bad)).cases[0]).toMatchObject({ status: 'failed' });
  });

  test('repeats: enough passes pass; errors among too few make it an error', async () => {
    let count = 0;
    server.reply((...all) => says((count += 1) % 2 === 0 ? 'Paris' : 'Rome')(...all));
    const flaky = { repeats: 4, concurrency: 1 };
    expect((await run(cases(PARIS), { ...flaky, minPass: 2 })).cases[0]).toMatchObject({
      status: 'passed',
      score: 0.5,
    });
    const failed = (await run(cases(PARIS), { ...flaky, minPass: 3 })).cases[0];
    expect(failed).toMatchObject({ status: 'failed' });
    expect(failed?.reasons[0]).toBe('2 of 4 repeats passed, 3 are needed: the case is flaky');
    server.reply((...all) => ((count += 1) % 2 === 0 ? says('Paris') : stream('data: x\n\n'))(...all));
    expect((await run(cases(PARIS), { ...flaky, minPass: 3 })).cases[0]?.status).toBe('error');
  });
});

describe('a server that is hostile, or gone', () => {
  test('a bad input that nobody answers is an error, and nothing holds over it', async () => {
    const bad = cases(
      'tests:\n  - vars: {prompt: ""}\n    threshold: 0.5\n    assert: [{type: rejected}, {type: not-contains, value: x, weight: 9}]',
    );
    server.reply((response) => void response.destroy());
    expect((await run(bad)).cases[0]).toMatchObject({ status: 'error', score: 0 });
  });

  test('after ten requests without any answer the rest is not asked, and is an error all the same', async () => {
    let asked = 0;
    server.reply((response) => {
      asked += 1;
      response.destroy();
    });
    const many = cases(`tests:\n${`  - vars: {prompt: x}\n${ASSERT}`.repeat(60)}`);
    const ran = await run(many);
    expect(asked).toBeLessThan(25);
    expect(ran.cases.map(({ status }) => status)).toEqual(Array(60).fill('error'));
    expect(ran.cases.at(-1)?.reasons[0]).toMatch(/^not asked: \d+ requests before it got no answer$/);
    expect(computeMetrics(ran)).toMatchObject({ error_rate: { value: 1 }, 'e2e_ms.mean': { value: null } });
  });

  test('of an answer of 10 MB all is judged, and the beginning is kept', async () => {
    server.reply(says(`${'x'.repeat(10_000_000)} Paris`));
    const [result] = (await run(cases(PARIS))).cases;
    expect(result?.status).toBe('passed');
    expect(result?.attempts[0]?.answer.text.length).toBe(20_001);
  });
});

describe('asking', () => {
  test('what the suite says is what is sent, and the body has the last word', async () => {
    server.reply(says('x'));
    server.bodies.length = 0;
    const text = `
tests:
  - vars: {prompt: hi}
    options: {system: be kind, max_tokens: 7, temperature: 0, stop: [x], body: {top_k: 1, seed: 9}}
${ASSERT}  - vars: {prompt: '[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]'}
${ASSERT}  - vars: {prompt: hi}
    options: {protocol: openai-completions, seed: 2}
${ASSERT}`;
    await run(cases(text), { concurrency: 1, seed: 5 });
    const bodies = server.bodies.map((body) => JSON.parse(body) as unknown);
    const common = { model: 'm', stream: true, stream_options: { include_usage: true } };
    expect(bodies).toEqual([
      {
        ...common,
        messages: [
          { role: 'system', content: 'be kind' },
          { role: 'user', content: 'hi' },
        ],
        max_tokens: 7,
        temperature: 0,
        stop: ['x'],
        top_k: 1,
        seed: 9,
      },
      {
        ...common,
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
        seed: 5,
      },
      { ...common, prompt: 'hi', seed: 2 },
    ]);
  });

  test('warm-up is asked and not counted; no more at once than told', async () => {
    let open = 0;
    let most = 0;
    server.reply(async (...all) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setTimeout(resolve, 40));
      open -= 1;
      await says('Paris')(...all);
    });
    server.bodies.length = 0;
    const many = cases(`tests:\n${`  - vars: {prompt: x}\n${ASSERT}`.repeat(12)}`);
    const result = await run(many, { warmup: 3, concurrency: 3 });
    expect(server.bodies.length).toBe(15);
    expect(result.cases.length).toBe(12);
    expect(most).toBe(3);
  });

  test('an abort ends the run at once; what was asked until then is judged, the rest is skipped', async () => {
    let asked = 0;
    const abort = new AbortController();
    server.reply((response, request, body) => {
      if ((asked += 1) <= 4) return stream(content('Paris'), DONE)(response, request, body);
      // Cancelled while it is read, and in the middle of the second round.
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: ${JSON.stringify(content('Par'))}\n\n`, () =>
        abort.abort(new Error('cancelled')),
      );
    });
    const three = cases(
      `tests:\n${`  - vars: {prompt: x}\n    assert: [{type: contains, value: Paris}]\n`.repeat(3)}`,
    );
    const plan = { repeats: 2, concurrency: 1, minPass: 2, signal: abort.signal };
    const ran = await run(three, plan);
    expect(ran.partial).toBe(true);
    expect(ran.cases.map(({ status, attempts }) => [status, attempts.length])).toEqual([
      ['passed', 2],
      ['skipped', 1],
      ['skipped', 1],
    ]);
    expect(ran.cases[1]?.reasons).toEqual([
      'not asked to its end: the step was cancelled after 1 of 2 repeats, 1 passed',
    ]);
  });
});

describe('numbers', () => {
  test('counts, shares and times; what is not measured is null', async () => {
    server.reply((response, request, body) =>
      body.includes('loop')
        ? says('again and again '.repeat(9), 'length')(response, request, body)
        : says('Paris')(response, request, body),
    );
    const metrics = computeMetrics(
      await run(cases(`${PARIS}  - vars: {prompt: loop}\n    assert: [{type: ends}]\n`)),
    );
    expect(metrics).toMatchObject({
      'tests.passed': { value: 1, n: 2 },
      'tests.failed': { value: 1 },
      'tests.errors': { value: 0 },
      accuracy: { value: 0.5, n: 2 },
      loop_rate: { value: 0.5, n: 2 },
      empty_rate: { value: 0 },
      'bad_input.rejected_rate': { value: null, n: 0 },
      'ttft_ms.p50': { value: null, insufficient: true, needed: 5 },
      'ttft_ms.p95': { value: null, insufficient: true, needed: 59 },
      'ttft_ms.p99': { value: null, insufficient: true, needed: 299 },
    });
    expect(metrics['ttft_ms.mean']?.value).toBeGreaterThan(0);
    expect(metrics['tokens_per_second']?.value).toBeGreaterThan(0);
    expect(metrics['accuracy']?.low).toBeLessThan(0.5);
  });

  test('all failed: no time is 0, there is none', async () => {
    server.reply((response) => void response.writeHead(500).end());
    const metrics = computeMetrics(await run(cases(PARIS)));
    expect(metrics).toMatchObject({ error_rate: { value: 1 }, accuracy: { value: 0 } });
    for (const name of ['ttft_ms.mean', 'e2e_ms.mean', 'tokens_per_second', 'empty_rate', 'loop_rate']) {
      expect(metrics[name]?.value).toBeNull();
    }
  });

  test('tokens are never guessed: without usage there is no rate', async () => {
    server.reply(stream(content('Paris', 'stop'), DONE));
    expect(computeMetrics(await run(cases(PARIS)))['tokens_per_second']).toMatchObject({ value: null });
  });
});

describe('results', () => {
  const describeRun = (ran: RunResult, texts: 'all' | 'failures' | 'none'): Results => ({
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    suite: ['s.yaml'],
    createdAt: '2026-01-01T00:00:00Z',
    engine: 'x@1',
    modelName: 'm',
    seed: null,
    percentileMethod: 'linear',
    cases: ran.cases.map((result) => toResultCase(result, texts)),
    metrics: computeMetrics(ran),
  });

  test('they fit their schema, and texts are withheld as told', async () => {
    server.reply((response, request, body) =>
      says(body.includes('two') ? 'secret' : 'Paris')(response, request, body),
    );
    const two = `${PARIS}  - vars: {prompt: two}\n    assert: [{type: contains, value: secret recipe}]\n`;
    const ran = await run(cases(two));
    const texts = (policy: 'all' | 'failures' | 'none'): unknown[] => {
      const results = JSON.parse(JSON.stringify(describeRun(ran, policy))) as Results;
      expect(validateResults(results) ? [] : validateResults.errors).toEqual([]);
      return results.cases.map(({ prompt, answer }) => [prompt, answer]);
    };
    expect(texts('all')).toEqual([
      ['The capital of France is', 'Paris'],
      ['two', 'secret'],
    ]);
    expect(texts('failures')).toEqual([
      [null, null],
      ['two', 'secret'],
    ]);
    expect(texts('none')).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(JSON.stringify(describeRun(ran, 'none'))).not.toContain('secret');
  });
});
