import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EvalMetric, Results } from '../src/model.ts';
import { isSampleFile, readResults } from '../src/readers/read-results.ts';
import { metricLabel } from '../src/rules.ts';
import { parseTolerant } from '../src/readers/tolerant-json.ts';

const fixtures = join(import.meta.dirname, 'fixtures/lm-eval');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-results-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...contents: (string | object)[]): Promise<Results> {
  const files = await Promise.all(
    contents.map(async (content, i) => {
      const path = join(folder, `${Math.random().toString(36).slice(2)}-${i}`);
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return { path, shown: `file${i}` };
    }),
  );
  return readResults(files, 'results');
}
const metric = (results: Results, label: string): EvalMetric | undefined =>
  results.metrics.find((m) => metricLabel(m) === label);
const lmEval = (name: string) => {
  const file = readdirSync(join(fixtures, name)).find((f) => f.startsWith('results_')) ?? '';
  return readResults([{ path: join(fixtures, name, file), shown: file }], 'results');
};

describe('lm-eval 0.4.13, as it wrote them', () => {
  test('metrics by task and filter, none of name, alias, sample_len', async () => {
    const results = await lmEval('candidate');
    expect(results.files[0]?.format).toBe('lm-eval');
    expect(results.metrics.map(metricLabel).sort()).toEqual([
      'capital_suite.acc',
      'capitals.acc',
      'capitals.acc_norm',
      'capitals_gen.bleu[flexible-extract]',
      'capitals_gen.bleu[strict-match]',
      'capitals_gen.exact_match[flexible-extract]',
      'capitals_gen.exact_match[strict-match]',
      'capitals_ppl.bits_per_byte',
      'capitals_ppl.word_perplexity',
    ]);
  });
  test('counts, standard errors, directions', async () => {
    const results = await lmEval('candidate');
    expect(metric(results, 'capitals.acc')).toMatchObject({
      value: 0.875,
      n: 24,
      share: true,
      direction: 'higher',
    });
    expect(metric(results, 'capitals.acc')?.stderr).toBeCloseTo(0.069, 3);
    // "N/A" is no standard error, and more perplexity is worse.
    const perplexity = metric(results, 'capitals_ppl.word_perplexity');
    expect(perplexity).toMatchObject({ direction: 'lower', n: 24 });
    expect(perplexity).not.toHaveProperty('stderr');
  });
  test("a group counts the samples of the metric, not its subtasks' lengths", async () => {
    expect(metric(await lmEval('candidate'), 'capital_suite.acc')).toMatchObject({ n: 24 });
  });
  test('items pair on document and filter; corpus metrics have none', async () => {
    const results = await lmEval('candidate');
    const strict = metric(results, 'capitals_gen.exact_match[strict-match]');
    const flexible = metric(results, 'capitals_gen.exact_match[flexible-extract]');
    expect([...(strict?.items?.scores.values() ?? [])].filter((s) => s === 1)).toHaveLength(21);
    expect([...(flexible?.items?.scores.values() ?? [])].filter((s) => s === 1)).toHaveLength(0);
    expect(strict?.items?.prompts?.size).toBe(24);
    expect(metric(results, 'capitals_ppl.word_perplexity')).not.toHaveProperty('items');
    expect(metric(results, 'capitals_gen.bleu[strict-match]')).not.toHaveProperty('items');
  });
  test('setup tells few-shot and version', async () => {
    expect(metric(await lmEval('baseline-2shot'), 'capitals.acc')?.setup).toMatchObject({ 'few-shot': '2' });
    expect(metric(await lmEval('baseline'), 'capitals.acc')?.setup).toMatchObject({
      'few-shot': '0',
      'task version': '1',
    });
  });
  test('samples files are told by name', () => {
    expect(isSampleFile('out/samples_gsm8k_2026.jsonl')).toBe(true);
    expect(isSampleFile('out/results_2026.json')).toBe(false);
  });
});

