/** A line per check, and the counts at the end; sources are read through the same interface as model-pull reads them. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { describeError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { parseSource } from '@sluice/sources/grammar';
import { resolveSource } from '@sluice/sources/resolve-source';
import type { DrivenSource, RemoteFile, ResolvedSource, SourceContext } from '@sluice/sources/source';
import { createSourceHash } from '@sluice/sources/source-hash';

export type Hashes = Record<string, string>;

export class Checks {
  passed = 0;
  failed = 0;
  readonly #who: string;

  constructor(who: string) {
    this.#who = who;
  }

  tell(check: string, ok: boolean, detail = ''): void {
    if (ok) this.passed += 1;
    else this.failed += 1;
    const why = ok || detail === '' ? '' : `: ${detail}`;
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${this.#who} ${check}${why}\n`);
  }

  /** Equal by value, told with both sides. */
  equal(check: string, seen: unknown, expected: unknown): void {
    const [a, b] = [JSON.stringify(sorted(seen)), JSON.stringify(sorted(expected))];
    this.tell(check, a === b, `${a} is not ${b}`);
  }

  /** Must fail with words that hold `part`. */
  async refused(check: string, work: Promise<unknown>, part: string): Promise<void> {
    try {
      await work;
      this.tell(check, false, 'it was let in');
    } catch (error) {
      this.tell(check, describeError(error).includes(part), describeError(error));
    }
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Resolves a source as model-pull would, with nothing of this machine's own configuration. */
export async function resolveText(text: string, more: Partial<SourceContext> = {}): Promise<ResolvedSource> {
  const source = parseSource(text, 'model') as DrivenSource;
  const log = plainLogger((line) => void process.stderr.write(line));
  return resolveSource(source, {
    env: { HOME: '/nonexistent' },
    log,
    signal: AbortSignal.timeout(60_000),
    workspace: '/nonexistent',
    ...more,
  });
}

/** sha256 by path, each file read in three ranges where it can be, one of them as the engine's threads ask for it; a hash that the source names must hold. */
export async function readAll(source: ResolvedSource): Promise<Hashes> {
  const hashes: Hashes = {};
  for (const file of source.files) {
    const bytes = await readFileParts(file);
    if (file.hash !== null) {
      const hash = createSourceHash(file.hash.algorithm, bytes.length);
      hash.update(bytes);
      const seen = hash.digest();
      if (seen !== file.hash.value)
        throw new Error(`${file.path}: ${file.hash.algorithm} is ${seen}, not ${file.hash.value}`);
    }
    hashes[file.path] = createHash('sha256').update(bytes).digest('hex');
  }
  return hashes;
}

async function readFileParts(file: RemoteFile): Promise<Buffer> {
  const signal = AbortSignal.timeout(60_000);
  if (!file.acceptsRanges || file.bytes === null || file.bytes < 3)
    return buffer((await file.open(undefined, signal)).body);
  const third = Math.floor(file.bytes / 3);
  const ranges = [
    { start: 0, end: third - 1 },
    { start: third, end: 2 * third - 1 },
    { start: 2 * third, end: file.bytes - 1 },
  ];
  const located = await file.locate?.(signal);
  const parts = await Promise.all(
    ranges.map(async (range, index) => {
      if (located && index === 1) {
        const part = `bytes=${range.start}-${range.end}`;
        const headers = { 'accept-encoding': 'identity', ...located.headers(), range: part };
        const answer = await fetch(located.url, { headers, redirect: 'manual', signal });
        if (answer.status === 206) return Buffer.from(await answer.arrayBuffer());
        // A redirect is left to `open`, as a thread leaves it.
        if (answer.status < 300 || answer.status >= 400)
          throw new Error(`${file.path}: a thread's range got ${answer.status}`);
      }
      const opened = await file.open(range, signal);
      if (opened.status !== 206) throw new Error(`${file.path}: a range was asked, ${opened.status} came`);
      return buffer(opened.body);
    }),
  );
  return Buffer.concat(parts);
}

/** sha256 by path of a folder's files. */
export async function hashFolder(folder: string): Promise<Hashes> {
  const hashes: Hashes = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    hashes[relative(folder, path)] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return hashes;
}
