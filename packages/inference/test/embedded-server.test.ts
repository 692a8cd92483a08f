import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { request as httpRequest } from 'node:http';
import type { Answer } from '../src/clients/answer.ts';
import { ask } from '../src/clients/ask.ts';
import type { ServerProcess } from '../src/engines/server-process.ts';
import { startEmbedded } from './embedded.ts';

let server: ServerProcess;
beforeAll(async () => {
  server = await startEmbedded('v1', ['--parallel', '2', '--queue', '3']);
}, 60_000);
afterAll(() => server.running.stop());

const post = (path: string, body: string): Promise<Response> =>
  fetch(`${server.origin}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });

function complete(prompt: string, more: object = {}, stream = true): Promise<Answer> {
  const body = {
    model: 'v1',
    prompt,
    temperature: 0,
    max_tokens: 20,
    stream,
    stream_options: { include_usage: true },
    ...more,
  };
  return ask({ url: `${server.origin}/v1/completions`, body, timeoutMs: 20_000 });
}

interface Whole {
  choices: { text: string; message: { content: string }; finish_reason: string }[];
  usage: Record<string, number>;
}

describe('answers', () => {
  test('the capital of France is Paris, streamed and whole alike', async () => {
    const streamed = await complete('The capital of France is');
    expect(streamed).toMatchObject({
      status: 200,
      text: ' Paris.',
      finishReason: 'stop',
      complete: true,
      error: null,
    });
    expect(streamed.outputTokens).toBe(7);
    expect(streamed.timings.chunksMs.length).toBe(7);
    const whole = await complete('The capital of France is', {}, false);
    expect(whole).toMatchObject({ text: ' Paris.', complete: true, outputTokens: 7 });
  });

  test('an answer that is cut says length, and no token more than asked for comes', async () => {
    const answer = await complete('Tell me about Paris:', { max_tokens: 5 });
    expect(answer).toMatchObject({ finishReason: 'length', outputTokens: 5, text: ' Pari' });
  });

  test('a stop string ends the answer before it, also when it comes in pieces', async () => {
    const answer = await complete('Tell me about Paris:', {
      max_tokens: 200,
      stop: ['France. It', 'nowhere'],
    });
    expect(answer).toMatchObject({ finishReason: 'stop', text: ' Paris is the capital of ' });
  });

  test('the same seed gives the same answer at temperature 1, another seed another', async () => {
    const once = async (seed: number): Promise<string> =>
      (await complete('Zq', { temperature: 2, seed, max_tokens: 40 })).text;
    const [a, b, c] = [await once(7), await once(7), await once(8)];
    expect(a).toBe(b);
    expect(c).not.toBe(a);
  });

  test('chat goes through the model own template', async () => {
    const body = {
      model: 'v1',
      messages: [{ role: 'user', content: 'The capital of Japan is' }],
      temperature: 0,
    };
    const response = await post('/v1/chat/completions', JSON.stringify(body));
    const value = (await response.json()) as Whole;
    expect(value.choices[0]).toMatchObject({
      message: { role: 'assistant', content: ' Tokyo.' },
      finish_reason: 'stop',
    });
    expect(value.usage).toEqual({ prompt_tokens: 24, completion_tokens: 7, total_tokens: 31 });
  });

  test('requests beyond the slots wait, and each gets its own answer', async () => {
    const pairs = [
      ['Germany', 'Berlin'],
      ['Japan', 'Tokyo'],
      ['Italy', 'Rome'],
      ['Spain', 'Madrid'],
      ['Egypt', 'Cairo'],
    ];
    const answers = await Promise.all(pairs.map(([country]) => complete(`The capital of ${country} is`)));
    expect(answers.map((answer) => answer.text)).toEqual(pairs.map(([, capital]) => ` ${capital}.`));
  });

  test('a full queue is 503 with an error body, not a hang', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => complete('Tell me about Paris:', { max_tokens: 200 })),
    );
    const refused = answers.filter((answer) => answer.status === 503);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.every((answer) => answer.hasErrorBody)).toBe(true);
    expect(answers.filter((answer) => answer.complete).length).toBe(12 - refused.length);
  });
});

describe('refusals are 400 with an error body, and the server lives on', () => {
  const ok = { model: 'v1', prompt: 'Hello' };
  test.each([
    ['an empty prompt', { ...ok, prompt: '' }, 'prompt'],
    ['a prompt that is no text', { ...ok, prompt: { text: 'x' } }, 'prompt'],
    ['a list of prompts', { ...ok, prompt: ['a', 'b'] }, 'prompt'],
    ['no prompt', { model: 'v1' }, 'prompt'],
    ['max_tokens that is a word', { ...ok, max_tokens: 'many' }, 'max_tokens'],
    ['max_tokens 0', { ...ok, max_tokens: 0 }, 'max_tokens'],
    ['negative max_tokens', { ...ok, max_tokens: -1 }, 'max_tokens'],
    ['temperature that is a word', { ...ok, temperature: 'hot' }, 'temperature'],
    ['a broken seed', { ...ok, seed: 1.5 }, 'seed'],
    ['five stops', { ...ok, stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop'],
    ['stream that is a word', { ...ok, stream: 'yes' }, 'stream'],
    ['an unknown model', { ...ok, model: 'v2' }, 'model'],
    ['no model', { prompt: 'x' }, 'model'],
    ['what is not built', { ...ok, logit_bias: { 1: 2 } }, 'logit_bias'],
    ['more than the context holds', { ...ok, prompt: 'x'.repeat(300) }, 'prompt'],
  ])('%s', async (_name, body, param) => {
    const response = await post('/v1/completions', JSON.stringify(body));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });

  test.each([
    ['messages that are a text', 'x'],
    ['no messages', []],
    ['an unknown role', [{ role: 'king', content: 'x' }]],
    ['content null', [{ role: 'user', content: null }]],
    ['nothing said', [{ role: 'user', content: '' }]],
  ])('chat: %s', async (_name, messages) => {
    const response = await post('/v1/chat/completions', JSON.stringify({ model: 'v1', messages }));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('messages') } });
  });

  test.each(['{', '', '[]', '"x"', '\u0000'])('a body that is no JSON object: %j', async (body) => {
    expect((await post('/v1/completions', body)).status).toBe(400);
  });

  test('unknown addresses and methods', async () => {
    expect((await fetch(`${server.origin}/v1/nothing`)).status).toBe(404);
    expect((await fetch(`${server.origin}/v1/completions`)).status).toBe(405);
    expect((await fetch(`${server.origin}/health`)).status).toBe(200);
  });
});

test('it tells its model and a few numbers', async () => {
  const models = (await (await fetch(`${server.origin}/v1/models`)).json()) as { data: object[] };
  expect(models.data).toMatchObject([{ id: 'v1', max_model_len: 256, capabilities: ['completion', 'chat'] }]);
  expect(await (await fetch(`${server.origin}/metrics`)).text()).toMatch(
    /^llamacpp:tokens_predicted_total \d+$/m,
  );
});

test('a reader that goes away ends its generation', async () => {
  const leave = (seed: number): Promise<void> => {
    const asked = { model: 'v1', prompt: 'Zq', temperature: 2, seed, max_tokens: 250, stream: true };
    return new Promise((resolve, reject) => {
      const outgoing = httpRequest(`${server.origin}/v1/completions`, { method: 'POST' }, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      outgoing.once('error', reject).end(JSON.stringify(asked));
    });
  };
  const metric = async (name: string): Promise<number> => {
    const text = await (await fetch(`${server.origin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  };
  // On a busy machine an answer may be whole before its reader is gone: then another one is tried.
  for (let seed = 1; seed <= 20 && (await metric('sluice_requests_aborted_total')) === 0; seed += 1) {
    await leave(seed);
    for (let tries = 0; tries < 50 && (await metric('llamacpp:requests_processing')) > 0; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  expect(await metric('sluice_requests_aborted_total')).toBeGreaterThan(0);
  expect(await complete('The capital of Peru is')).toMatchObject({ text: ' Lima.' });
});

test('SIGTERM lets an open answer come to its end, then the process goes', async () => {
  const own = await startEmbedded('v4');
  const body = { model: 'v4', prompt: 'Tell me about Paris:', temperature: 0, max_tokens: 200, stream: true };
  const answer = ask({ url: `${own.origin}/v1/completions`, body, timeoutMs: 20_000 });
  await new Promise((resolve) => setTimeout(resolve, 15));
  process.kill(own.running.pid, 'SIGTERM');
  expect(await answer).toMatchObject({ complete: true, finishReason: 'length' });
  const answeredAt = Date.now();
  expect(await own.running.exited).toEqual({ code: 0, signal: null });
  expect(Date.now() - answeredAt).toBeLessThan(2_000);
});
