import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Results } from '../src/model.ts';
import { readResults } from '../src/readers/read-results.ts';

/** Results files that somebody else wrote: what they can't do to the reader. */

const log = join(import.meta.dirname, '../../../fixtures/results/inspect/capitals.eval');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(content: string | Buffer): Promise<Results> {
  const path = join(folder, Math.random().toString(36).slice(2));
  await writeFile(path, content);
  return readResults([{ path, shown: 'their.file' }], 'input `results`');
}

interface Member {
  name: string;
  data: Buffer;
  method?: 0 | 8 | 93 | 12;
  /** What the directory says it unpacks to, where that is a lie. */
  says?: number;
}

/** A zip whose parts are as the members say, true or not. */
function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, data, method = 0, says } of members) {
    const packed = method === 8 ? deflateRawSync(data) : method === 93 ? zstdCompressSync(data) : data;
    const local = Buffer.alloc(30);
    local.write('PK\x03\x04', 'latin1');
    local.writeUInt16LE(method, 8);
    local.writeUInt32LE(packed.byteLength, 18);
    local.writeUInt32LE(says ?? data.byteLength, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02', 'latin1');
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(packed.byteLength, 20);
    central.writeUInt32LE(says ?? data.byteLength, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), packed);
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + packed.byteLength;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(entries.byteLength, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, entries, end]);
}

const HEADER = {
  version: 2,
  status: 'success',
  eval: { task: 'a/capitals', run_id: 'r', dataset: { name: 'd' }, config: {} },
  results: {
    total_samples: 2,
    completed_samples: 2,
    scores: [{ name: 'match', metrics: { accuracy: { name: 'accuracy', value: 0.5 } } }],
  },
};
const SAMPLES = [
  { id: 1, epoch: 1, input: 'a', scores: { match: { value: 'C' } } },
  { id: 2, epoch: 1, input: 'b', scores: { match: { value: 'I' } } },
];
const member = (name: string, data: unknown, more: Partial<Member> = {}): Member => ({
  name,
  data: Buffer.from(JSON.stringify(data)),
  ...more,
});

describe('the zip of Inspect', () => {
  test('as inspect_ai 0.3.285 wrote it, zstd members and all, gives what its JSON gives', async () => {
    const bytes = await readFile(log);
    const results = await read(bytes);
    const json = await readFile(log.replace(/eval$/u, 'json'), 'utf8');
    expect(results.files[0]?.format).toBe('inspect');
    expect(results.metrics.map(({ name, value, n, stderr }) => ({ name, value, n, stderr }))).toEqual(
      (await read(json)).metrics.map(({ name, value, n, stderr }) => ({ name, value, n, stderr })),
    );
    expect(results.metrics[0]?.items?.scores.get('Atlantis')).toBe(0);
    await expect(read(bytes.subarray(0, -2000))).rejects.toThrow("their.file: is a zip that isn't whole");
  });
  test.each([0, 8, 93] as const)('members packed by method %i', async (method) => {
    const results = await read(
      zip([member('header.json', HEADER, { method }), member('summaries.json', SAMPLES, { method })]),
    );
    expect(results.metrics[0]).toMatchObject({ name: 'capitals.accuracy', value: 0.5, n: 2 });
    expect(results.metrics[0]?.items?.scores.size).toBe(2);
  });
  test.each<[string, Member[], string]>([
    ['a bomb that says its size', [member('header.json', {}, { method: 8, says: 2 ** 31 })], 'no more than'],
    [
      'a bomb that lies',
      [{ name: 'header.json', data: Buffer.alloc(50_000_000), method: 8, says: 1000 }],
      "can't be unpacked to the 1000 bytes",
    ],
    [
      'a zstd bomb that lies',
      [{ name: 'header.json', data: Buffer.alloc(50_000_000), method: 93, says: 1000 }],
      "can't be unpacked to the 1000 bytes",
    ],
    ['an unknown packing', [member('header.json', HEADER, { method: 12 })], 'method 12'],
    ['no header, a journal', [member('_journal/start.json', {})], 'still going'],
    ['another zip', [member('data.pkl', {})], 'no log of Inspect'],
    [
      'a name outside',
      [member('header.json', HEADER), member('../../etc/passwd', {})],
      'outside of its own folder',
    ],
    [
      'a sample twice',
      [member('header.json', HEADER), member('summaries.json', [...SAMPLES, ...SAMPLES])],
      'id 1, epoch 1 twice',
    ],
    [
      'a failed run',
      [member('header.json', { ...HEADER, status: 'error', error: { message: 'server gone' } })],
      'server gone',
    ],
  ])('%s', async (_what, members, says) => {
    await expect(read(zip(members))).rejects.toThrow(says);
  });
});

describe('text', () => {
  test('keys of prototypes are names like others, and touch nothing', async () => {
    const results = await read('{"__proto__": 0.5, "constructor": 0.7, "accuracy": 0.9, "toString": 1}');
    expect(results.metrics.map(({ name }) => name)).toContain('constructor');
    expect(({} as Record<string, unknown>)['accuracy']).toBeUndefined();
    expect(results.metrics.find(({ name }) => name === 'toString')).toMatchObject({ value: 1 });
    const nested = await read(
      '{"results": {"__proto__": {"acc,none": 1}, "t": {"acc,none": 0.5}}, "configs": {}, "n-shot": {"__proto__": {"t": 5}}}',
    );
    expect(nested.metrics.find(({ name }) => name === 't.acc')).toMatchObject({ value: 0.5 });
    const csv = await read('id,__proto__,accuracy\na,1,1\nb,0,0\n');
    expect(csv.metrics.find(({ name }) => name === 'accuracy')).toMatchObject({ value: 0.5, n: 2 });
    expect(Object.prototype).not.toHaveProperty('accuracy');
  });
  test('a hundred thousand brackets are no results, and no stack overflow', async () => {
    const deep = 100_000;
    await expect(read('['.repeat(deep) + ']'.repeat(deep))).rejects.toThrow('their.file');
    await expect(read('{"a":'.repeat(deep) + '1' + '}'.repeat(deep))).rejects.toThrow(
      'no known results format',
    );
    await expect(read('['.repeat(deep))).rejects.toThrow('neither JSON nor XML');
    await expect(read('<testsuite>'.repeat(5_000) + '</testsuite>'.repeat(5_000))).rejects.toThrow(
      'their.file',
    );
  });
  test('a bomb of entities stays text', async () => {
    const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${'b'.repeat(1000)}"><!ENTITY c "${'&a;'.repeat(1000)}">]><testsuite><testcase name="${'&c;'.repeat(100)}"/></testsuite>`;
    const results = await read(bomb);
    expect(results.metrics.find(({ name }) => name === 'tests.total')?.value).toBe(1);
    expect(JSON.stringify([...(results.metrics.at(-1)?.items?.scores.keys() ?? [])]).length).toBeLessThan(
      5000,
    );
  });
});
