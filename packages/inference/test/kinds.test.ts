import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { makeAides } from '../src/assertions/aides.ts';
import { decide } from '../src/assertions/decide.ts';
import { findAssertionFault } from '../src/assertions/faults.ts';
import { compileSchemas } from '../src/assertions/json-schemas.ts';
import type { Aides, Observation } from '../src/assertions/kinds.ts';
import { KIND_NAMES } from '../src/assertions/registry.ts';
import type { Answer } from '../src/clients/answer.ts';
import type { Assertion } from '../src/suites/types.ts';
import { chunk, content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

function seen(text: string, more: Partial<Answer> = {}, rest: Partial<Observation> = {}): Observation {
  const answer: Answer = {
    status: 200,
    text,
    finishReason: 'stop',
    promptTokens: 1,
    outputTokens: 1,
    complete: true,
    error: null,
    hasErrorBody: false,
    timings: { ttfbMs: 1, ttftMs: 2, chunksMs: [2], e2eMs: 100 },
    ...more,
  };
  return { answer, aliveAfterwards: null, ...rest };
}

const passes = async (assertion: Assertion, where: Observation): Promise<boolean> =>
  (await decide(assertion, where)).passed;

test('the schema names every kind, and no other', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/suite.schema.json'), 'utf8')) as {
    $defs: { assertion: { properties: { type: { enum: string[] } } } };
  };
  const negated = KIND_NAMES.filter((name) => name !== 'assert-set').map((name) => `not-${name}`);
  expect(schema.$defs.assertion.properties.type.enum.toSorted()).toEqual(
    [...KIND_NAMES, ...negated].toSorted(),
  );
});

