import { describe, expect, test } from '@jest/globals';
import { AnswerSample, classifyAnswer } from '../src/assertions/answer-kind.ts';

const SENTENCE = ' Paris is the capital of France.';
const POEM =
  'Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.';

describe('kinds of answers', () => {
  test.each([
    ['ok', SENTENCE, 'stop'],
    ['ok', `${SENTENCE} It lies on the Seine and is known for the Louvre and`, 'length'],
    ['ok', POEM, 'stop'],
    ['ok', POEM, 'length'],
    ['ok', `A table\n${'-'.repeat(60)}`, 'length'],
    ['ok', 'ha ha ha ha ha ha', 'length'],
    ['ok', `${SENTENCE}${SENTENCE}`, 'length'],
    ['empty', '', 'stop'],
    ['empty', ' \n\t ', 'length'],
    ['looping', SENTENCE.repeat(6).slice(0, 190), 'length'],
    ['looping', SENTENCE.repeat(3), 'length'],
    ['looping', `A good start. Then: ${'and so on '.repeat(12)}`, 'length'],
    ['looping', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'length'],
    ['looping', '-'.repeat(1000), 'length'],
    ['looping', SENTENCE.repeat(4), null],
    ['looping', SENTENCE.repeat(20), 'stop'],
    ['refused', "I'm sorry, but I can't help with that.", 'stop'],
    ['refused', 'As an AI language model, I have no opinions.', 'stop'],
    ['refused', '抱歉，我不能回答。', 'stop'],
    ['refused', 'The first half', 'content_filter'],
    [
      'ok',
      'I am sorry to say that Paris is far. It is 500 km away.'.replace('I am sorry', 'We are sorry'),
      'stop',
    ],
  ])('%s: %j (%s)', (kind, text, finish) => {
    expect(classifyAnswer(text, finish)).toBe(kind);
  });

  test('a sample of pieces says the same, in bounded memory', () => {
    const texts: [string, string | null][] = [
      [SENTENCE, 'stop'],
      [SENTENCE.repeat(6), 'length'],
      ['', 'stop'],
      ["I can't help", 'stop'],
    ];
    for (const [text, finish] of texts) {
      const sample = new AnswerSample();
      for (const char of text) sample.push(char);
      expect(sample.kind(finish)).toBe(classifyAnswer(text, finish));
    }
    const long = new AnswerSample();
    long.push("I'm sorry, I can't. ");
    for (let count = 0; count < 3000; count += 1) long.push(`Reason ${count * 7919} is that. `);
    expect(long.kind('stop')).toBe('refused');
  });

  test('a long answer costs little', () => {
    const text = Array.from({ length: 200_000 }, (_, index) => 'abcdefg '[index % 7]).join('');
    const startedAt = performance.now();
    for (let count = 0; count < 50; count += 1) classifyAnswer(`${text}${count}`, 'length');
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
