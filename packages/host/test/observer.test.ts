import { describe, expect, test } from '@jest/globals';
import { AnswerObserver } from '../src/observer.ts';
import type { Observation } from '../src/observer.ts';

const event = (value: unknown): string =>
  `data: ${typeof value === 'string' ? value : JSON.stringify(value)}\n\n`;
const delta = (content: string, finish: string | null = null): string =>
  event({ choices: [{ index: 0, delta: { content }, finish_reason: finish }] });

/** Feeds the text in pieces of `size` bytes, one per 10 ms, beginning at 110 ms after a start at 100 ms. */
function observe(
  text: string,
  size = 1e9,
  type = 'text/event-stream',
  complete = true,
): Observation & { gaps: number[] } {
  const gaps: number[] = [];
  const observer = new AnswerObserver(type, 100, (ms) => gaps.push(ms));
  const bytes = Buffer.from(text);
  for (let start = 0, now = 110; start < bytes.length; start += size, now += 10) {
    observer.push(bytes.subarray(start, start + size), now);
  }
  return { ...observer.finish(complete), gaps };
}

describe('a stream', () => {
  const text = `: comment\n\n${delta('')}${delta('Pärís')}${delta(' is')}${delta(' it.', 'stop')}${event('[DONE]')}`;

  test.each([1, 7, 64, 10_000])('is read the same in pieces of %d bytes', (size) => {
    expect(observe(text, size)).toMatchObject({ outputTokens: 3, answer: 'ok', ended: true, failed: false });
  });

  test('first content, not the first byte, is the time to first token', () => {
    const observer = new AnswerObserver('text/event-stream; charset=utf-8', 100);
    observer.push(Buffer.from(delta('')), 120);
    observer.push(Buffer.from(delta('a')), 150);
    observer.push(Buffer.from(delta('b')), 160);
    observer.push(Buffer.from(delta('c')), 190);
    expect(observer.finish(true)).toMatchObject({ ttftMs: 50, interChunkMs: 20 });
  });

  test('usage is believed before the count of chunks', () => {
    const usage = event({ choices: [], usage: { completion_tokens: 17 } });
    expect(observe(delta('a') + delta('b', 'stop') + usage).outputTokens).toBe(17);
  });

  test('CRLF line ends and the older text form are read', () => {
    const old = 'data: {"choices":[{"text":"Paris","finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\r\n\r\n';
    expect(observe(old)).toMatchObject({ answer: 'ok', ended: true });
  });

  test('one that stops without an end is not ended, and no answer', () => {
    expect(observe(delta('Par'))).toMatchObject({ ended: false, answer: null });
  });

  test('an error event is a failure', () => {
    expect(observe(delta('a') + event({ error: { message: 'x' } }))).toMatchObject({
      failed: true,
      answer: null,
    });
  });

  test.each([
    ['empty', event({ choices: [{ delta: {}, finish_reason: 'stop' }] })],
    ['looping', Array.from({ length: 90 }, () => delta('again and ')).join('') + delta('', 'length')],
    ['refused', delta('I am sorry, ') + delta('but I cannot help with that.', 'stop')],
    ['ok', event({ choices: [{ delta: { tool_calls: [{ id: 'x' }] }, finish_reason: 'tool_calls' }] })],
  ])('kind %s', (kind, stream) => {
    expect(observe(stream).answer).toBe(kind);
  });

  test('what is no JSON, or of no known form, is passed over', () => {
    expect(observe('data: {"a"\n\ndata: 5\n\ndata: null\n\n')).toMatchObject({
      ended: null,
      answer: null,
      outputTokens: null,
    });
  });

  test('a line without end is given up at the limit, not kept', () => {
    const observer = new AnswerObserver('text/event-stream', 0);
    for (let index = 0; index < 8; index += 1) observer.push(Buffer.alloc(1024 * 1024, 'x'), index);
    observer.push(Buffer.from(`\n${delta('a', 'stop')}`), 9);
    expect(observer.finish(true).answer).toBeNull();
  });

  test('a loop at the end of a very long answer is seen', () => {
    const words = Array.from({ length: 20_000 }, (_, index) => delta(`word${index} `)).join('');
    const loop = Array.from({ length: 900 }, () => delta('again and ')).join('');
    expect(observe(words + loop + delta('', 'length')).answer).toBe('looping');
  });
});

describe('a JSON answer', () => {
  const body = JSON.stringify({
    choices: [{ message: { content: 'Paris' }, finish_reason: 'stop' }],
    usage: { completion_tokens: 2 },
  });

  test('gives tokens and kind, no time to first token', () => {
    expect(observe(body, 5, 'application/json')).toMatchObject({
      ttftMs: null,
      outputTokens: 2,
      answer: 'ok',
      ended: true,
    });
  });

  test('cut off it gives nothing', () => {
    expect(observe(body.slice(0, 20), 5, 'application/json', false)).toMatchObject({
      answer: null,
      outputTokens: null,
    });
  });

  test('an error body is not a failed stream: its status says all', () => {
    expect(observe('{"error":{"message":"x"}}', 5, 'application/json')).toMatchObject({
      failed: false,
      answer: null,
    });
  });
});
