/** What a pull brought, whatever its source. */
import type { PlacedFile } from '@sluice/model-store/pull-snapshot';
import type { SignatureResult } from '@sluice/signing/verify-model';
import type { ToKeep } from './actions-cache.ts';
import type { SafetyResult } from './check-safety.ts';
import type { HubScan } from './hub-scan.ts';

export interface PulledFile {
  path: string;
  bytes: number;
  sha256: string;
  etag: string;
  /** It was on this disk, or in GitHub's cache. */
  fromCache: boolean;
}

/** Looks at files that have no name yet; only what is admitted gets one. */
export type Inspect = (files: readonly PlacedFile[], scan?: HubScan) => Promise<Inspected>;

export interface Inspected {
  safety: SafetyResult;
  /** Undefined where no signature is asked for. */
  signature: SignatureResult | undefined;
  admitted: boolean;
}

export interface Pulled {
  /** Folder that holds `files` under their paths. */
  folder: string;
  /** What `path` says without `dest`; the folder, or the one file of a `file:` source. */
  path: string;
  /** The source as its driver calls it, without secrets; not set where `Wanted.name` says it. */
  source?: string;
  revision: string;
  /** The hub's reading of the model card, unchecked. */
  cardData?: unknown;
  files: PulledFile[];
  downloadedBytes: number;
  /** Time spent fetching; 0 when nothing was fetched. */
  fetchMs: number;
  /** Spoilt copies in the cache that were replaced. */
  repaired: string[];
  /** The hub's own scan, where it was asked. */
  scan?: HubScan;
  /** What GitHub's cache is to keep, should nothing be wrong with the files. */
  toKeep?: ToKeep;
  /** Set when the files were looked at before they got their names; refused ones have none. */
  inspected?: Inspected;
}

export type CacheHit = 'full' | 'partial' | 'none';

export function cacheHit(files: readonly PulledFile[]): CacheHit {
  const hits = files.filter((file) => file.fromCache).length;
  if (hits === 0) return 'none';
  return hits === files.length ? 'full' : 'partial';
}

export function totalBytes(files: readonly { bytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

/** Megabytes (10^6) a second, or null when there is nothing to reckon with. */
export function megabytesPerSecond(bytes: number, ms: number): number | null {
  return bytes > 0 && ms > 0 ? bytes / 1e6 / (ms / 1000) : null;
}
