/**
 * What every source but the hub delivers: an immutable revision and a list of files that can be opened at any byte.
 * Who wants the bytes (model-pull's engine) needs to know nothing of where they come from.
 */
import type { Readable } from 'node:stream';
import type { Logger } from '@sluice/runtime/logger';
import type { FileSource, OtherSource } from './grammar.ts';

/**
 * A hash that the source itself names; `source-hash.ts` computes each. Hex for sha256, sha1-git and md5; base64 of the
 * big-endian value for CRCs, as S3 writes them. `md5-dos2unix` is DVC 2's: md5 with CRLF read as LF in text files.
 */
export interface SourceHash {
  algorithm: 'sha256' | 'sha1-git' | 'md5' | 'md5-dos2unix' | 'crc32c' | 'crc64nvme';
  value: string;
}

/** Bytes from `start` to `end`, both counted in, as in a Range header. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface OpenedBody {
  body: Readable;
  /** 206: the range that was asked. 200: the whole file, also when a range was asked. */
  status: 200 | 206;
  /** Length of this body; null when the server doesn't say. */
  bytes: number | null;
}

/** Where ranges of a file can be asked by whoever knows nothing of its source: it adds `Range`, follows no redirect. */
export interface Located {
  url: string;
  /** For this address alone; called for each range, as signatures carry a time. */
  headers: () => Record<string, string>;
  /** An answer that names another ETag is refused. */
  etag: string | null;
}

export interface RemoteFile {
  /** Relative, with `/`, checked by `describePathFault`: safe to join to a folder. */
  path: string;
  bytes: number | null;
  hash: SourceHash | null;
  /** The server's own name for this content; requests are bound to it where the protocol can. */
  etag: string | null;
  acceptsRanges: boolean;
  /**
   * Sends one request (connection errors, 429 and 5xx are tried again inside). A file that is no longer the one that
   * was listed is an InfraError; a refusal that the user can mend a ConfigError.
   */
  open(range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody>;
  /**
   * For large files, whose ranges threads then bring; undefined, or not there: all goes by `open`. Asked again when the
   * address refuses a range; nothing it throws ends a pull.
   */
  locate?(signal: AbortSignal): Promise<Located | undefined>;
}

export interface ResolvedSource {
  /** As given, without secrets: fit for the record and the log. */
  source: string;
  /** Immutable: a commit, version id, digest, md5 (`….dir`), or `listing:` and a digest over names, etags, versions. */
  revision: string;
  /** Sorted by path; no path twice. */
  files: RemoteFile[];
  lineage?: { baseModel?: string; licence?: string };
}

export interface SourceContext {
  env: NodeJS.ProcessEnv;
  log: Logger;
  signal: AbortSignal;
  /** Absolute; paths in `dvc:` and cards are relative to it. */
  workspace: string;
  /** Input `token`. */
  token?: string;
  /** Input `endpoint`. */
  endpoint?: string;
  /** Input `dvc-remote`. */
  dvcRemote?: string;
  /** Input `revision`: an S3 version id, an OCI tag or digest, an MLflow version or alias. Refused where it has no meaning. */
  revision?: string;
  /** Is told each secret that is read from a file or got from a server, so that it is masked. */
  addSecret?: (value: string) => void;
  /** Silence on a connection that counts as broken; default 30 s. */
  stallTimeoutMs?: number;
}

/** What a driver is handed: never a hub's repository, a card or an entry of a list (see `reference.ts`). */
export type DrivenSource = FileSource | OtherSource;

export type SourceDriver<S extends DrivenSource = DrivenSource> = (
  parsed: S,
  context: SourceContext,
) => Promise<ResolvedSource>;
