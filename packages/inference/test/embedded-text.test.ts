import { describe, expect, test } from '@jest/globals';
import { readEngineFlags, readServerFlags } from '../src/engines/embedded/flags.ts';
import { Slots } from '../src/engines/embedded/slots.ts';
import { AnswerText } from '../src/engines/embedded/text.ts';

/** Byte tokens, as the tiny models have them. */
const bytesToText = (tokens: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(tokens));
const pieces = (text: string, stops: string[] = []): { sent: string[]; stopped: boolean } => {
  const answer = new AnswerText((tokens) => bytesToText(tokens), stops);
  const sent: string[] = [];
  for (const byte of new TextEncoder().encode(text)) {
    sent.push(answer.push(byte));
    if (answer.stopped) break;
  }
  sent.push(answer.flush());
  return { sent, stopped: answer.stopped };
};

describe('text of an answer', () => {
  test.each(['plain', 'Zürich', '東京🏯!', '👨‍👩‍👧', 'a\ufffdb'])(
    '%s comes whole, and no piece is half a character',
    (text) => {
      const { sent } = pieces(text);
      expect(sent.join('')).toBe(text);
      if (!text.includes('\ufffd')) expect(sent.some((piece) => piece.includes('\ufffd'))).toBe(false);
    },
  );

  test('broken bytes of the model come out, they are not held for ever', () => {
    const answer = new AnswerText((tokens) => bytesToText(tokens));
    const sent = [0xff, 0xff, 0xff, 0xff, 0x41].map((byte) => answer.push(byte)).join('') + answer.flush();
    expect(sent).toMatch(/^\ufffd+A$/);
  });

  test.each([
    ['nothing of a stop string is sent', 'abcSTOPdef', ['STOP'], 'abc', true],
    ['the start of one is held until it is none', 'abcSTOxyz', ['STOP'], 'abcSTOxyz', false],
    ['the earliest of two wins', 'one two three', ['three', 'two'], 'one ', true],
    ['overlapping starts', 'aaab', ['aab'], 'a', true],
    ['an answer that ends in the start of one keeps it', 'abcST', ['STOP'], 'abcST', false],
  ])('%s', (_name, text, stops, expected, stopped) => {
    const result = pieces(text, stops);
    expect(result.sent.join('')).toBe(expected);
    expect(result.stopped).toBe(stopped);
  });
});

describe('flags', () => {
  test('both ways of writing them, the last wins', () => {
    const { flags, faults } = readEngineFlags(['--ctx', '512', '--parallel=2', '--ctx=256']);
    expect(faults).toEqual([]);
    expect(flags).toMatchObject({ ctx: 256, parallel: 2, threads: 1 });
  });

  test('every fault is told, with the value', () => {
    const { faults } = readEngineFlags(['--flash', '--ctx', 'x', '--threads', '0', 'stray', '--parallel']);
    expect(faults.length).toBe(5);
    expect(faults.join('\n')).toMatch(/--flash[\s\S]*'x'[\s\S]*'0'[\s\S]*'stray'[\s\S]*''/);
  });

  test('the server refuses what it does not know', () => {
    const base = ['--role=embedded-server', '--model', 'm.gguf', '--port', '0'];
    expect(readServerFlags([...base, '--ctx', '128'])).toMatchObject({
      ctx: 128,
      host: '127.0.0.1',
      modelName: 'model',
    });
    expect(() => readServerFlags([...base, '--gpu', '1'])).toThrow(/gpu/);
    expect(() => readServerFlags(['--port', '1'])).toThrow(/--model/);
    expect(() => readServerFlags(['--model', 'x', '--port', '99999'])).toThrow(/--port/);
  });
});

describe('slots', () => {
  const { signal } = new AbortController();

  test('first come first served, and no more at once than there are', async () => {
    const slots = new Slots(2, 2);
    const [a, b] = [await slots.take(signal), await slots.take(signal)];
    expect(new Set([a, b])).toEqual(new Set([0, 1]));
    const order: string[] = [];
    const third = slots.take(signal).then((slot) => (order.push('third'), slot));
    const fourth = slots.take(signal).then((slot) => (order.push('fourth'), slot));
    expect(slots).toMatchObject({ busy: 2, waiting: 2, isFull: true });
    slots.give(b);
    expect(await third).toBe(b);
    slots.give(a);
    expect(await fourth).toBe(a);
    expect(order).toEqual(['third', 'fourth']);
  });

  test('who goes away while waiting frees the place in the queue', async () => {
    const slots = new Slots(1, 1);
    await slots.take(signal);
    const leaving = new AbortController();
    const waiting = slots.take(leaving.signal);
    leaving.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    expect(slots.isFull).toBe(false);
    slots.give(0);
    expect(slots.busy).toBe(0);
  });
});
