/**
 * What the safety check found in files of the cache, kept beside their looks (size, time, inode, as verified.ndjson does)
 * and the rules that were followed: an unchanged file isn't read through again. One line per file in
 * `.locks/inspected.ndjson`, the last one counts; a lost or torn line costs a look, never more.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFileIfThere, writeFileAtomic } from '@sluice/runtime/files';
import type { Inspection } from '@sluice/weights/inspect';

interface Line extends Inspection {
  rules: string;
  bytes: number;
  mtimeMs: number;
  ino: number;
}

/** Beyond this, the older half goes. */
const MAX_LINES = 20_000;

export class KnownInspections {
  readonly #path: string;
  readonly #rules: string;
  readonly #lines = new Map<string, Line>();
  #count = 0;
  #added: Line[] = [];

  private constructor(path: string, rules: string) {
    this.#path = path;
    this.#rules = rules;
  }

  static async open(cacheDir: string, rules: string): Promise<KnownInspections> {
    const known = new KnownInspections(join(cacheDir, '.locks', 'inspected.ndjson'), rules);
    for (const text of ((await readFileIfThere(known.#path)) ?? '').split('\n')) {
      const line = parseLine(text);
      if (!line) continue;
      known.#count += 1;
      if (line.rules === rules) known.#lines.set(keyOf(line.path, line), line);
    }
    return known;
  }

  find(path: string, info: Stats): Inspection | undefined {
    const line = this.#lines.get(keyOf(path, looksOf(info)));
    if (!line) return undefined;
    const { format, problem, notice, external } = line;
    return { path, format, problem, notice, external };
  }

  add(inspection: Inspection, info: Stats): void {
    const line = { ...inspection, ...looksOf(info), rules: this.#rules };
    this.#lines.set(keyOf(inspection.path, line), line);
    this.#added.push(line);
  }

  /** Two jobs at once: at worst one's lines are lost. */
  async save(): Promise<void> {
    const added = this.#added;
    if (added.length === 0) return;
    this.#added = [];
    this.#count += added.length;
    await mkdir(dirname(this.#path), { recursive: true });
    const text = added.map((line) => `${JSON.stringify(line)}\n`).join('');
    if (this.#count <= MAX_LINES) {
      await appendFile(this.#path, text);
      return;
    }
    const lines = ((await readFileIfThere(this.#path)) ?? '').split('\n');
    const kept = lines.slice(-MAX_LINES / 2).filter((line) => line !== '');
    await writeFileAtomic(this.#path, `${kept.join('\n')}\n${text}`);
  }
}

/**
 * A name for all that decides a verdict: the code, by the bytes of the bundle's folder, and the lists that let things in.
 * undefined outside a bundle: there nothing tells one state of the code from the next.
 */
export function rulesOf(
  bundle: string,
  lists: { allowFormats: readonly string[]; allowGlobals: readonly string[] },
): string | undefined {
  if (!bundle.endsWith('.js')) return undefined;
  const hash = createHash('sha256');
  const folder = dirname(bundle);
  for (const name of readdirSync(folder)
    .filter((one) => one.endsWith('.js'))
    .sort())
    hash.update(`${name}\n`).update(readFileSync(join(folder, name)));
  hash.update(JSON.stringify([[...lists.allowFormats].sort(), [...lists.allowGlobals].sort()]));
  return hash.digest('hex').slice(0, 32);
}

function looksOf(info: Stats): Pick<Line, 'bytes' | 'mtimeMs' | 'ino'> {
  return { bytes: info.size, mtimeMs: info.mtimeMs, ino: info.ino };
}

function keyOf(path: string, { bytes, mtimeMs, ino }: Pick<Line, 'bytes' | 'mtimeMs' | 'ino'>): string {
  return JSON.stringify([path, bytes, mtimeMs, ino]);
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    const told = (value: unknown): boolean => value === null || typeof value === 'string';
    const whole =
      typeof line.path === 'string' && typeof line.format === 'string' && typeof line.rules === 'string';
    return whole && told(line.problem) && told(line.notice) && Array.isArray(line.external)
      ? line
      : undefined;
  } catch {
    return undefined;
  }
}
