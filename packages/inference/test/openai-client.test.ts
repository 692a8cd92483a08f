import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import { createGzip, gzipSync } from 'node:zlib';
import type { Answer } from '../src/clients/answer.ts';
import { ask } from '../src/clients/ask.ts';
import { chunk, content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

let server: HostileServer;
beforeAll(async () => {
  server = await startHostile();
});
afterAll(() => server.close());

const go = (timeoutMs = 5_000): Promise<Answer> =>
  ask({ url: `${server.origin}/v1/x`, body: { a: 1 }, timeoutMs });

describe('streams', () => {
  test('the time to the first token skips the role, empty content and null', async () => {
    const role = chunk({ choices: [{ delta: { role: 'assistant', content: '' } }] });
    server.reply(stream(role, content(null), 120, content('Pa'), content('ris', 'stop'), DONE));
    const answer = await go();
    expect(answer).toMatchObject({ text: 'Paris', finishReason: 'stop', complete: true, error: null });
    expect(answer.timings.ttfbMs).toBeLessThan(100);
    expect(answer.timings.ttftMs).toBeGreaterThan(110);
    expect(answer.timings.chunksMs.length).toBe(2);
    expect(answer.timings.e2eMs).toBeGreaterThanOrEqual(answer.timings.chunksMs[1] ?? Infinity);
  });

  test('thinking counts as output for times, not as text', async () => {
    const think = chunk({ choices: [{ delta: { reasoning_content: 'hm' } }] });
    server.reply(stream(think, content('Yes', 'stop'), DONE));
    const answer = await go();
    expect(answer.text).toBe('Yes');
    expect(answer.timings.chunksMs.length).toBe(2);
  });

  test('usage comes in a chunk without choices, with choices null, or not at all', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 9 };
    server.reply(stream(content('one chunk of nine tokens', 'stop'), chunk({ choices: [], usage }), DONE));
    expect(await go()).toMatchObject({ outputTokens: 9, promptTokens: 3, complete: true });
    server.reply(stream(content('x', 'stop'), chunk({ choices: null, usage }), chunk({ usage: null }), DONE));
    expect(await go()).toMatchObject({ outputTokens: 9 });
    server.reply(stream(content('x', 'stop'), DONE));
    expect(await go()).toMatchObject({ outputTokens: null, complete: true });
  });

  test('characters, lines and events may be cut anywhere', async () => {
    const bytes = Buffer.from(`: hello\r\n\r\n${content('Zürich 東京 🏯', 'stop')}${DONE}`);
    server.reply(stream(...Array.from(bytes, (byte) => Uint8Array.of(byte)).slice(0, 400)));
    expect(await go()).toMatchObject({ text: 'Zürich 東京 🏯', complete: true });
  });

  test('comments and other fields are skipped', async () => {
    server.reply(stream(': keep-alive\n\n', 'id: 7\nretry: 5\n', content('x', 'stop'), ':\n', DONE));
    expect(await go()).toMatchObject({ text: 'x', complete: true });
  });

  test('what follows [DONE] changes nothing, and a server that never closes does not hold us', async () => {
    server.reply(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(content('x', 'stop') + DONE + content('more'));
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await go(2_000)).toMatchObject({ text: 'x', complete: true });
  });
});

describe('what is no complete answer is an error, whatever its text', () => {
  test('a stream without [DONE]', async () => {
    server.reply(stream(content('Paris', 'stop')));
    expect(await go()).toMatchObject({
      text: 'Paris',
      complete: false,
      error: 'the stream ended without [DONE]',
    });
  });

  test('an error object in the middle', async () => {
    server.reply(
      stream(content('Par'), chunk({ error: { message: 'out of memory' } }), content('is', 'stop'), DONE),
    );
    const answer = await go();
    expect(answer).toMatchObject({ text: 'Par', complete: false });
    expect(answer.error).toContain('out of memory');
  });

  test('an error as an event of its own', async () => {
    server.reply(stream('event: error\ndata: {"message":"gone"}\n\n', DONE));
    expect((await go()).complete).toBe(false);
  });

  test('a broken connection', async () => {
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(content('Par'));
      setTimeout(() => response.destroy(), 20);
    });
    expect(await go()).toMatchObject({ text: 'Par', complete: false });
  });

  test('bytes that are no JSON', async () => {
    server.reply(stream('data: <html>\n\n', DONE));
    expect((await go()).error).toContain("isn't JSON");
  });

  test('silence is ended by the time-out', async () => {
    server.reply(stream(content('x'), 500));
    const answer = await go(150);
    expect(answer).toMatchObject({ complete: false, error: 'no complete answer within 150 ms' });
    expect(answer.timings.e2eMs).toBeLessThan(1_000);
  });

  test('nothing listens', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const address = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const answer = await ask({ url: `http://127.0.0.1:${port}/`, body: {}, timeoutMs: 1_000 });
    expect(answer).toMatchObject({ status: null, complete: false });
    expect(answer.error).toContain('ECONNREFUSED');
  });
});