test('the documentation has every kind', () => {
  const page = readFileSync(join(ROOT, 'docs/assertions.md'), 'utf8');
  expect(KIND_NAMES.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

describe('XML', () => {
  test.each([
    ['<a><b/></a>', true],
    ['<?xml version="1.0"?>\n<a x="1" y=\'2\'>t &amp; u<!-- c --><![CDATA[<]]></a>', true],
    ['<a><b></a></b>', false],
    ['<a x="1" x="2"/>', false],
    ['<a x=1/>', false],
    ['<a>&nbsp;</a>', false],
    ['<a/><b/>', false],
    ['text', false],
    ['<a>', false],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', false],
  ])('%j: %s', async (text, expected) => {
    expect(await passes({ type: 'is-xml' }, seen(text))).toBe(expected);
  });

  test('required elements, also in a piece of other text', async () => {
    const text = 'Well: <r><i>1</i><i><k/></i></r> <r><other/></r>';
    expect(await passes({ type: 'contains-xml', value: 'r.i, r.i.k' }, seen(text))).toBe(true);
    expect(await passes({ type: 'contains-xml', value: { requiredElements: ['r.other'] } }, seen(text))).toBe(
      true,
    );
    expect(await passes({ type: 'contains-xml', value: 'r.i.1.k' }, seen(text))).toBe(true);
    expect(await passes({ type: 'contains-xml', value: 'r.i.0.k' }, seen(text))).toBe(false);
  });
});

describe('what the server tells', () => {
  test('perplexity is exp of the mean, and nothing without logprobs, negated or not', async () => {
    const known = seen('a', { logprobs: [Math.log(0.5), Math.log(0.125)] });
    expect(await passes({ type: 'perplexity', threshold: 4.0001 }, known)).toBe(true);
    expect(await passes({ type: 'perplexity', threshold: 3.9999 }, known)).toBe(false);
    expect(await decide({ type: 'perplexity-score', threshold: 0.1 }, known)).toMatchObject({
      passed: true,
      score: 0.2,
    });
    for (const type of ['perplexity', 'not-perplexity'])
      expect(await passes({ type, threshold: 5 }, seen('a'))).toBe(false);
  });

  test('cost by the price of the machine', async () => {
    const priced = seen('a', {}, { aides: { pricePerSecond: 1 } });
    expect(await passes({ type: 'cost', threshold: 0.1 }, priced)).toBe(true);
    expect(await passes({ type: 'cost', threshold: 0.09 }, priced)).toBe(false);
    expect(await passes({ type: 'not-cost', threshold: 0.1 }, seen('a'))).toBe(false);
  });

  test('status and error body', async () => {
    const refused = seen('', { status: 422, hasErrorBody: true });
    expect(await passes({ type: 'status', value: 422 }, refused)).toBe(true);
    expect(await passes({ type: 'status', value: 400 }, refused)).toBe(false);
    expect(await passes({ type: 'error-body' }, refused)).toBe(true);
    expect(await passes({ type: 'error-body' }, seen(''))).toBe(false);
  });
});

describe('tool calls', () => {
  const parameters = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } };
  const request = { tools: [{ type: 'function', function: { name: 'weather', parameters } }] };
  const call = (name: string, given: string): Observation =>
    seen('', { toolCalls: [{ name, arguments: given }] }, { request });
  test.each([
    ['fits', call('weather', '{"city": "Paris"}'), true],
    ['does not fit', call('weather', '{"city": 1}'), false],
    ['no JSON', call('weather', '{city'), false],
    ['not offered', call('rain', '{"city": "Paris"}'), false],
    ['no call', seen('text', {}, { request }), false],
    ['nothing offered', seen('', { toolCalls: [{ name: 'weather', arguments: '{}' }] }), false],
  ])('%s', async (_name, where, expected) => {
    expect(await passes({ type: 'is-valid-openai-tools-call' }, where)).toBe(expected);
  });

  test('F1 of the names', async () => {
    const two = { type: 'tool-call-f1', value: 'weather, time', threshold: 0.6 };
    expect(await decide(two, call('weather', '{}'))).toMatchObject({ passed: true, score: 2 / 3 });
    expect(await passes({ ...two, threshold: 0.7 }, call('weather', '{}'))).toBe(false);
    expect(await passes(two, seen('x'))).toBe(false);
  });
});

describe('scripts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'scripts-'));
  const js = join(folder, 'check.mjs');
  writeFileSync(
    js,
    'export default (output, {vars}) => output === vars.want;\nexport const env = () => ({pass: !process.env.SLUICE_SECRET, score: 1, reason: ""});\nexport const noisy = () => { console.log("\\u0001 {\\"pass\\": true}"); return false; };',
  );
  const py = join(folder, 'check.py');
  writeFileSync(
    py,
    'def get_assert(output, context):\n    return {"pass": output == context["vars"]["want"], "score": 0.5, "reason": "so"}\n',
  );
  const at = (file: string, name?: string): Assertion => ({
    type: file.endsWith('.py') ? 'python' : 'javascript',
    value: name === undefined ? 'file://x' : `file://x:${name}`,
    file,
  });
  const where = seen('Paris', {}, { vars: { want: 'Paris' } });

  test('files get answer and variables, and none of our environment', async () => {
    process.env['SLUICE_SECRET'] = 'x';
    const results = await Promise.all([
      decide(at(js), where),
      decide(at(js, 'env'), where),
      decide(at(js, 'noisy'), where),
      decide(at(py), where),
      decide(at(py), seen('Rome', {}, { vars: { want: 'Paris' } })),
      decide(at(js, 'missing'), where),
    ]);
    delete process.env['SLUICE_SECRET'];
    expect(results.map(({ passed }) => passed)).toEqual([true, true, false, true, false, false]);
    expect(results[3].score).toBe(0.5);
  });

  test('code that throws, gives nothing, or never ends fails, negated or not', async () => {
    const codes = ['not-javascript', 'javascript'].flatMap((type) => [
      { type, value: 'while (true) {}', timeout: 0.5 },
      { type, value: 'nothing.at.all' },
      { type, value: 'undefined' },
      { type, value: '({pass: true})' },
      { type, value: '({pass: true, score: NaN, reason: ""})' },
    ]);
    const results = await Promise.all(codes.map((assertion) => passes(assertion, where)));
    expect(results.some((passed) => passed)).toBe(false);
    expect(await passes({ type: 'python', value: 'len(output) == 5' }, where)).toBe(true);
    expect(
      await passes({ type: 'python', value: 'if output:\n    return 0.3\nreturn 1', threshold: 0.5 }, where),
    ).toBe(false);
  });
});

