import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { freeSpace, requireSpace } from '@sluice/model-store/disk-space';
import type { LayOutFile } from '@sluice/model-store/lay-out';
import { layOut } from '@sluice/model-store/lay-out';

const commit = 'c'.repeat(40);
let from: string;
let dest: string;
beforeEach(async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-dest-'));
  from = join(root, 'snapshot');
  dest = join(root, 'dest');
});

async function stock(contents: Record<string, string>): Promise<LayOutFile[]> {
  return Promise.all(
    Object.entries(contents).map(async ([path, text]) => {
      const file = join(from, path);
      await mkdir(dirname(file), { recursive: true });
      await rm(file, { force: true });
      await writeFile(file, text);
      const sha256 = createHash('sha256').update(text).digest('hex');
      return { path, bytes: Buffer.byteLength(text), sha256, etag: sha256 };
    }),
  );
}
const lay = (files: LayOutFile[]) =>
  layOut(files, { from, dest, commit, connections: 2, signal: new AbortController().signal });

test('lays out without a second copy, and does nothing twice', async () => {
  const files = await stock({ 'a.txt': 'A', 'sub/b.txt': 'B' });
  const first = await lay(files);
  expect(first.methods.reflink + first.methods.hardlink).toBe(2);
  expect(await readFile(join(dest, 'sub/b.txt'), 'utf8')).toBe('B');
  expect(
    (await readFile(join(dest, '.cache/huggingface/download/sub/b.txt.metadata'), 'utf8'))
      .split('\n')
      .slice(0, 2),
  ).toEqual([commit, files[1]?.etag]);
  if (first.methods.hardlink === 2) expect((await lay(files)).methods.kept).toBe(2);
});

test('takes away what an earlier pull laid out, and nothing else', async () => {
  await lay(await stock({ 'a.txt': 'A', 'old.txt': 'O', 'changed.txt': 'C' }));
  await writeFile(join(dest, 'mine.txt'), 'mine');
  await rm(join(dest, 'changed.txt'));
  await writeFile(join(dest, 'changed.txt'), 'by hand');
  const { removed } = await lay(await stock({ 'a.txt': 'A2' }));
  expect(removed).toEqual(['old.txt']);
  expect((await readdir(dest)).sort()).toEqual(['.cache', 'a.txt', 'changed.txt', 'mine.txt']);
  expect(await readFile(join(dest, 'a.txt'), 'utf8')).toBe('A2');
});

test('a file that stands there is replaced, not written into', async () => {
  const files = await stock({ 'a.txt': 'A' });
  await mkdir(dest, { recursive: true });
  await writeFile(join(dest, 'a.txt'), 'other');
  await chmod(join(dest, 'a.txt'), 0o400);
  await lay(files);
  expect(await readFile(join(dest, 'a.txt'), 'utf8')).toBe('A');
  expect((await stat(join(from, 'a.txt'))).size).toBe(1);
});

test('too little space is told before anything is written', async () => {
  const free = await freeSpace(join(dest, 'not/there/yet'));
  expect(free).toBeGreaterThan(0);
  await expect(requireSpace(dest, 1, 0)).resolves.toBeUndefined();
  await expect(requireSpace(dest, free * 2, 1e9)).rejects.toThrow(
    /free .* more, or point `cache-dir` at another disk/,
  );
});
