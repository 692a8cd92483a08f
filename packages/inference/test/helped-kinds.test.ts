/** Kinds that an address decides, or a judge over a conversation or over what code takes out of an answer. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAides } from '../src/assertions/aides.ts';
import { decide } from '../src/assertions/decide.ts';
import { findAssertionFault } from '../src/assertions/faults.ts';
import type { Aides, Observation } from '../src/assertions/kinds.ts';
import { runCases } from '../src/runs/run-cases.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import type { Assertion } from '../src/suites/types.ts';
import { startHostile, type HostileServer } from './hostile-server.ts';

let server: HostileServer;
let aides: Aides;
const folder = mkdtempSync(join(tmpdir(), 'sluice-helped-'));
const signal = new AbortController().signal;
beforeAll(async () => {
  server = await startHostile();
  const target = { origin: server.origin, modelName: 'm' };
  aides = makeAides({ target, judge: target, timeoutMs: 2_000, signal });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const seen = (text: string, more: Partial<Observation> = {}): Observation => {
  const timings = { ttfbMs: 1, ttftMs: 2, chunksMs: [2], e2eMs: 100 };
  const told = { status: 200, finishReason: 'stop', promptTokens: 1, outputTokens: 1, complete: true };
  const answer = { ...told, text, error: null, hasErrorBody: false, timings };
  return { answer, aliveAfterwards: null, prompt: 'Where is Paris?', vars: {}, aides, ...more };
};
const say = (response: ServerResponse, value: unknown): void =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const both = async (assertion: Assertion, where: Observation): Promise<boolean[]> => [
  (await decide(assertion, where)).passed,
  (await decide({ ...assertion, type: `not-${assertion.type}` }, where)).passed,
];

test('dot product and distance; a list is like the one it is like', async () => {
  const vectors: Record<string, number[]> = { y: [1, 2], near: [1, 1], far: [-3, 0] };
  server.reply((response, _request, body) => {
    const { input } = JSON.parse(body) as { input: string[] };
    say(response, { data: input.map((text, index) => ({ index, embedding: vectors[text] })) });
  });
  const dot = { type: 'similar:dot', value: ['far', 'near'], threshold: 3 };
  expect(await both(dot, seen('y'))).toEqual([true, false]);
  expect(await both({ ...dot, threshold: 3.1 }, seen('y'))).toEqual([false, true]);
  const euclidean = { type: 'similar:euclidean', value: ['far', 'near'], threshold: 1 };
  expect(await decide(euclidean, seen('y'))).toMatchObject({ passed: true, score: 0.5 });
  expect(await both({ ...euclidean, value: 'far' }, seen('y'))).toEqual([false, true]);
  vectors['near'] = [1];
  expect(await both({ ...euclidean, value: 'near' }, seen('y'))).toEqual([false, false]);
});

test('moderation: by category; what is not told is not passed', async () => {
  const moderation = { type: 'moderation', endpoint: `${server.origin}/v1/moderations` };
  const results = (value: unknown): void => server.reply((response) => say(response, { results: value }));
  results([{ flagged: true, categories: { hate: true, violence: false } }]);
  expect(await both(moderation, seen('y'))).toEqual([false, true]);
  expect(await both({ ...moderation, value: ['violence'] }, seen('y'))).toEqual([true, false]);
  expect(await both({ ...moderation, value: ['violense'] }, seen('y'))).toEqual([false, false]);
  for (const broken of [
    [],
    [{ flagged: true, categories: {} }],
    [{ categories: { hate: false } }],
    undefined,
  ]) {
    results(broken);
    expect(await both(moderation, seen('y'))).toEqual([false, false]);
  }
  expect(await both(moderation, seen(' '))).toEqual([true, false]);
  expect(findAssertionFault({ ...moderation, value: [] })?.key).toBe('value');
  expect(findAssertionFault({ type: 'moderation' })?.key).toBe('endpoint');
});

test('a webhook gets answer and question, and has to say yes or no', async () => {
  const webhook = { type: 'webhook', value: `${server.origin}/check` };
  server.reply((response) => say(response, { pass: true, score: 0.4 }));
  expect(await decide(webhook, seen('y', { vars: { a: 1 } }))).toMatchObject({ passed: true, score: 0.4 });
  expect(JSON.parse(server.bodies.at(-1) ?? '')).toEqual({
    output: 'y',
    context: { prompt: 'Where is Paris?', vars: { a: 1 } },
  });
  for (const broken of [{ pass: 'yes' }, { score: 1 }, { pass: true, score: 5 }, []]) {
    server.reply((response) => say(response, broken));
    expect(await both(webhook, seen('y'))).toEqual([false, false]);
  }
  expect(findAssertionFault({ type: 'webhook', value: 'nowhere' })?.key).toBe('value');
});

test("a conversation is judged window by window, over a case's own turns", async () => {
  const asked: string[] = [];
  server.reply((response, request, body) => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const last = messages.at(-1)?.content ?? '';
    const isJudge = last.includes('data to judge');
    if (isJudge) asked.push(last);
    const content = isJudge
      ? JSON.stringify({ relevant: !last.trimEnd().includes('"answer to two"\nIs the last'), reason: 'r' })
      : `answer to ${last}`;
    say(response, { choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }] });
  });
  const suite = `
tests:
  - vars: {prompt: one}
    options: {protocol: openai-chat}
    assert: [{type: ends}]
    turns:
      - prompt: two
      - prompt: three
        assert: [{type: conversation-relevance, threshold: THRESHOLD, config: {windowSize: 2}}]
`;
  const run = async (threshold: string): Promise<string | undefined> => {
    const { cases } = readSuite(suite.replace('THRESHOLD', threshold), 's.yaml');
    const target = { origin: server.origin, modelName: 'm' };
    const limits = { concurrency: 1, repeats: 1, minPass: 1, warmup: 0, timeoutMs: 2_000 };
    const plan = {
      target,
      protocol: 'openai-chat',
      healthPath: '/',
      seed: undefined,
      signal,
      aides,
    } as const;
    return (await runCases(cases, { ...plan, ...limits })).cases[0]?.status;
  };
  expect([await run('0.6'), await run('0.7')]).toEqual(['passed', 'failed']);
  expect(asked).toHaveLength(6);
  expect(asked[2]).toMatch(
    /User: "two"\nAssistant: "answer to two"\nUser: "three"\nAssistant: "answer to three"/,
  );
  expect(asked[2]).not.toContain('"one"');
});

test('what was said before may stand in _conversation: one test, and the answer is judged too', async () => {
  const asked: string[] = [];
  server.reply((response, _request, body) => {
    asked.push(body);
    say(response, { choices: [{ message: { content: '{"relevant": true}' } }] });
  });
  const suite =
    'tests:\n  - vars: {prompt: x, _conversation: [{input: a, output: b}, {input: c, output: d}]}\n    assert: [{type: conversation-relevance}]\n';
  const { cases } = readSuite(suite, 's.yaml');
  expect(cases).toHaveLength(1);
  const vars = cases[0]?.vars ?? {};
  expect((await decide({ type: 'conversation-relevance' }, seen('y', { vars }))).passed).toBe(true);
  expect(asked).toHaveLength(3);
  const broken = seen('y', { vars: { _conversation: [{ input: 'a' }] } });
  expect(await both({ type: 'conversation-relevance' }, broken)).toEqual([false, false]);
});

test('the context comes out of the answer, by code or by a file of code', async () => {
  server.reply((response) => say(response, { choices: [{ message: { content: '{"supported": [true]}' } }] }));
  const recall = { type: 'context-recall', value: 'It is large.' };
  const answer = seen('{"docs": ["Paris is large."]}', { vars: { context: 'none' } });
  expect((await decide({ ...recall, contextTransform: 'JSON.parse(output).docs' }, answer)).passed).toBe(
    true,
  );
  expect(server.bodies.at(-1)).toContain('Paris is large.');
  for (const contextTransform of ['JSON.parse(output).nothing', '7', 'output.'])
    expect(await both({ ...recall, contextTransform }, answer)).toEqual([false, false]);
  writeFileSync(join(folder, 'take.cjs'), 'module.exports.docs = (output) => JSON.parse(output).docs;');
  const suite =
    'tests:\n  - vars: {prompt: x, query: q}\n    assert:\n      - {type: context-relevance, contextTransform: "file://take.cjs:docs"}\n';
  const { cases, findings } = readSuite(suite, join(folder, 's.yaml'), folder);
  expect(findings).toEqual([]);
  const [assertion] = cases[0]?.assert ?? [];
  server.reply((response) => say(response, { choices: [{ message: { content: '{"needed": [1]}' } }] }));
  if (assertion === undefined) throw new Error('no assertion');
  expect((await decide(assertion, { ...answer, vars: cases[0]?.vars ?? {} })).passed).toBe(true);
  expect(findAssertionFault({ type: 'equals', value: 'x', contextTransform: 'output' })?.key).toBe(
    'contextTransform',
  );
});

test("transforms: the test's first, then the assertion's; what a report shows is what the model said", async () => {
  server.reply((response) =>
    say(response, { choices: [{ message: { content: ' {"city": "Paris", "n": 2} ' } }] }),
  );
  writeFileSync(join(folder, 'n.cjs'), 'module.exports = (output) => output.n + 1;');
  const suite = (assertion: string, transform = 'JSON.parse(output)'): string =>
    `defaultTest: {options: {protocol: openai-chat, transform: '${transform}'}}\ntests: [{vars: {prompt: x}, assert: [${assertion}]}]`;
  const run = async (text: string): Promise<(string | undefined)[]> => {
    const { cases, findings } = readSuite(text, join(folder, 's.yaml'), folder);
    if (findings.length > 0) return findings.map(({ message }) => message);
    const target = { origin: server.origin, modelName: 'm' };
    const limits = { concurrency: 1, repeats: 1, minPass: 1, warmup: 0, timeoutMs: 2_000 };
    const plan = {
      target,
      protocol: 'openai-chat',
      healthPath: '/',
      seed: undefined,
      signal,
      aides,
    } as const;
    const [one] = (await runCases(cases, { ...plan, ...limits })).cases;
    return [one?.status, one?.attempts[0]?.answer.text, ...(one?.reasons ?? [])];
  };
  const said = ' {"city": "Paris", "n": 2} ';
  expect(await run(suite('{type: equals, value: {n: 2, city: Paris}}'))).toEqual(['passed', said]);
  expect(await run(suite("{type: javascript, value: 'output.n === 2'}"))).toEqual(['passed', said]);
  const city = "transform: 'output.city'";
  expect(await run(suite(`{type: equals, value: Paris, ${city}}`))).toEqual(['passed', said]);
  const next = '{type: equals, value: "3", transform: "file://n.cjs"}';
  expect((await run(suite(next)))[0]).toBe('passed');
  expect((await run(suite(next, 'output')))[0]).toBe('failed');
  expect(await run(suite('{type: not-equals, value: x}', 'JSON.parse(nothing)'))).toEqual([
    'failed',
    said,
    expect.stringContaining('expected that `transform` takes the answer'),
  ]);
  expect((await run(suite(`{type: not-equals, value: x, transform: 'output.none'}`)))[0]).toBe('failed');
  expect(await run(suite(`{type: assert-set, assert: [{type: ends}], ${city}}`))).toEqual([
    "'assert-set' takes no transform; give it to its assertions",
  ]);
  const rivals =
    "prompts: ['{{a}}', '{{a}}b']\n" + suite('{type: ends}, {type: max-score}').replace('prompt: x', 'a: x');
  expect(await run(rivals)).toEqual(['answers that are compared with one another take no transform']);
});
