/** The record file under stress: several processes, a dead lock owner, another version, megabytes, secrets. */
import { mkdirSync, mkdtempSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '@sluice/process/run';
import { ConfigError } from '@sluice/runtime/errors';
import { addSecret } from '@sluice/runtime/secrets';
import {
  appendStage,
  newRecord,
  readRecord,
  withStage,
  type NewStage,
  type ReleaseRecord,
} from '../src/record.ts';
import { emptyUnit } from '../src/unit.ts';
import { filesDigest, hashModelPath } from '../src/weights.ts';

const folder = (): string => mkdtempSync(join(tmpdir(), 'record-file-'));

const stage: NewStage = {
  action: 'eval-gate',
  name: 'quality',
  at: '2026-01-02T03:04:05.000Z',
  run: { url: '', id: '1', attempt: 1, sha: '' },
  unit: emptyUnit(),
  verdict: 'pass',
  outcome: 'success',
  reasons: [],
  metrics: {},
  data: {},
};

test('several processes append at once, over the lock of a dead one: no stage is lost', async () => {
  const path = join(folder(), 'sluice-run/release.json');
  mkdirSync(join(path, '..'));
  writeFileSync(`${path}.lock`, JSON.stringify({ pid: 999_999_999, startTime: '1' }));
  const script = join(import.meta.dirname, 'fixtures/append.ts');
  const names = ['a', 'b', 'c', 'd'];
  await Promise.all(names.map((name) => run(process.execPath, [script, path, name, '5'])));
  const record = await readRecord(path);
  const wanted = names.flatMap((name) => Array.from({ length: 5 }, (_, i) => `${name}-${i}`));
  expect(record?.stages.map(({ name }) => name).sort()).toEqual(wanted);
  expect(readdirSync(join(path, '..')).sort()).toEqual(['.gitignore', 'release.json']);
});

test('a record of a newer version is refused by name, not as a broken one', async () => {
  const path = join(folder(), 'release.json');
  writeFileSync(path, JSON.stringify({ ...newRecord(), schemaVersion: 2, lineage: {} }));
  await expect(readRecord(path)).rejects.toThrow(
    'has schemaVersion 2, and this version of sluice reads 1: a newer version wrote it; use the same version',
  );
  await expect(appendStage(path, stage)).rejects.toBeInstanceOf(ConfigError);
  for (const value of [null, [], 7, { schemaVersion: '1' }, { schemaVersion: 0 }]) {
    writeFileSync(path, JSON.stringify(value));
    await expect(readRecord(path)).rejects.toThrow('is not valid');
  }
});

test('5 MB with a thousand stages are read, checked and appended to in seconds', async () => {
  const path = join(folder(), 'release.json');
  const started = Date.now();
  const big: NewStage = { ...stage, data: { text: 'ä'.repeat(2_200), nested: { a: [1, 2.5, null, 'x'] } } };
  let record: ReleaseRecord = newRecord();
  for (let i = 0; i < 1_100; i += 1) record = withStage(record, big);
  writeFileSync(path, JSON.stringify(record));
  expect(statSync(path).size).toBeGreaterThan(5e6);
  const after = await appendStage(path, stage);
  expect(after.stages).toHaveLength(1_101);
  expect((await readRecord(path))?.stages).toHaveLength(1_101);
  expect(Date.now() - started).toBeLessThan(10_000);
});

test('what cannot be JSON becomes what JSON makes of it, and the chain still holds', async () => {
  const path = join(folder(), 'release.json');
  const data = {
    nan: NaN,
    none: undefined,
    lone: '😀'.slice(0, 1),
    zero: -0,
    date: new Date(0),
    list: [undefined],
  };
  await appendStage(path, { ...stage, data });
  await appendStage(path, stage);
  const record = await readRecord(path);
  expect(record?.stages).toHaveLength(2);
  expect(record?.stages[0]?.data).toMatchObject({ nan: null, lone: '\ufffd', zero: 0, list: [null] });
});

test('a secret that a reason quotes stands in no record', async () => {
  const path = join(folder(), 'release.json');
  addSecret('hf_verysecret');
  const record = await appendStage(path, {
    ...stage,
    reasons: ['401: no such token hf_verysecret'],
    data: { request: { headers: ['Bearer hf_verysecret'] } },
  });
  expect(JSON.stringify(record)).not.toContain('verysecret');
  expect(JSON.stringify(await readRecord(path))).toContain('401: no such token ***');
});

test('weights behind a linked folder count; circles and dead links are named', async () => {
  const model = folder();
  const elsewhere = folder();
  writeFileSync(join(model, 'config.json'), '{}');
  writeFileSync(join(elsewhere, 'model.safetensors'), 'one');
  symlinkSync(elsewhere, join(model, 'shards'));
  const before = await hashModelPath(model);
  expect(before.files.map(({ path }) => path).sort()).toEqual(['config.json', 'shards/model.safetensors']);
  writeFileSync(join(elsewhere, 'model.safetensors'), 'two');
  expect((await hashModelPath(model)).digest).not.toBe(before.digest);

  symlinkSync(model, join(elsewhere, 'back'));
  await expect(hashModelPath(model)).rejects.toThrow('leads in a circle');
  const dead = folder();
  symlinkSync(join(dead, 'gone'), join(dead, 'model.gguf'));
  await expect(hashModelPath(dead)).rejects.toThrow('leads nowhere');
});

test("a record whose digest is not that of its own files lends it to nobody's weights", async () => {
  const path = join(folder(), 'model.gguf');
  writeFileSync(path, 'other weights');
  const { files } = await hashModelPath(path);
  const claimed = `sha256:${'a'.repeat(64)}`;
  const record: ReleaseRecord = {
    ...newRecord(),
    model: { source: 'x', revision: 'y', digest: claimed, files },
  };
  expect((await hashModelPath(path, record)).digest).toBe(filesDigest(files));
});