describe('tensors', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tensors-'));
  const npy = join(folder, 'want.npy');
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117) + '\n';
  const head = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.from([118, 0]),
    Buffer.from(header),
  ]);
  writeFileSync(
    npy,
    Buffer.concat([head, Buffer.from(new Float32Array([0.1, 0.7, 0.2, 0.5, 0.3, 0.2]).buffer)]),
  );
  const tensors = [{ name: 'probs', datatype: 'FP32', shape: [2, 3], data: [0.1, 0.7, 0.2, 0.5, 0.3, 0.2] }];
  const where = seen('', { tensors });
  const tensor = (value: object, file?: string): Assertion =>
    file === undefined ? { type: 'tensor', value } : { type: 'tensor', value, file };

  test.each<[string, Assertion, boolean]>([
    ['shape', tensor({ shape: [-1, 3], dtype: 'fp32' }), true],
    ['another shape', tensor({ shape: [3, 2] }), false],
    ['another dtype', tensor({ dtype: 'INT64' }), false],
    ['close to a file', tensor({ close: 'file://want.npy' }, npy), true],
    ['close to numbers', tensor({ close: [0.1, 0.7, 0.2, 0.5, 0.3, 0.21], atol: 0.02 }), true],
    ['not close', tensor({ close: [0.1, 0.7, 0.2, 0.5, 0.3, 0.21] }), false],
    ['too few numbers', tensor({ close: [0.1] }), false],
    ['the highest', tensor({ 'top-k': { k: 1, index: [1, 0] } }), true],
    ['not the highest', tensor({ 'top-k': { k: 1, index: 1 } }), false],
    ['among two', tensor({ 'top-k': { k: 2, index: 1 } }), true],
    ['an output that is not there', tensor({ output: 'logits', shape: [2, 3] }), false],
  ])('%s', async (_name, assertion, expected) => {
    expect(await passes(assertion, where)).toBe(expected);
  });

  test('images: every filter of PNG', async () => {
    const part = (type: string, data: Buffer): Buffer => {
      const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
      const ends = Buffer.alloc(8);
      ends.writeUInt32BE(data.length, 0);
      ends.writeUInt32BE(crc32(body), 4);
      return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
    };
    const ihdr = Buffer.from([0, 0, 0, 2, 0, 0, 0, 5, 8, 0, 0, 0, 0]);
    const lines = Buffer.from([0, 10, 20, 1, 5, 5, 2, 1, 2, 3, 2, 3, 4, 1, 1]);
    const png = join(folder, 'image.png');
    const file = [part('IHDR', ihdr), part('IDAT', deflateSync(lines)), part('IEND', Buffer.alloc(0))];
    writeFileSync(png, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...file]));
    const data = [10, 20, 5, 10, 6, 12, 5, 11, 6, 12];
    const image = seen('', { tensors: [{ name: 'image', datatype: 'UINT8', shape: [5, 2, 1], data }] });
    expect(await decide(tensor({ close: 'file://image.png' }, png), image)).toMatchObject({ passed: true });
  });
});

