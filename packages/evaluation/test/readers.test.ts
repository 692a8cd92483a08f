import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeRules } from '../src/judge.ts';
import type { EvalMetric, Results } from '../src/model.ts';
import { readResults } from '../src/readers/read-results.ts';
import { parseRules } from '../src/rules-parser.ts';
import { metricLabel } from '../src/rules.ts';
import { READER_CASES } from './reader-cases.ts';

/** Every reader over a small file as its tool writes it, and over the same file spoiled in every way that must not pass. */

const fixtures = join(import.meta.dirname, '../../../fixtures/results');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-readers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const readFixture = (name: string): Promise<Results> =>
  readResults([{ path: join(fixtures, name), shown: name }], 'input `results`');
const metric = (results: Results, label: string): EvalMetric | undefined =>
  results.metrics.find((one) => metricLabel(one) === label);

/** What is said of a file under a rule: the fault that it can't be read for, or the rule's sentence and verdict. */
async function judge(text: string, rule: string): Promise<{ verdict: string; said: string }> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.any`);
  await writeFile(path, text);
  try {
    const results = await readResults([{ path, shown: 'spoiled.file' }], 'input `results`');
    const rules = parseRules(rule);
    expect(rules.faults).toEqual([]);
    const [outcome] = judgeRules(rules, results.metrics, {}, { confidence: 0.95 });
    return { verdict: outcome?.verdict ?? 'none', said: outcome?.text ?? '' };
  } catch (error) {
    return { verdict: 'error', said: (error as Error).message };
  }
}

describe.each(READER_CASES)('$format: $file', ({ file, format, metrics, rule, spoiled }) => {
  test('is known by its content and read', async () => {
    const results = await readFixture(file);
    expect(results.files[0]?.format).toBe(format);
    for (const [label, wanted] of Object.entries(metrics)) {
      const { value, ...rest } = wanted;
      const found = metric(results, label);
      expect(found && { label, ...found }).toMatchObject({ label, ...rest });
      if (typeof value === 'number') expect(found?.value).toBeCloseTo(value, 9);
    }
  });
  test(`passes ${rule}`, async () => {
    expect(await judge(await readFile(join(fixtures, file), 'utf8'), rule)).toMatchObject({
      verdict: 'pass',
    });
  });
  test.each(spoiled)('%s is no pass, and says where', async (_what, from, to, says) => {
    const text = await readFile(join(fixtures, file), 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    const { verdict, said } = await judge(changed, rule);
    expect({ verdict, said }).not.toMatchObject({ verdict: 'pass' });
    expect(said).toMatch(says);
    if (verdict === 'error') expect(said).toContain('spoiled.file');
  });
  test('an empty file is no pass', async () => {
    expect((await judge('', rule)).said).toContain('spoiled.file: the file is empty');
  });
});

test('zeros of runs in which everything failed pass no bar of time', async () => {
  for (const file of ['vllm-bench/all-failed.json', 'guidellm/all-failed.json']) {
    const results = await readFixture(file);
    expect(metric(results, 'ttft_ms.p99')).toMatchObject({
      value: null,
      missing: 'none of its 8 requests succeeded',
    });
    expect(metric(results, 'error_rate')).toMatchObject({ value: 1, n: 8 });
  }
});

test('GuideLLM of report version 1, named so or not: counts are of the run, the strategy of its arguments', async () => {
  const text = await readFile(join(fixtures, 'guidellm/benchmarks.json'), 'utf8');
  const { benchmarks } = JSON.parse(text) as { benchmarks: Record<string, Record<string, unknown>>[] };
  const first = benchmarks.map(({ config, metrics: { request_totals: totals, ...metrics } = {} }) => ({
    ...{ type_: 'generative_benchmark', args: config, metrics },
    run_stats: { start_time: 1, end_time: 2, requests_made: totals },
  }));
  const path = join(folder, 'first.json');
  for (const head of [{}, { metadata: { version: 1 } }]) {
    await writeFile(path, JSON.stringify({ ...head, benchmarks: first }));
    const results = await readResults([{ path, shown: 'first.json' }], 'input `results`');
    expect(results.files[0]?.format).toBe('guidellm');
    expect(metric(results, 'ttft_ms.p99[synchronous]')).toMatchObject({ value: 76, n: 400 });
    expect(metric(results, 'error_rate[synchronous]')?.value).toBe(0);
    expect(metric(results, 'guidellm.time_per_output_token_ms.mean[synchronous]')).toBeUndefined();
  }
});