describe('bare NaN and Infinity', () => {
  test('are missing, and only outside of strings', () => {
    expect(parseTolerant('{"a": NaN, "b": -Infinity, "c": "NaN \\" Infinity", "d": [Infinity]}')).toEqual({
      a: 'NaN',
      b: '-Infinity',
      c: 'NaN " Infinity',
      d: ['Infinity'],
    });
    expect(() => parseTolerant('{"a": NaNcy}')).toThrow(SyntaxError);
    expect(() => parseTolerant('{')).toThrow(SyntaxError);
  });
  test('in a flat file', async () => {
    const results = await read('{"accuracy": NaN, "f1": 0.5, "loss": Infinity, "auc": null}');
    expect(metric(results, 'accuracy')).toMatchObject({ value: null, missing: 'its value is NaN' });
    expect(metric(results, 'loss')).toMatchObject({ value: null });
    expect(metric(results, 'auc')).toMatchObject({ value: null, missing: 'its value is null' });
    expect(metric(results, 'f1')).toMatchObject({ value: 0.5, share: true });
  });
});

describe('flat JSON', () => {
  test('numbers, counts, and what is neither', async () => {
    const results = await read({
      accuracy: 0.95,
      'judge.win_rate': { value: 0.825, n: 200 },
      model: 'x',
      _step: 3,
    });
    expect(metric(results, 'accuracy')).not.toHaveProperty('n');
    expect(metric(results, 'judge.win_rate')).toMatchObject({ value: 0.825, n: 200, share: true });
    expect(results.notes[0]).toContain('model, _step');
  });
  test('a file whose only metric is NaN', async () => {
    expect(metric(await read('{"accuracy": NaN}'), 'accuracy')).toMatchObject({ value: null });
  });
  test('a share beyond 1 is a percentage in disguise', async () => {
    await expect(read({ accuracy: 85 })).rejects.toThrow(
      'accuracy is 85 in file0, but a share lies between 0 and 1',
    );
  });
});

describe('inference-test', () => {
  const results = (statuses: string[], metrics: object) => ({
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    metrics,
    cases: statuses.map((status, i) => ({
      id: `c${i}`,
      status,
      kind: 'functional',
      score: status === 'passed' ? 1 : 0,
      ttft_ms: 10 * (i + 1),
    })),
  });
  test('items of accuracy and of mean times', async () => {
    const r = await read(
      results(['passed', 'failed', 'skipped', 'passed', 'error'], {
        accuracy: { value: 0.5, n: 4 },
        'ttft_ms.mean': { value: 30, unit: 'ms', n: 4 },
        'ttft_ms.p99': { value: null, n: 4, insufficient: true, needed: 299 },
      }),
    );
    expect(metric(r, 'accuracy')?.items?.scores).toEqual(
      new Map([
        ['c0', 1],
        ['c1', 0],
        ['c3', 1],
        ['c4', 0],
      ]),
    );
    // the skipped third case took no time: 10, 20, 40, 50
    expect(metric(r, 'ttft_ms.mean')?.items?.scores.size).toBe(4);
    expect(metric(r, 'ttft_ms.p99')).toMatchObject({
      value: null,
      missing: 'too few samples to say (4 of 299 needed)',
      direction: 'lower',
    });
  });
  test('a part of a run, which was cancelled, is none', async () => {
    await expect(
      read({ ...results(['passed'], { accuracy: { value: 1, n: 1 } }), partial: true }),
    ).rejects.toThrow('is of a run that was cancelled');
  });
  test('a file whose numbers are not those of its cases was edited: refused', async () => {
    await expect(read(results(['passed', 'failed'], { accuracy: { value: 0.9, n: 2 } }))).rejects.toThrow(
      "says accuracy is 0.9, but its cases make it 0.5; it isn't as inference-test wrote it",
    );
    await expect(read(results(['failed'], { 'tests.failed': { value: 0, n: 1 } }))).rejects.toThrow(
      'says tests.failed is 0, but its cases make it 1',
    );
    await expect(read(results(['passed'], { accuracy: { value: null, n: 1 } }))).rejects.toThrow('missing');
    const twice = results(['passed', 'passed'], {}) as { cases: { id: string }[] };
    for (const item of twice.cases) item.id = 'same';
    await expect(read(twice)).rejects.toThrow('holds 1 cases twice');
  });
  test('no case passed: marked', async () => {
    const r = await read(results(['failed'], { 'ttft_ms.mean': { value: 1, n: 1 } }));
    expect(metric(r, 'ttft_ms.mean')).toMatchObject({ nothingSucceeded: true });
  });
  test('a later schema is refused', async () => {
    await expect(read({ schemaVersion: 2, tool: 'sluice-inference-test', metrics: {} })).rejects.toThrow(
      'this release reads version 1',
    );
  });
});

