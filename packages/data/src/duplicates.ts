/**
 * Counts keys that come again, exactly, in bounded memory: keys are hashed to 128 bits (SHA-256, cut), and beyond a
 * number of them spilled to 64 files by hash, which are then counted one after the other.
 */
import { hash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const KEY_BYTES = 16;
/** A key and, as a double, the number of its row. */
const ENTRY_BYTES = KEY_BYTES + 8;
const PARTITIONS = 64;
const FLUSH_ENTRIES = 2048;
const EXAMPLES = 5;

export interface Duplicates {
  /** Keys that were there before. */
  count: number;
  /** A few: the row, and the first row of the same key. */
  examples: { row: number; first: number }[];
}

export class DuplicateCounter {
  private readonly folder: string;
  private readonly keptInMemory: number;
  private seen = new Map<string, number>();
  private spilled: { folder: string; buffers: Buffer[]; used: number[] } | undefined;
  private readonly found: Duplicates = { count: 0, examples: [] };

  /** @param folder for temporary files, made on need and removed by `close` */
  constructor(folder: string, keptInMemory = 100_000) {
    this.folder = folder;
    this.keptInMemory = keptInMemory;
  }

  add(key: string, row: number): void {
    const digest = hash('sha256', key, 'buffer').subarray(0, KEY_BYTES);
    if (this.spilled !== undefined) {
      this.spill(digest, row);
      return;
    }
    this.note(this.seen, digest.toString('latin1'), row);
    if (this.seen.size < this.keptInMemory) return;
    this.spilled = {
      folder: mkdtempSync(join(this.folder, 'sluice-keys-')),
      buffers: Array.from({ length: PARTITIONS }, () => Buffer.alloc(FLUSH_ENTRIES * ENTRY_BYTES)),
      used: Array.from({ length: PARTITIONS }, () => 0),
    };
    // Those that came again are counted already: only their first row goes on.
    for (const [known, first] of this.seen) this.spill(Buffer.from(known, 'latin1'), first);
    this.seen = new Map();
  }

  /** All that came again; removes the temporary files. */
  finish(): Duplicates {
    const { spilled } = this;
    if (spilled === undefined) return this.found;
    for (let part = 0; part < PARTITIONS; part++) {
      this.flush(part);
      const entries = readIfThere(join(spilled.folder, String(part)));
      const seen = new Map<string, number>();
      for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
        this.note(seen, entries.toString('latin1', at, at + KEY_BYTES), entries.readDoubleLE(at + KEY_BYTES));
      }
    }
    this.close();
    return this.found;
  }

  close(): void {
    if (this.spilled !== undefined) rmSync(this.spilled.folder, { recursive: true, force: true });
    this.spilled = undefined;
    this.seen = new Map();
  }

  private note(seen: Map<string, number>, key: string, row: number): void {
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, row);
      return;
    }
    this.found.count++;
    if (this.found.examples.length < EXAMPLES) this.found.examples.push({ row, first });
  }

  private spill(digest: Buffer, row: number): void {
    const { spilled } = this;
    if (spilled === undefined) return;
    const part = (digest[0] ?? 0) % PARTITIONS;
    const used = spilled.used[part] ?? 0;
    const buffer = spilled.buffers[part];
    if (buffer === undefined) return;
    digest.copy(buffer, used * ENTRY_BYTES);
    buffer.writeDoubleLE(row, used * ENTRY_BYTES + KEY_BYTES);
    spilled.used[part] = used + 1;
    if (used + 1 === FLUSH_ENTRIES) this.flush(part);
  }

  private flush(part: number): void {
    const { spilled } = this;
    const used = spilled?.used[part] ?? 0;
    if (spilled === undefined || used === 0) return;
    appendFileSync(
      join(spilled.folder, String(part)),
      spilled.buffers[part]?.subarray(0, used * ENTRY_BYTES) ?? '',
    );
    spilled.used[part] = 0;
  }
}

function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // Nothing fell into this part.
    return Buffer.alloc(0);
  }
}
