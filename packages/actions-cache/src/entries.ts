/**
 * Which files share an entry of GitHub's cache: each large one has its own, small ones lie in one, end to end. Keys are
 * made of the contents, so an entry never goes stale, and two models share what they have in common.
 */
import { createHash } from 'node:crypto';

/** A file by its content, as the hub lists it. */
export interface Content {
  path: string;
  bytes: number;
  /** sha256 or Git blob id: what a restored file must have. */
  etag: string;
}

export interface Entry {
  key: string;
  bytes: number;
  /** In the order in which they lie in it. */
  files: readonly Content[];
}

/** Where a file's bytes are. */
export interface Place {
  entry: Entry;
  offset: number;
}

export interface EntryPlan {
  entries: readonly Entry[];
  /** By etag. */
  places: ReadonlyMap<string, Place>;
  /** Files that no entry may hold. */
  tooLarge: readonly Content[];
}

/** Files below this share an entry. */
const SMALL = 16 * 1024 * 1024;
/** GitHub's limit for one entry. */
export const MAX_ENTRY_BYTES = 10 * 1024 ** 3;

export function planEntries(files: readonly Content[], maxEntryBytes = MAX_ENTRY_BYTES): EntryPlan {
  const contents = [...new Map(files.map((file) => [file.etag, file])).values()]
    .filter(({ bytes, etag }) => bytes > 0 && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(etag))
    .sort((a, b) => (a.etag < b.etag ? -1 : 1));
  const tooLarge = contents.filter(({ bytes }) => bytes > maxEntryBytes);
  const fitting = contents.filter(({ bytes }) => bytes <= maxEntryBytes);
  const entries: Entry[] = fitting
    .filter(({ bytes }) => bytes >= SMALL)
    .map((file) => ({ key: `sluice-${file.etag}`, bytes: file.bytes, files: [file] }));
  let pack: Content[] = [];
  const closePack = (): void => {
    if (pack.length > 0) entries.push(packOf(pack));
    pack = [];
  };
  for (const file of fitting.filter(({ bytes }) => bytes < SMALL)) {
    if (sizeOf(pack) + file.bytes > maxEntryBytes) closePack();
    pack.push(file);
  }
  closePack();
  const places = new Map<string, Place>();
  for (const entry of entries) {
    let offset = 0;
    for (const file of entry.files) {
      places.set(file.etag, { entry, offset });
      offset += file.bytes;
    }
  }
  return { entries, places, tooLarge };
}

function packOf(files: readonly Content[]): Entry {
  const lines = files.map(({ etag, bytes }) => `${etag} ${bytes}\n`).join('');
  const digest = createHash('sha256').update(lines).digest('hex');
  return { key: `sluice-pack-${digest}`, bytes: sizeOf(files), files };
}

export function sizeOf(files: readonly { bytes: number }[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