describe('two files with the same metric', () => {
  test('the same value on another count is not the same', async () => {
    const of = (n: number) => ({ 'judge.win_rate': { value: 0.8, n } });
    await expect(read(of(200), of(5))).rejects.toThrow('stands on 200 samples in file0 and on 5 in file1');
    expect((await read(of(200), of(200))).metrics).toHaveLength(1);
  });
});

describe('JUnit', () => {
  test.each([
    [
      '<testsuite name="A" tests="3" failures="2"><testcase name="a"/></testsuite>',
      "'A' tells of 2 failures",
    ],
    [
      '<testsuites><testsuite name="B" errors="1"><error message="no class"/><testcase name="a"/></testsuite></testsuites>',
      "'B' tells of an error",
    ],
    [
      '<testsuites errors="1"><testsuite name="ok" tests="1"><testcase name="a"/></testsuite></testsuites>',
      "isn't whole",
    ],
  ])('a suite that claims failures and shows none: %s', async (xml, why) => {
    await expect(read(xml)).rejects.toThrow(why);
  });
  const pytest = `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.1">
    <testcase classname="test_a" name="test_ok" time="0.001" />
    <testcase classname="test_a" name="test_bad"><failure message="assert &lt;1&gt;">x</failure></testcase>
    <testcase classname="test_a" name="test_skip"><skipped message="no gpu" /></testcase>
    <testcase classname="test_a" name="test_error"><error message="fixture">y</error></testcase></testsuite></testsuites>`;
  test('failure and error apart, skipped no test', async () => {
    const r = await read(pytest);
    const value = (name: string) => metric(r, `tests.${name}`)?.value;
    expect([value('total'), value('passed'), value('failed'), value('errors'), value('skipped')]).toEqual([
      4, 1, 1, 1, 1,
    ]);
    expect(value('pass_rate')).toBeCloseTo(1 / 3);
    expect(metric(r, 'tests.pass_rate')?.items?.scores.size).toBe(3);
  });
  test('no test at all is missing, not 0 failures', async () => {
    const r = await read('<testsuite name="x" tests="0"></testsuite>');
    expect(metric(r, 'tests.failed')).toMatchObject({ value: null, missing: 'file0 holds no test' });
  });
  test('a file per class adds up, and an empty one spoils the sum', async () => {
    const java = '<testsuite><testcase classname="B" name="b"/></testsuite>';
    const r = await read(pytest, java);
    expect(metric(r, 'tests.total')).toMatchObject({ value: 5, source: 'file0, file1' });
    expect(metric(await read(pytest, java, '<testsuite/>'), 'tests.failed')).toMatchObject({ value: null });
  });
  test.each([
    ['<html></html>', 'without a <testsuite>'],
    ['<testsuite><testcase></testsuite>', 'not well-formed XML'],
  ])('%s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

describe('which file is what', () => {
  test('two values for one metric name both files', async () => {
    await expect(read({ accuracy: 0.9 }, { accuracy: 0.8 })).rejects.toThrow(
      'accuracy is 0.9 in file0 and 0.8 in file1',
    );
    expect((await read({ accuracy: 0.9 }, { accuracy: 0.9, f1: 1 })).metrics).toHaveLength(2);
  });
  test.each([
    ['', 'the file is empty'],
    ['[1, 2]', 'holds a list'],
    ['{"a": {"b": {"c": 1}}}', 'no known results format'],
    ['nonsense', 'neither JSON nor XML'],
  ])('%j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
  test('a release record gives its last gate', async () => {
    const r = await read({
      schemaVersion: 1,
      unit: {},
      stages: [
        { action: 'eval-gate', metrics: { 'g.exact_match[s]': { value: 0.5, n: 10 } } },
        { action: 'canary-deploy', metrics: {} },
      ],
    });
    expect(metric(r, 'g.exact_match[s]')).toMatchObject({ name: 'g.exact_match', selector: 's', value: 0.5 });
    await expect(read({ unit: {}, stages: [] })).rejects.toThrow('has no gate');
  });
});