describe('other servers help', () => {
  let server: HostileServer;
  let aides: Aides;
  beforeAll(async () => {
    server = await startHostile();
    const target = { origin: server.origin, modelName: 'm', token: 'secret' };
    const signal = new AbortController().signal;
    aides = makeAides({ target, judge: target, timeoutMs: 2_000, signal });
  });
  afterAll(() => server.close());
  const json =
    (value: unknown, status = 200) =>
    (response: ServerResponse) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

  const says = (text: string) => json({ choices: [{ message: { role: 'assistant', content: text } }] });

  test('similar by vectors; as many as texts, or it fails', async () => {
    const similar = { type: 'similar', value: 'x', threshold: 0.7 };
    server.reply(
      json({
        data: [
          { index: 1, embedding: [1, 1] },
          { index: 0, embedding: [1, 0] },
        ],
      }),
    );
    expect(await decide(similar, seen('y', {}, { aides }))).toMatchObject({
      passed: true,
      score: expect.closeTo(Math.SQRT1_2),
    });
    expect(await passes({ ...similar, threshold: 0.71 }, seen('y', {}, { aides }))).toBe(false);
    server.reply(json({ data: [{ embedding: [1, 1] }] }));
    expect(await passes({ ...similar, type: 'not-similar' }, seen('y', {}, { aides }))).toBe(false);
    server.reply(json({ data: [{ embedding: [0, 0] }, { embedding: [1, 1] }] }));
    expect(await passes({ ...similar, type: 'not-similar' }, seen('y', {}, { aides }))).toBe(false);
  });

  test('classifiers: a label that is not there is no score', async () => {
    server.reply(json([[{ label: 'toxic', score: 0.2 }]]));
    const toxicity = { type: 'toxicity', endpoint: server.origin, threshold: 0.2 };
    expect(await passes(toxicity, seen('y', {}, { aides }))).toBe(true);
    expect(await passes({ ...toxicity, threshold: 0.1 }, seen('y', {}, { aides }))).toBe(false);
    expect(await passes({ ...toxicity, label: 'other' }, seen('y', {}, { aides }))).toBe(false);
    expect(await passes({ ...toxicity, type: 'refusal' }, seen('y', {}, { aides }))).toBe(false);
    server.reply(json({ error: 'no' }, 500));
    expect(await passes({ ...toxicity, type: 'not-toxicity' }, seen('y', {}, { aides }))).toBe(false);
  });

  test('a judge with a rubric', async () => {
    const rubric = { type: 'llm-rubric', value: 'is polite', threshold: 0.8 };
    server.reply(says('{"reason": "ok", "pass": true, "score": 0.8}'));
    expect(await decide(rubric, seen('y', {}, { aides }))).toMatchObject({ passed: true, score: 0.8 });
    expect(server.bodies.at(-1)).toContain('is polite');
    expect(await passes({ ...rubric, threshold: 0.9 }, seen('y', {}, { aides }))).toBe(false);
    expect(await passes({ ...rubric, type: 'not-llm-rubric' }, seen('y'))).toBe(false);
  });

  test('pairwise asks in both orders, and a judge who goes by the place makes a tie', async () => {
    const pair = { type: 'pairwise', value: 'the reference' };
    server.reply(says('{"winner": "A"}'));
    expect(await decide(pair, seen('y', {}, { aides }))).toMatchObject({ passed: true, score: 0.5 });
    server.reply((response, _request, body) => {
      const isFirst = body.indexOf('the reference') > body.indexOf('my answer');
      says(`{"winner": "${isFirst ? 'B' : 'A'}"}`)(response);
    });
    expect(await decide(pair, seen('my answer', {}, { aides }))).toMatchObject({ passed: false, score: 0 });
  });

  test('tool calls and logprobs come out of the pieces of a stream', async () => {
    const { ask } = await import('../src/clients/ask.ts');
    const call = (value: object): string =>
      chunk({ choices: [{ delta: { tool_calls: [value] }, logprobs: { content: [{ logprob: -0.5 }] } }] });
    server.reply(
      stream(
        call({ index: 0, function: { name: 'weather', arguments: '' } }),
        call({ index: 1, function: { name: 'time', arguments: '{}' } }),
        call({ index: 0, function: { arguments: '{"city":' } }),
        call({ index: 0, function: { arguments: '"Paris"}' } }),
        content(null, 'tool_calls'),
        DONE,
      ),
    );
    const answer = await ask({ url: `${server.origin}/v1/chat/completions`, body: {}, timeoutMs: 2_000 });
    expect(answer.toolCalls).toEqual([
      { name: 'weather', arguments: '{"city":"Paris"}' },
      { name: 'time', arguments: '{}' },
    ]);
    expect(answer).toMatchObject({
      complete: true,
      logprobs: [-0.5, -0.5, -0.5, -0.5],
      finishReason: 'tool_calls',
    });
  });
});

describe('faults before anything is asked', () => {
  test.each<[Assertion, string]>([
    [{ type: 'perplexity' }, 'threshold'],
    [{ type: 'rouge-n', value: ' ' }, 'value'],
    [{ type: 'assert-set', assert: [] }, 'assert'],
    [{ type: 'assert-set', assert: [{ type: 'contains', value: '' }] }, 'assert'],
    [{ type: 'contains', value: 'a', assert: [] }, 'assert'],
    [{ type: 'toxicity' }, 'endpoint'],
    [{ type: 'classifier', value: 'x', endpoint: 'localhost' }, 'endpoint'],
    [{ type: 'tensor', value: {} }, 'value'],
    [{ type: 'tensor', value: { shap: [1] } }, 'value'],
    [{ type: 'llm-rubric', value: '' }, 'value'],
    [{ type: 'similar', value: [] }, 'value'],
    [{ type: 'status', value: 99 }, 'value'],
    [{ type: 'toString' }, 'type'],
  ])('%j', (assertion, key) => {
    expect(findAssertionFault(assertion)?.key).toBe(key);
  });
});

test('contains-json with a schema: one of the objects has to fit', async () => {
  const assertion = { type: 'contains-json', value: { type: 'object', required: ['a'] } };
  await compileSchemas([assertion]);
  expect(await passes(assertion, seen('{"b": 1} and {"a": 1}'))).toBe(true);
  expect(await passes(assertion, seen('{"b": 1}'))).toBe(false);
  expect(await passes(assertion, seen('{'.repeat(5_000)))).toBe(false);
});
