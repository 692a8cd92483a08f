/**
 * Each protocol against answers as its own documents show them; what we send and what the stubs answer is held against the
 * published interfaces (servers/published.json says which documents). MLServer, Triton and Ollama themselves are asked in
 * e2e/oracles.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../src/clients/answer.ts';
import { ask } from '../src/clients/ask.ts';
import { followPath, parseJsonPath } from '../src/clients/json-path.ts';
import { fillRequest, findPlainHttpFault } from '../src/clients/plain-http.ts';
import { buildRequest } from '../src/clients/protocols.ts';
import type { Protocol, TestOptions } from '../src/suites/types.ts';
import { published as as } from './servers/published.ts';
import { startHostile, stream, type HostileServer, type Reply } from './hostile-server.ts';

let server: HostileServer;
let asked: { method: string; path: string; type: string }[] = [];
beforeAll(async () => {
  server = await startHostile();
});
beforeEach(() => {
  asked = [];
  server.bodies.length = 0;
});
afterAll(() => server.close());

function reply(given: Reply): void {
  server.reply((response, request, body) => {
    const type = request.headers['content-type'] ?? '';
    asked.push({ method: request.method ?? '', path: request.url ?? '', type });
    return given(response, request, body);
  });
}
const json =
  (value: unknown, status = 200): Reply =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
const lines =
  (...values: (object | string)[]): Reply =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    const text = values
      .map((value) => (typeof value === 'string' ? value : `${JSON.stringify(value)}\n`))
      .join('');
    // Cut inside of lines and characters.
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) {
      response.write(bytes.subarray(at, at + 7));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
const data = (value: object): string => `data:${JSON.stringify(value)}\n\n`;

function question(
  protocol: Protocol,
  options: TestOptions = {},
  http?: { request: string; response?: string },
): Promise<Answer> {
  const target = { origin: server.origin, modelName: 'm', ...(http === undefined ? {} : { http }) };
  return ask({ ...buildRequest(target, protocol, 'Hello "you"', options, 7), timeoutMs: 2_000 });
}
const body = (): unknown => JSON.parse(server.bodies.at(-1) ?? '');

describe('tgi', () => {
  const part = as('tgi', 'StreamResponse');
  const token = (text: string, logprob: number, special = false): string =>
    data(part({ index: 1, token: { id: 1, text, logprob, special }, generated_text: null, details: null }));
  const end = {
    index: 3,
    token: { id: 2, text: '</s>', logprob: -0.1, special: true },
    generated_text: 'Hi Ü',
    details: { finish_reason: 'eos_token', generated_tokens: 3, input_length: 5, seed: null },
  };
  const last = data(end);

  test('a stream ends with its last token; special ones are no text', async () => {
    reply(stream(token('Hi', -0.5), token(' Ü', -0.25), last));
    const answer = await question('tgi', { max_tokens: 5, temperature: 0, stop: ['x'] });
    expect(answer).toMatchObject({
      text: 'Hi Ü',
      complete: true,
      finishReason: 'stop',
      outputTokens: 3,
      promptTokens: 5,
    });
    expect(answer.logprobs).toEqual([-0.5, -0.25, -0.1]);
    expect(asked[0]?.path).toBe('/generate_stream');
    part(end);
    as('tgi', 'GenerateRequest')(body());
    expect(body()).toEqual({
      inputs: 'Hello "you"',
      parameters: { max_new_tokens: 5, do_sample: false, stop: ['x'], seed: 7, details: true },
    });
  });

  test('cut off, an error in the stream, a refusal', async () => {
    reply(stream(token('Hi', -0.5)));
    expect(await question('tgi')).toMatchObject({
      complete: false,
      error: 'the stream ended without its last part',
    });
    reply(
      stream(
        token('Hi', -0.5),
        data(
          as('tgi', 'ErrorResponse')({ error: 'Request failed during generation', error_type: 'generation' }),
        ),
      ),
    );
    expect((await question('tgi')).error).toContain('Request failed during generation (generation)');
    reply(json({ error: 'Input validation error', error_type: 'validation' }, 422));
    expect(await question('tgi')).toMatchObject({ status: 422, hasErrorBody: true, complete: false });
  });
});

describe('ollama', () => {
  const part = (content: string, more: object = {}): object => ({
    model: 'm',
    message: { role: 'assistant', content },
    done: false,
    ...more,
  });
  const end = part('', { done: true, done_reason: 'stop', prompt_eval_count: 26, eval_count: 2 });

  test('lines, cut anywhere, also without the last line end', async () => {
    reply(lines(part('Grüß'), part(' Gott'), JSON.stringify(end)));
    expect(await question('ollama', { max_tokens: 9, temperature: 0 })).toMatchObject({
      text: 'Grüß Gott',
      complete: true,
      finishReason: 'stop',
      outputTokens: 2,
      promptTokens: 26,
    });
    expect(body()).toMatchObject({
      model: 'm',
      stream: true,
      options: { num_predict: 9, temperature: 0, seed: 7 },
    });
  });

  test('tool calls are whole', async () => {
    const call = {
      role: 'assistant',
      content: '',
      tool_calls: [{ function: { name: 'weather', arguments: { city: 'Paris' } } }],
    };
    reply(lines({ message: call, done: false }, end));
    expect((await question('ollama')).toolCalls).toEqual([
      { name: 'weather', arguments: '{"city":"Paris"}' },
    ]);
  });

  test('images go beside the text', async () => {
    reply(lines(part('a cat'), end));
    const prompt = JSON.stringify([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        ],
      },
    ]);
    const target = { origin: server.origin, modelName: 'm' };
    await ask({ ...buildRequest(target, 'ollama', prompt, {}, undefined), timeoutMs: 2_000 });
    expect(body()).toMatchObject({ messages: [{ role: 'user', content: 'what?', images: ['AAAA'] }] });
  });

  test('an error among the lines, and an end without the last', async () => {
    reply(lines(part('Hi'), { error: 'model runner has unexpectedly stopped' }));
    expect((await question('ollama')).error).toContain('unexpectedly stopped');
    reply(lines(part('Hi')));
    expect(await question('ollama')).toMatchObject({ complete: false });
  });
});

describe('open inference', () => {
  test('the generate extension: no [DONE], the close is the end', async () => {
    const piece = as('open-inference', 'GenerateStreamResponse');
    const text = (text_output: string): string =>
      data(piece({ model_name: 'm', model_version: '1', text_output }));
    reply(stream(text('Hel'), text('lo')));
    expect(await question('open-inference-v2', { max_tokens: 4 })).toMatchObject({
      text: 'Hello',
      complete: true,
    });
    expect(asked[0]?.path).toBe('/v2/models/m/generate_stream');
    as('open-inference', 'GenerateRequest')(body());
    expect(body()).toEqual({ text_input: 'Hello "you"', parameters: { max_tokens: 4, seed: 7 } });
    const broken = as('open-inference', 'GenerateErrorResponse')({ error: 'out of memory' });
    reply(stream(text('Hel'), data(broken)));
    expect(await question('open-inference-v2')).toMatchObject({ complete: false, status: 200 });
    reply(stream());
    expect(await question('open-inference-v2')).toMatchObject({
      complete: false,
      error: 'the stream ended without an answer in it',
    });
  });

  test('infer with tensors', async () => {
    const outputs = [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: [0.25, 0.75] }];
    const answer = as('open-inference', 'InferenceResponse');
    reply(json(answer({ model_name: 'm', id: '1', outputs })));
    const tensors = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }];
    expect(await question('open-inference-v2', { tensors })).toMatchObject({
      complete: true,
      tensors: outputs,
    });
    expect(asked[0]?.path).toBe('/v2/models/m/infer');
    as('open-inference', 'InferenceRequest')(body());
    expect(body()).toEqual({ inputs: tensors });
    reply(json({ outputs: [{ ...outputs[0], shape: [1, 3] }] }));
    expect((await question('open-inference-v2', { tensors })).complete).toBe(false);
    reply(json({ outputs: [{ name: 't', datatype: 'BYTES', shape: [1], data: ['Hi'] }] }));
    expect(await question('open-inference-v2', { input: 'text' })).toMatchObject({
      text: 'Hi',
      complete: true,
    });
    expect(body()).toEqual({
      inputs: [{ name: 'text', datatype: 'BYTES', shape: [1], data: ['Hello "you"'] }],
    });
  });
});

describe('predictions', () => {
  test.each(['kserve-v1', 'tf-serving'] as const)('%s: texts and rows', async (protocol) => {
    reply(json({ predictions: ['Hi there'] }));
    expect(await question(protocol)).toMatchObject({ text: 'Hi there', complete: true });
    expect(asked[0]?.path).toBe('/v1/models/m:predict');
    expect(body()).toEqual({ instances: ['Hello "you"'] });
    reply(json({ predictions: [[0.1, 0.9]] }));
    const tensors = [{ name: 'x', datatype: 'FP32', shape: [2, 1, 2], data: [1, 2, 3, 4] }];
    expect((await question(protocol, { tensors })).tensors).toEqual([
      { name: 'predictions', datatype: 'FP64', shape: [1, 2], data: [0.1, 0.9] },
    ]);
    expect(body()).toEqual({ instances: [[[1, 2]], [[3, 4]]] });
    as('predict', 'Request')(body());
    // TensorFlow Serving's own words for numbers that JSON has none for.
    reply((response) => void response.end('{"predictions": [[0.5, NaN, -Infinity]]}'));
    expect(await question(protocol, { tensors })).toMatchObject({
      complete: true,
      text: '[[0.5,"NaN","-Infinity"]]',
    });
    reply(json(as('predict', 'ErrorResponse')({ error: 'Servable not found' }), 404));
    expect(await question(protocol)).toMatchObject({ status: 404, hasErrorBody: true });
    reply(json({ nothing: 1 }));
    expect((await question(protocol)).complete).toBe(false);
  });

  test('torchserve: the bytes as they are, any answer', async () => {
    reply((response) => void response.end('tabby cat'));
    expect(await question('torchserve')).toMatchObject({ text: 'tabby cat', complete: true });
    expect(server.bodies.at(-1)).toBe('Hello "you"');
    expect(asked[0]).toEqual({ method: 'POST', path: '/predictions/m', type: 'text/plain; charset=utf-8' });
    const died = { code: 503, type: 'InternalServerException', message: 'Worker died.' };
    reply(json(as('torchserve', 'ErrorResponse')(died), 503));
    expect(await question('torchserve', { body: { data: 1 } })).toMatchObject({
      status: 503,
      hasErrorBody: true,
    });
    expect(body()).toEqual({ data: 1 });
  });
});

describe('a plain server', () => {
  test('body by template, answer by path', async () => {
    reply(json({ choices: [{ text: 'Hi' }, { text: ' you' }] }));
    const http = {
      request: '{"prompt": {{prompt}}, "m": "x-{{ model }}", "n": {{max_tokens}}}',
      response: '$.choices[*].text',
    };
    expect(await question('http', { max_tokens: 3 }, http)).toMatchObject({ text: 'Hi you', complete: true });
    expect(body()).toEqual({ prompt: 'Hello "you"', m: 'x-m', n: 3 });
    expect(await question('http', {}, { ...http, response: '$.text' })).toMatchObject({ complete: false });
    reply(json({ error: 'no' }));
    expect((await question('http', {}, http)).error).toContain('no');
  });

  test('a path before the body is asked at the same server', async () => {
    reply((response) => void response.end('plain'));
    expect(await question('http', {}, { request: 'POST /v9/say {"p": {{prompt}}}' })).toMatchObject({
      text: 'plain',
    });
    expect(asked[0]).toMatchObject({ method: 'POST', path: '/v9/say' });
    expect(body()).toEqual({ p: 'Hello "you"' });
  });

  test('quotes of a value end no string of the template', () => {
    expect(fillRequest('{"a": "say {{x}}", "b": {{x}}}', { x: '"},{"' })).toEqual({
      a: 'say "},{"',
      b: '"},{"',
    });
    expect(() => fillRequest('{"a": {{y}}}', { x: 1 })).toThrow("'{{y}}' is not known");
  });

  test.each([
    [{ request: '{"prompt": {{prompt}}' }, 'is no template of JSON'],
    [{ request: '{"prompt": "x"}' }, 'holds no {{prompt}}'],
    [{ request: '{"p": {{prompt}}}', response: 'text' }, 'is no JSONPath'],
    [{ request: '{"p": {{prompt}}}', response: '$..text' }, 'is no JSONPath'],
  ])('%j is a fault', (given, fault) => {
    expect(findPlainHttpFault(given)).toContain(fault);
  });

  test.each([
    ['$', [{ a: [{ b: 1 }, { b: 2 }], 'c d': 3 }]],
    ['$.a[0].b', [1]],
    ['$.a[-1].b', [2]],
    ['$.a[*].b', [1, 2]],
    ["$['c d']", [3]],
    ['$.a[7]', []],
    ['$.constructor', []],
  ])('%s', (path, found) => {
    expect(followPath({ a: [{ b: 1 }, { b: 2 }], 'c d': 3 }, parseJsonPath(path) ?? [])).toEqual(found);
  });
});
