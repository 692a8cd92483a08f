import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { parseDataSchema } from '@sluice/data/data-schema';
import { measureDrift } from '@sluice/data/drift';
import { DuplicateCounter } from '@sluice/data/duplicates';
import { findLeakage } from '@sluice/data/find-leakage';
import { LeakageFinder } from '@sluice/data/leakage';
import { driftMetrics } from '@sluice/data/metrics';
import { findPii } from '@sluice/data/pii';
import { profileData, scanData, type DataScan } from '@sluice/data/scan';
import { CommonKeys } from '@sluice/data/sketches';
import type { Row } from '@sluice/data/rows';

const folder = mkdtempSync(join(tmpdir(), 'sluice-measures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;
const put = (text: string, end = 'csv') => {
  const shown = `f${made++}.${end}`;
  writeFileSync(join(folder, shown), text);
  return [{ path: join(folder, shown), shown }];
};
const lines = (rows: object[]) => put(rows.map((row) => JSON.stringify(row)).join('\n'), 'jsonl');
const scan = async (files: ReturnType<typeof put>, schema?: object): Promise<DataScan> =>
  scanData(files, { folder, schemas: schema === undefined ? [] : [await parseDataSchema(schema, 'schema')] });
const found = (data: DataScan) =>
  data.schema?.findings.map(({ column, rule, count }) => [column, rule, count]);

describe('schema', () => {
  const csv = put('id,age,mail,when\n1,30,a@b.org,2026-01-01\n1,abc,x,2026-02-30\n3,200,,2026-03-01\n');
  test('types, ranges, patterns, dates, uniqueness and nulls, each with row and value', async () => {
    const data = await scan(csv, {
      rows: { min: 5 },
      'additional-columns': false,
      columns: {
        id: { type: 'integer', unique: true },
        age: { type: 'integer', min: 0, max: 120 },
        mail: { pattern: '^[^@]+@', nulls: '10%' },
        when: { type: 'date', min: '2026-01-01' },
        gone: {},
      },
    });
    expect(found(data)?.sort()).toEqual(
      [
        ['age', 'type integer', 1],
        ['age', 'at most 120', 1],
        ['mail', 'pattern ^[^@]+@', 1],
        ['mail', 'nulls at most 10 %, there are 33.3 %', 1],
        ['when', 'type date', 1],
        ['id', 'unique', 1],
        ['gone', 'a required column', 1],
        [null, 'at least 5 rows, there are 3', 1],
      ].sort(),
    );
    expect(data.schema?.total).toBe(8);
    const age = data.schema?.findings.find(({ rule }) => rule === 'type integer');
    expect(age).toMatchObject({ file: csv[0]?.shown, examples: [{ row: 2, value: 'abc' }] });
  });
  test('numbers of JSON are numbers, their texts are not', async () => {
    const data = await scan(lines([{ a: 1 }, { a: '1' }, { a: 1.5 }]), {
      columns: { a: { type: 'integer' } },
    });
    expect(found(data)).toEqual([['a', 'type integer', 2]]);
  });
  test('a JSON Schema judges each row; in CSV texts count as what they can be read as', async () => {
    const schema = {
      type: 'object',
      required: ['age'],
      properties: { age: { type: 'integer', maximum: 120 } },
    };
    expect(found(await scan(csv, schema))).toEqual([
      ['age', 'must be integer', 1],
      ['age', 'must be <= 120', 1],
    ]);
    expect(found(await scan(lines([{ age: '3' }, {}]), schema))?.sort()).toEqual([
      ['age', "must have required property 'age'", 1],
      ['age', 'must be integer', 1],
    ].sort()); // prettier-ignore
  });
  test('values are cut and lose what could harm a terminal; findings stay few', async () => {
    const rows = Array.from({ length: 600 }, (_, i) => ({ a: `\u001b[31m\u202e${'x'.repeat(200)}${i}` }));
    const data = await scan(lines(rows), { columns: { a: { 'max-length': 3 } } });
    expect(data.schema?.findings[0]).toMatchObject({ count: 600 });
    expect(data.schema?.findings[0]?.examples).toHaveLength(3);
    expect(data.schema?.findings[0]?.examples[0]?.value).toMatch(/^\ufffd\[31m\ufffdx{74}…$/u);
  });
  test.each([
    [{ columns: { a: { typ: 'integer' } } }, 'columns.a must NOT have additional properties ("typ" is none)'],
    [{ columns: { a: { type: 'int' } } }, 'columns.a.type must be equal'],
    [{ columns: { a: { pattern: '(' } } }, 'columns.a.pattern = "(" is no regular expression'],
    [{ columns: { a: { min: 'x' } } }, 'columns.a.min = "x" fits no number'],
    [{ duplicates: '200%' }, 'duplicates must match'],
  ])('%j is refused', async (schema, message) => {
    await expect(parseDataSchema(schema, 'the schema')).rejects.toThrow(message);
  });
});

test('repeated rows are counted exactly when keys are spilled to disk, and the files go', () => {
  const counter = new DuplicateCounter(folder, 100);
  for (let i = 0; i < 5000; i++) counter.add(`key ${i % 4000}`, i + 1);
  expect(readdirSync(folder).some((name) => name.startsWith('sluice-keys-'))).toBe(true);
  const { count, examples } = counter.finish();
  expect(count).toBe(1000);
  for (const { row, first } of examples) expect(row - first).toBe(4000);
  expect(readdirSync(folder).some((name) => name.startsWith('sluice-keys-'))).toBe(false);
});

test('the commonest keys are found among many rare ones (Misra and Gries)', () => {
  const keys = new CommonKeys(50);
  for (let i = 0; i < 20_000; i++) keys.add(i % 4 === 0 ? 'common' : `rare ${i}`);
  expect(keys.top(1)[0]?.key).toBe('common');
  expect(5000 - keys.count('common')).toBeLessThanOrEqual(keys.error);
  expect(keys.error).toBeLessThanOrEqual(20_000 / 51);
});

test('outliers by robust z and by quartiles', async () => {
  const values = [...Array.from({ length: 99 }, (_, i) => i % 10), 1000];
  const [column] = (await scan(lines(values.map((v) => ({ v }))))).outliers;
  expect(column).toMatchObject({ values: 100, robust: 1, iqr: 1, examples: [{ row: 100, value: 1000 }] });
});

describe('personal data', () => {
  test.each([
    ['mail me at jane.doe@example.org!', 'mail', 'j•••.•••@•••••••.••g'],
    ['card 4111 1111 1111 1111', 'card', '4••• •••• •••• •••1'],
    ['IBAN DE89 3704 0044 0532 0130 00', 'iban', 'D••• •••• •••• •••• •••• •0'],
    ['身份证11010519491231002X。', 'cn_id', '1••••••••••••••••X'],
    ['电话13812345678', 'cn_mobile', '1•••••••••8'],
    ['SSN 219-09-9999', 'ssn', '2••-••-•••9'],
    ['call +49 30 901820 now', 'phone', '+•• •• •••••0'],
    ['(212) 555-0123', 'phone', '(•••) •••-•••3'],
    ['from 192.168.1.10 today', 'ip', '1••.•••.•.•0'],
    ['host 2001:db8::ff00:42:8329', 'ip', '2•••:•••::••••:••:•••9'],
  ])('%s', (text, kind, masked) => expect(findPii(text)).toEqual([{ kind, masked }]));
  test.each([
    '4111 1111 1111 1112', // Luhn
    'DE88 3704 0044 0532 0130 00', // mod 97
    '110105194912310021', // check digit
    '11010519491331002X', // month 13
    '000-12-3456',
    '999.1.1.1',
    '12:30:45',
    'ab@c',
    '2026-01-01 12:00',
    '3.14159265358979',
    '1.2.3',
  ])('%s is none', (text) => expect(findPii(text)).toEqual([]));
  test('hostile text does not make it slow', () => {
    const begun = performance.now();
    for (const piece of ['a', '1', '1 ', 'A1', 'a.', '1-', '+1', 'f:', '@a.']) findPii(piece.repeat(100_000));
    expect(performance.now() - begun).toBeLessThan(3000);
  });
});

describe('leakage', () => {
  const long = 'The quick brown fox jumps over the lazy dog while seven green parrots watch from a tall tree';
  test('word for word, near, and not at all', async () => {
    const evaluation = lines([
      { q: 'What is the capital of France?', a: 'Paris' },
      { q: long },
      { q: `A question of its own that nobody has ever seen anywhere before ${'x '.repeat(3)}` },
      { q: '法国的首都是哪里' },
    ]);
    const training = lines([
      { prompt: 'what is   the CAPITAL of france', completion: 'P.' },
      { text: `Somewhere deep inside: ${long.toUpperCase()}; and it goes on.` },
      { text: '法国的首都是哪里？' },
    ]);
    expect(await findLeakage(evaluation, training)).toMatchObject({
      rows: 4, exact: 2, near: 3, run: 8, trainingRows: 3, keptRuns: 1,
    }); // prettier-ignore
    expect(await findLeakage(evaluation, evaluation)).toMatchObject({ exact: 4, near: 4 });
  });
  test('a template that many evaluation rows share says nothing', async () => {
    const template = 'Please answer the following question in one short sentence and explain nothing at all:';
    const rows = (from: number) =>
      Array.from({ length: 12 }, (_, i) => ({ q: `${template} ${from + i} apples` }));
    expect(await findLeakage(lines(rows(0)), lines(rows(100)))).toMatchObject({ exact: 0, near: 0 });
  });
  test('too many runs are thinned, and it is said', () => {
    const finder = new LeakageFinder(8, 100);
    const words = Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' ');
    const row: Row = { number: 1, values: new Map([['t', words]]) };
    finder.addEvaluation(row);
    finder.addTraining({ number: 7, values: new Map([['t', `more ${words}`]]) });
    const leakage = finder.finish();
    expect(leakage.keptRuns).toBeLessThan(0.2);
    expect(leakage).toMatchObject({ near: 1, exact: 0 });
  });
});

describe('drift', () => {
  const make = (rows: number, shift: number, words: string) =>
    lines(Array.from({ length: rows }, (_, i) => ({
      n: ((i * 37) % 100) + shift,
      kind: shift > 0 ? 'b' : 'a',
      text: `${words} ${'and so on '.repeat(i % 9)} number ${i} of a rather long list of different sentences that vary`,
    }))); // prettier-ignore
  const drift = async (shift: number, words: string) =>
    driftMetrics(
      measureDrift(await profileData(make(300, 0, 'hello')), await profileData(make(300, shift, words))),
      'now',
      undefined,
    );
  const of = (metrics: Awaited<ReturnType<typeof drift>>, name: string) =>
    metrics.find((one) => one.name === name);
  test('none between the same data', async () => {
    const same = await drift(0, 'hello');
    expect(of(same, 'drift.max_psi')?.value).toBe(0);
    expect(of(same, 'n.ks_p')).toMatchObject({ value: 1, direction: 'higher' });
    expect(of(same, 'text.length.wasserstein')?.value).toBe(0);
  });
  test('of numbers, categories and words', async () => {
    const other = await drift(50, 'bonjour tout le monde mes amis');
    expect(of(other, 'n.psi')?.value).toBeGreaterThan(0.2);
    expect(of(other, 'n.wasserstein')?.value).toBeCloseTo(50, 9);
    expect(of(other, 'n.ks_p')?.value).toBeLessThan(1e-9);
    expect(of(other, 'kind.psi')?.value).toBeGreaterThan(5);
    expect(of(other, 'text.vocabulary.js')?.value).toBeGreaterThan(0.1);
    expect(of(other, 'text.psi')?.value).toBeGreaterThan(0.2);
  });
  test('numbers that became texts or nulls have drifted', async () => {
    const before = await profileData(lines(Array.from({ length: 100 }, (_, n) => ({ n }))));
    const after = await profileData(lines(Array.from({ length: 100 }, (_, n) => ({ n: n < 10 ? n : null }))));
    expect(of(driftMetrics(measureDrift(before, after), 'now', 'training'), 'n.psi')?.value).toBeGreaterThan(
      1,
    );
  });
  test('a column that is gone leaves the largest drift missing, never small', async () => {
    const before = await profileData(lines([{ a: 1, b: 2 }]));
    const max = of(
      driftMetrics(measureDrift(before, await profileData(lines([{ a: 1 }]))), 'now', 'training'),
      'drift.max_psi',
    );
    expect(max).toMatchObject({ value: null, against: 'training' });
    expect(max?.missing).toContain('"b"');
  });
  describe('of vectors', () => {
    const vectors = async (shift: number, length = 3, end: 'jsonl' | 'csv' = 'jsonl') => {
      const rows = Array.from({ length: 60 }, (_, i) =>
        Array.from({ length }, (_, j) => Math.sin(i * (j + 1.7)) + shift + 0.5),
      );
      const file =
        end === 'csv'
          ? put(['v', ...rows.map((row) => JSON.stringify(JSON.stringify(row)))].join('\n'))
          : lines(rows.map((v) => ({ v })));
      return profileData(file);
    };
    type Profiles = Awaited<ReturnType<typeof vectors>>;
    const between = (before: Profiles, after: Profiles) =>
      driftMetrics(measureDrift(before, after), 'now', undefined);
    test.each(['jsonl', 'csv'] as const)('%s: p is small where they moved, and only there', async (end) => {
      const before = await vectors(0, 3, end);
      expect(before[0]).toMatchObject({ name: 'v', kind: 'vector' });
      const same = between(before, await vectors(0, 3, end));
      expect(of(same, 'v.embedding.mmd_p')?.value).toBeGreaterThan(0.5);
      expect(of(same, 'v.embedding.cosine')?.value).toBeCloseTo(0, 12);
      const moved = between(before, await vectors(0.6, 3, end));
      expect(of(moved, 'v.embedding.mmd_p')).toMatchObject({ value: 0.0002, direction: 'higher' });
      expect(of(moved, 'v.embedding.mmd')?.value).toBeGreaterThan(0.05);
    });
    test('of another length: missing, and so is the largest drift', async () => {
      const other = between(await vectors(0), await vectors(0, 4));
      expect(of(other, 'v.embedding.mmd_p')).toMatchObject({ value: null });
      expect(of(other, 'drift.max_psi')?.missing).toContain('vectors of 3 numbers, the current data of 4');
    });
    test('lists of whole numbers are tokens or choices, no vectors', async () => {
      const [column] = await profileData(lines([{ v: [1, 2, 3] }, { v: [4, 5, 6] }]));
      expect(column?.kind).not.toBe('vector');
    });
  });
});
