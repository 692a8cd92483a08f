import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readRows } from '@sluice/data/read-rows';

const folder = mkdtempSync(join(tmpdir(), 'sluice-rows-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixtures = join(import.meta.dirname, 'fixtures');

/** Rows of a file as plain lists, broken ones with why. */
const rowsOf = async (name: string, content?: string | Buffer): Promise<unknown[]> => {
  const path = content === undefined ? join(fixtures, name) : join(folder, name);
  if (content !== undefined) writeFileSync(path, content);
  const rows: unknown[] = [];
  for await (const batch of readRows({ path, shown: name }))
    for (const { number, values, broken } of batch)
      rows.push([number, [...values], ...(broken === undefined ? [] : [broken])]);
  return rows;
};
const two = [
  [1, [['a', '1'], ['b', 'x, "y"']]],
  [2, [['a', '2'], ['b', 'z']]],
]; // prettier-ignore
const csv = 'a,b\r\n1,"x, ""y"""\r\n2,z\r\n';
const json = [
  [1, [['a', '],{"'], ['b', [1, { c: 2 }]]]],
  [2, [['a', 2]]],
]; // prettier-ignore
const jsonText = '[ {"a":"],{\\"","b":[1,{"c":2}]} ,\n{"a":2}]';

describe('every format', () => {
  test.each([
    ['plain.csv', csv],
    ['bom.csv', `\uFEFF${csv}`],
    ['utf16.csv', Buffer.from(`\uFEFF${csv}`, 'utf16le')],
    ['packed.csv.gz', gzipSync(csv)],
    ['packed.csv.zst', zstdCompressSync(csv)],
    ['tabs.tsv', 'a\tb\n1\t"x, ""y"""\n2\tz'],
  ])('%s', async (name, content) => expect(await rowsOf(name, content)).toEqual(two));
  test.each([
    ['array.json', jsonText],
    ['array.json.gz', gzipSync(jsonText)],
    ['lines.jsonl', '{"a":"],{\\"","b":[1,{"c":2}]}\n\n{"a":2}'],
    ['lines-called.json', '{"a":"],{\\"","b":[1,{"c":2}]}\r\n{"a":2}\r\n'],
    ['without-ending', jsonText],
  ])('%s', async (name, content) => expect(await rowsOf(name, content)).toEqual(json));
  test.each(['snappy', 'zstd'])("pyarrow's Parquet, %s, two row groups", async (packing) => {
    expect(await rowsOf(`${packing}.parquet`)).toEqual([
      [1, [['id', 1], ['text', 'x'], ['items', [1n]], ['nested', { u: 1n, v: 'q' }], ['share', 1.5], ['at', new Date(0)], ['__proto__', 'p']]],
      [2, [['id', 2], ['text', 'é'], ['items', [2n, 3n]], ['nested', null], ['share', NaN], ['at', new Date(1)], ['__proto__', 'q']]],
      [3, [['id', null], ['text', 'z'], ['items', null], ['nested', { u: 2n, v: 'w' }], ['share', 2.5], ['at', new Date(2)], ['__proto__', 'r']]],
    ]); // prettier-ignore
  });
});

describe('hostile and broken files', () => {
  test('ragged rows are told, not mended', async () => {
    expect(await rowsOf('ragged.csv', 'a,b\n1\n1,2,3\n')).toEqual([
      [1, [['a', '1']], '1 fields where the header has 2'],
      [2, [['a', '1'], ['b', '2']], '3 fields where the header has 2'],
    ]); // prettier-ignore
  });
  test('lines that are no JSON are broken rows; __proto__ is a column', async () => {
    const rows = await rowsOf('bad.jsonl', '{"__proto__":{"x":1}}\nno\n[1]\n{"a":NaN}\n');
    expect(rows).toEqual([
      [1, [['__proto__', { x: 1 }]]],
      [2, [], 'it is no JSON'],
      [3, [], 'it is no JSON object'],
      [4, [['a', 'NaN']]],
    ]);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
  test.each([
    [
      'latin1.csv',
      Buffer.from('a,b\n\xe9,1\n', 'latin1'),
      'latin1.csv is no UTF-8 between its bytes 0 and 8',
    ],
    ['cut.csv.gz', gzipSync(csv).subarray(0, -9), "cut.csv.gz can't be unpacked (gzip)"],
    ['cut.json', '[{"a":1},{"a":', 'its end is missing'],
    ['after.json', '[{"a":1}] x', 'something follows the end'],
    ['twice.csv', 'a,b,a\n1,2,3\n', 'names the column "a" twice'],
    ['open.csv', 'a,b\n1,"never closed\n2,3\n', 'open.csv, row 1: a quote is never closed'],
    ['empty.csv', '', 'empty.csv is empty'],
    ['fake.parquet', 'PAR0 no', "doesn't begin as Parquet does"],
    [
      'broken.parquet',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(50, 7), Buffer.from('PAR1')]),
      "can't be read as Parquet",
    ],
    ['what.bin', Buffer.from([0, 1, 2, 3]), "isn't known as data"],
    ['huge.jsonl', `{"a":"${'x'.repeat(17 * 2 ** 20)}`, 'a row of over 16 MiB'],
  ] as [string, string | Buffer, string][])('%s', async (name, content, message) => {
    await expect(rowsOf(name, content)).rejects.toThrow(message);
  });
  test('a packing that is not read is named', async () => {
    await expect(rowsOf('lz4.parquet')).rejects.toThrow('packed with LZ4_RAW');
  });
  test('NUL bytes stay inside their value', async () => {
    expect(await rowsOf('nul.csv', 'a,b\n1\0,2\n')).toEqual([[1, [['a', '1\0'], ['b', '2']]]]); // prettier-ignore
  });
});

describe('memory does not grow with rows', () => {
  // A million rows in 40 MB: e2e/oracles/data.
  test('200,000 rows, checked, profiled and looked through for repeated ones, within a heap of 20 MB', async () => {
    const script = join(import.meta.dirname, 'scan-many.ts');
    const path = join(folder, 'many.jsonl');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=20',
      script,
      path,
      '200000',
    ]);
    expect(JSON.parse(stdout)).toEqual({ rows: 200_000, duplicates: 0, violations: 0 });
    expect(readdirSync(folder).filter((name) => name.startsWith('sluice-keys-'))).toEqual([]);
  }, 60_000);
});
