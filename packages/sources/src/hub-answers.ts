/**
 * Typed readers of what the hub answers. Its answers are a stranger's text: each field that is used is checked, and
 * anything else is an InfraError that says which answer was odd.
 */
import { InfraError } from '@sluice/runtime/errors';

export interface RepoInfo {
  commit: string;
  private: boolean;
  gated: boolean;
  /** The hub's reading of the model card at the head of README.md, unchecked; null when it has none. */
  cardData: unknown;
}

/** One file of a tree: `etag` is sha256 (64 hex, LFS and Xet files) or git-sha1 (40 hex). */
export interface TreeFile {
  path: string;
  bytes: number;
  /** The name of its blob in the cache. */
  etag: string;
  /** git id of the entry itself (for LFS files: of the pointer). */
  blobId: string;
  lfs: boolean;
  xetHash: string | null;
}

export interface RefNames {
  branches: string[];
  tags: string[];
}

type Fields = Record<string, unknown>;

const COMMIT = /^[0-9a-f]{40}$/;
const SHA256 = /^[0-9a-f]{64}$/;

export function readRepoInfo(value: unknown, what: string): RepoInfo {
  const info = fields(value, what);
  const commit = info['sha'];
  if (typeof commit !== 'string' || !COMMIT.test(commit)) throw odd(what, 'it names no commit (`sha`)');
  return {
    commit,
    private: info['private'] === true,
    gated: info['gated'] !== undefined && info['gated'] !== false,
    cardData: info['cardData'] ?? null,
  };
}

/** The files of one page of a tree; folders are left out, they follow from the paths. */
export function readTreePage(value: unknown, what: string): TreeFile[] {
  if (!Array.isArray(value)) throw odd(what, 'it is no list');
  return value
    .map((entry: unknown) => fields(entry, what))
    .flatMap((entry) => {
      if (entry['type'] === 'directory') return [];
      return [readTreeFile(entry, what)];
    });
}

function readTreeFile(entry: Fields, what: string): TreeFile {
  const { path, oid, size, lfs, xetHash } = entry;
  if (typeof path !== 'string' || path === '') throw odd(what, 'an entry has no path');
  if (typeof oid !== 'string' || !COMMIT.test(oid)) throw odd(what, `${JSON.stringify(path)} has no Git id`);
  const xet = typeof xetHash === 'string' ? xetHash : null;
  if (lfs === undefined || lfs === null) {
    return { path, bytes: byteCount(size, path, what), etag: oid, blobId: oid, lfs: false, xetHash: xet };
  }
  const pointer = fields(lfs, what);
  const sha256 = typeof pointer['oid'] === 'string' ? pointer['oid'].replace(/^sha256:/, '') : '';
  if (!SHA256.test(sha256)) throw odd(what, `${JSON.stringify(path)} has no sha256`);
  const bytes = byteCount(pointer['size'] ?? size, path, what);
  return { path, bytes, etag: sha256, blobId: oid, lfs: true, xetHash: xet };
}

/** Path to what the hub's own scan says (`securityFileStatus.status`), where an expanded page says anything. */
export function readScanPage(value: unknown, what: string): [path: string, status: string][] {
  if (!Array.isArray(value)) throw odd(what, 'it is no list');
  return value.flatMap((entry: unknown): [string, string][] => {
    const { path, securityFileStatus: scan } = fields(entry, what);
    const status = typeof scan === 'object' && scan !== null && 'status' in scan ? scan.status : undefined;
    return typeof path === 'string' && typeof status === 'string' ? [[path, status]] : [];
  });
}

export function readRefs(value: unknown, what: string): RefNames {
  const refs = fields(value, what);
  const names = (list: unknown): string[] =>
    Array.isArray(list)
      ? list.map((ref: unknown) => fields(ref, what)['name']).filter((name) => typeof name === 'string')
      : [];
  return { branches: names(refs['branches']), tags: names(refs['tags']) };
}

/** The `next` address of a `Link` header (RFC 8288), or undefined. */
export function nextPage(link: string | undefined): string | undefined {
  for (const part of (link ?? '').split(/,\s*(?=<)/)) {
    const match = /^<([^>]+)>\s*;(.*)$/.exec(part.trim());
    if (match && /(^|;)\s*rel="?next"?\s*(;|$)/.test(match[2] ?? '')) return match[1];
  }
  return undefined;
}

function byteCount(value: unknown, path: string, what: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw odd(what, `${JSON.stringify(path)} has no size`);
  }
  return value;
}

function fields(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw odd(what, 'it is no object');
  return value as Fields;
}

function odd(what: string, why: string): InfraError {
  return new InfraError(`${what}: the hub's answer can't be used: ${why}`);
}
