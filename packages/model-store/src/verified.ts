/**
 * What of a repository's blobs was hashed before: size, time and inode beside the hashes, so that a hit is known in
 * milliseconds. One line per blob in `.locks/<repository>/verified.ndjson`, the last one counts. A lost line costs a
 * hash, never more. Bytes that were only written may be lost in a power cut although the file has its size: such a
 * line counts until the machine boots anew; then the file is hashed once from the disk.
 */
import type { Stats } from 'node:fs';
import { appendFile, mkdir } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { readFileIfThere } from '@sluice/runtime/files';
import type { SourceHash } from '@sluice/sources/source';
import type { RepoFolder } from './layout.ts';
import { bootId } from './owner.ts';
import { writePlaced } from './place-file.ts';

interface Line {
  etag: string;
  bytes: number;
  mtimeMs: number;
  ino: number;
  sha256: string;
  /** Boot in which it was written; null once it was read back from the disk. */
  boot: string | null;
}

const COMPACT_FACTOR = 4;
const COMPACT_FROM = 64;

export class VerifiedBlobs {
  readonly #folder: RepoFolder;
  readonly #path: string;
  readonly #lines = new Map<string, Line>();
  readonly #boot: string;
  #added: Line[] = [];
  #onDisk = 0;

  private constructor(folder: RepoFolder, boot: string) {
    this.#folder = folder;
    this.#path = join(folder.locks, 'verified.ndjson');
    this.#boot = boot;
  }

  static async open(folder: RepoFolder): Promise<VerifiedBlobs> {
    const blobs = new VerifiedBlobs(folder, await bootId());
    await blobs.refresh();
    return blobs;
  }

  /** Reads what other jobs have noted meanwhile. */
  async refresh(): Promise<void> {
    this.#onDisk = 0;
    for (const text of ((await readFileIfThere(this.#path)) ?? '').split('\n')) {
      const line = parseLine(text);
      if (!line) continue;
      this.#lines.set(line.etag, line);
      this.#onDisk += 1;
    }
  }

  /** The sha256 of the blob when it is, by its looks, the one that was hashed. */
  find(etag: string, info: Stats): string | undefined {
    const line = this.#lines.get(etag);
    if (!line || line.bytes !== info.size || line.mtimeMs !== info.mtimeMs || line.ino !== info.ino)
      return undefined;
    return line.boot === null || line.boot === this.#boot ? line.sha256 : undefined;
  }

  /** What the blob of this name was, however its file looks now; null: none of it is known. */
  recorded(etag: string): SourceHash | null {
    const line = this.#lines.get(etag);
    return line ? { algorithm: 'sha256', value: line.sha256 } : null;
  }

  /** `fromDisk`: it was there before, and read back; else it was written just now. */
  add(etag: string, info: Stats, sha256: string, fromDisk: boolean): void {
    const bootedAt = Date.now() - uptime() * 1000;
    const boot = fromDisk && info.mtimeMs < bootedAt ? null : this.#boot;
    const { size: bytes, mtimeMs, ino } = info;
    const line = { etag, bytes, mtimeMs, ino, sha256, boot };
    this.#lines.set(etag, line);
    this.#added.push(line);
  }

  /** Writes what was added; readers that come meanwhile see the old lines or the new ones. */
  async save(): Promise<void> {
    const added = this.#added;
    if (added.length === 0) return;
    this.#added = [];
    this.#onDisk += added.length;
    await mkdir(this.#folder.locks, { recursive: true });
    if (this.#onDisk > COMPACT_FROM && this.#onDisk > COMPACT_FACTOR * this.#lines.size) {
      await writePlaced(this.#folder, this.#path, toText([...this.#lines.values()]));
      this.#onDisk = this.#lines.size;
    } else {
      await appendFile(this.#path, toText(added));
    }
  }
}

function toText(lines: readonly Line[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

function parseLine(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    return typeof line.etag === 'string' && /^[0-9a-f]{64}$/.test(line.sha256) ? line : undefined;
  } catch {
    return undefined;
  }
}
