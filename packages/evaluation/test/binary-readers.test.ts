import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { judgeRules } from '../src/judge.ts';
import type { Results } from '../src/model.ts';
import { parseProtoText } from '../src/readers/proto-text.ts';
import { readResults } from '../src/readers/read-results.ts';
import { metricLabel } from '../src/rules.ts';
import { parseRules } from '../src/rules-parser.ts';

/** Files that are no text, or protobuf's text, as whylogs 1.6.4, TFDV 1.16.1 and lighteval 0.13.0 write them. */

const fixtures = join(import.meta.dirname, '../../../fixtures/results');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-binary-'));
});
afterAll(() => rm(folder, { recursive: true }));

const readNamed = (path: string): Promise<Results> =>
  readResults([{ path, shown: 'the file' }], 'input `results`');
const readFixture = (name: string): Promise<Results> => readNamed(join(fixtures, name));
const valuesOf = ({ metrics }: Results): Record<string, number | null> =>
  Object.fromEntries(metrics.map((metric) => [metricLabel(metric), metric.value]));
async function readBytes(bytes: Buffer): Promise<Results> {
  const path = join(folder, `${bytes.length}.any`);
  await writeFile(path, bytes);
  return readNamed(path);
}
const fixture = (name: string): Promise<Buffer> => readFile(join(fixtures, name));

describe("WhyLogs' profile", () => {
  test('as its own summary tells it; a mean over NaN is missing', async () => {
    const read = await readFixture('whylogs/profile.bin');
    expect(read.files[0]?.format).toBe('whylogs');
    expect(valuesOf(read)).toMatchObject({
      rows: 60,
      'nulls.rate[answer]': 0.1,
      'nulls.rate[toxicity]': 1 / 60,
      'mean[score]': 0.6944800000000003,
      'stddev[score]': 0.09912650845241194,
      'min[score]': 0.4716,
      'p05[score]': 0.543,
      'median[score]': 0.6885,
      'p95[score]': 0.8753,
      'p99[tokens]': 393,
      'mean[toxicity]': null,
      'max[toxicity]': 0.09909896448688152,
    });
    const rules = parseRules('mean[score] >= 0.65 with 95%\nmean[toxicity] <= 1');
    const outcomes = judgeRules(rules, read.metrics, {}, { confidence: 0.95 });
    expect(outcomes.map(({ verdict }) => verdict)).toEqual(['pass', 'missing']);
    expect(outcomes[1]?.text).toContain('toxicity.mean is NaN');
  });
  test.each([0.05, 0.3, 0.7, 0.98])('cut at %d of its bytes it is no pass', async (share) => {
    const whole = await fixture('whylogs/profile.bin');
    await expect(readBytes(whole.subarray(0, Math.floor(whole.length * share)))).rejects.toThrow(
      /the file: .*(?:cut|announces|another kind|no field)/u,
    );
  });
});