describe('whole answers and refusals', () => {
  test('a JSON body instead of a stream', async () => {
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          choices: [{ message: { content: 'x' }, finish_reason: 'stop' }],
          usage: { completion_tokens: 1 },
        }),
      );
    });
    const answer = await go();
    expect(answer).toMatchObject({ text: 'x', complete: true, outputTokens: 1 });
    expect(answer.timings.ttftMs).toBeNull();
  });

  test.each([
    ['OpenAI', 400, '{"error":{"message":"bad","type":"t"}}', true],
    ['MLServer', 422, '{"detail":[{"msg":"bad"}]}', true],
    ['plain text', 400, 'bad', false],
    ['an empty body', 400, '', false],
    ['JSON that tells nothing', 500, '{}', false],
  ])('%s', async (_name, status, body, hasErrorBody) => {
    server.reply((response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body);
    });
    expect(await go()).toMatchObject({ status, hasErrorBody, complete: false, text: '' });
  });

  test('a redirect is not followed: the token stays', async () => {
    server.reply((response) => {
      response.writeHead(302, { location: 'http://127.0.0.1:1/' });
      response.end();
    });
    expect(await go()).toMatchObject({ status: 302, complete: false });
  });

  test('200 with an error object is no answer', async () => {
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"error":"nope"}');
    });
    expect(await go()).toMatchObject({ complete: false });
  });

  test.each([
    ['a model gateway', '{"message":"model overloaded","code":503}'],
    ['nothing', '{}'],
    ['an empty list', '{"choices":[]}'],
    ['an error that is true', '{"error":true,"choices":[{"text":"x"}]}'],
  ])('200 without a choice is no empty answer: %s', async (_name, body) => {
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(body);
    });
    expect(await go()).toMatchObject({ complete: false, error: expect.stringContaining('200 with') });
  });

  test('a stream of nothing but its end is no empty answer', async () => {
    server.reply(stream(DONE));
    expect(await go()).toMatchObject({ complete: false, error: expect.stringContaining('single choice') });
    server.reply(stream(content('', 'stop'), DONE));
    expect(await go()).toMatchObject({ complete: true, text: '' });
  });

  test('a redirect says where it leads', async () => {
    server.reply((response) => {
      response.writeHead(308, { location: 'https://elsewhere/v1' }).end('<html>moved</html>');
    });
    expect((await go()).error).toBe(
      'the server answered 308: it redirects to https://elsewhere/v1, which is not followed',
    );
  });
});

describe('bodies that somebody compressed', () => {
  test('gzip, chunk by chunk', async () => {
    server.reply(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      const zip = createGzip();
      zip.pipe(response);
      zip.write(content('Pa'));
      await new Promise((resolve) => zip.flush(() => setTimeout(resolve, 300)));
      zip.end(content('ris', 'stop') + DONE);
    });
    const answer = await go();
    expect(answer).toMatchObject({ text: 'Paris', complete: true });
    expect(answer.timings.ttftMs).toBeLessThan(250);
  });

  test('cut off, or of a kind that is not known', async () => {
    const whole = gzipSync(JSON.stringify({ choices: [{ text: 'x'.repeat(5_000) }] }));
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(whole.subarray(0, 30));
    });
    expect(await go()).toMatchObject({ complete: false });
    server.reply((response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'rot13' });
      response.end('{}');
    });
    expect((await go()).error).toContain("content encoding 'rot13'");
  });
});