describe("TFDV's files", () => {
  test.each(['tfdv/stats.pb', 'tfdv/stats.tfrecord'])('%s', async (name) => {
    const read = await readFixture(name);
    expect(read.files[0]?.format).toBe('tfdv');
    const values = valuesOf(read);
    expect(values).toMatchObject({
      rows: 80,
      'nulls.rate[answer]': 0.1,
      'mean[tokens]': 223.125,
      'max[tokens]': 399,
    });
    expect(values['mean[score]']).toBeCloseTo(0.71216875, 6);
    expect(values['stddev[score]']).toBeCloseTo(0.1080297, 6);
  });
  test.each(['tfdv/anomalies.pb', 'tfdv/anomalies.pbtxt'])('%s', async (name) => {
    expect(valuesOf(await readFixture(name))).toEqual({
      'anomalies.errors': 1,
      'anomalies.warnings': 0,
      'schema.violations': 1,
      'drift.l_infty[lang]': 0.5625,
    });
  });
  test('statistics as text, with slices left out and NaN among the nulls', async () => {
    const feature = (nan: number): string =>
      `features { type: FLOAT num_stats < common_stats { num_non_missing: 8 num_missing: 2 } mean: 0.5e0 histograms { num_nan: ${nan} } > path { step: "a" step: 'b' } }`;
    const text = `# written by a person\ndatasets { name: "All Examples", num_examples: 10 ${feature(3)} }\ndatasets { name: "lang_de"; num_examples: 5 ${feature(0)} }`;
    const read = await readBytes(Buffer.from(text));
    expect(valuesOf(read)).toMatchObject({ 'nulls.rate[a.b]': 0.5, 'mean[a.b]': 0.5 });
    expect(read.notes.join()).toContain('1 slices are not read');
  });
  test('no data, or cut: no pass', async () => {
    await expect(readBytes(Buffer.from('datasets { num_examples: 0 }'))).rejects.toThrow('TFDV saw no data');
    await expect(readBytes(Buffer.from('data_missing: true'))).rejects.toThrow('TFDV saw no data');
    await expect(readBytes(Buffer.from('datasets { num_examples: 5'))).rejects.toThrow(
      'line 1: it ends in the middle',
    );
    const record = await fixture('tfdv/stats.tfrecord');
    await expect(readBytes(record.subarray(0, -9))).rejects.toThrow('record 1 is cut');
    const changed = Buffer.from(record);
    changed[200] = (changed[200] as number) ^ 1;
    await expect(readBytes(changed)).rejects.toThrow('its checksum is another');
    const { length } = await fixture('tfdv/stats.pb');
    await expect(readBytes((await fixture('tfdv/stats.pb')).subarray(0, length - 100))).rejects.toThrow(
      /is binary/u,
    );
  });
  test('text is read as protobuf does: escapes, lists, texts side by side, extensions', () => {
    expect(
      parseProtoText(
        `a: "\\303\\251\\x41\\n" 'z' b: [1, -2.5e3, 0x10] c <d: inf> [x.y/z] { e: SOME }  __proto__ { f: true }`,
      ),
    ).toMatchObject({ a: ['éA\nz'], b: [1, -2500, 16], c: [{ d: [Infinity] }], 'x.y/z': [{ e: ['SOME'] }] });
    expect(() => parseProtoText('a {\n b: }')).toThrow('line 2: a value is awaited');
    expect(() => parseProtoText('a'.repeat(3))).toThrow('it ends in the middle');
    expect(() => parseProtoText('a{'.repeat(100))).toThrow('64 deep');
  });
});

describe("lighteval's details", () => {
  async function lay(day: string): Promise<string> {
    const time = `${day}T10-00-00.123456`;
    const results = join(folder, `results/org/tiny/results_${time}.json`);
    const details = join(folder, `details/org/tiny/${time}/details_capitals|2_${time}.parquet`);
    for (const path of [results, details]) await mkdir(dirname(path), { recursive: true });
    await copyFile(join(fixtures, `lighteval/capitals_${day}.json`), results);
    await copyFile(join(fixtures, `lighteval/details_capitals_${day}.parquet`), details);
    return results;
  }
  test('lie where lighteval puts them: two runs are paired item by item', async () => {
    const [before, after] = [
      await readNamed(await lay('2026-11-02')),
      await readNamed(await lay('2026-11-03')),
    ];
    const em = after.metrics.find(({ name }) => name === 'capitals.em');
    expect(em).toMatchObject({ n: 6, direction: 'higher', setup: { 'few-shot': '2' } });
    expect(em?.value).toBeCloseTo(4 / 6, 12);
    expect(em?.items?.scores.size).toBe(6);
    const rules = parseRules('capitals.em no-worse-than baseline by 1%');
    const [outcome] = judgeRules(rules, after.metrics, { baseline: before.metrics }, { confidence: 0.95 });
    expect(outcome?.verdict).not.toBe('pass');
    expect(outcome?.text).toMatch(/6/u);
    expect(before.notes.join()).not.toContain('nothing is paired');
  });
  test('details that do not add up pair nothing, and it is said; Parquet alone is told what to name', async () => {
    const results = await lay('2026-11-02');
    await writeFile(results, (await readFile(results, 'utf8')).replace('0.8333333333333334', '0.9'));
    const read = await readNamed(results);
    expect(read.notes.join()).toContain("the details of capitals.em don't add up");
    expect(read.metrics.find(({ name }) => name === 'capitals.em')?.items).toBeUndefined();
    await expect(readFixture('lighteval/details_capitals_2026-11-02.parquet')).rejects.toThrow(
      'name the results_<time>.json of their run',
    );
  });
});

test('bytes of no known tool are told as such', async () => {
  await expect(readBytes(Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4]))).rejects.toThrow(
    'is it packed, or cut?',
  );
});
