/**
 * The cache service of GitHub Actions, version 2: three Twirp calls in JSON (github.actions.results.api.v1.CacheService,
 * as @actions/cache generates them) that hand out signed addresses of Azure block blobs. GitHub never looks into an
 * entry, so ours are the files' own bytes: @actions/cache packs everything with tar and zstd, which doubles the disk
 * space and gains nothing on weights, and unpacks with `tar -P`, by which a poisoned entry could write any file of the
 * runner before a hash is looked at.
 */
import { createHash } from 'node:crypto';
import { request } from '@sluice/http/client';
import { InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';

/** Where the service is, from the job's environment. */
export interface ServiceAccess {
  /** `ACTIONS_RESULTS_URL` */
  url: string;
  /** `ACTIONS_RUNTIME_TOKEN` */
  token: string;
  readable: boolean;
  writable: boolean;
}

export interface ServiceContext {
  log: Pick<Logger, 'untrusted'>;
  signal: AbortSignal;
  /** Signatures in addresses are secrets. */
  addSecret(value: string): void;
  stallMs: number;
}

export type Reservation =
  | { kind: 'reserved'; uploadUrl: string }
  /** Somebody keeps it already, or is about to. */
  | { kind: 'exists' }
  /** This run may not write: a fork's pull request, or a read-only token. */
  | { kind: 'denied'; why: string };

const SERVICE = 'twirp/github.actions.results.api.v1.CacheService';
/** Entries are found by key and version; the version tells ours from everybody else's. */
export const VERSION = createHash('sha256').update('sluice model-pull, raw bytes, 1').digest('hex');
/** A pull must not wait long for a cache: the hub is there too. */
const RETRIES = 2;

type Fields = Record<string, unknown>;

export class CacheService {
  readonly #access: ServiceAccess;
  readonly #context: ServiceContext;

  constructor(access: ServiceAccess, context: ServiceContext) {
    this.#access = access;
    this.#context = context;
  }

  /** The signed address of an entry; undefined: there is none, or this run may see none. Throws InfraError. */
  async find(key: string): Promise<string | undefined> {
    const { status, fields } = await this.#call('GetCacheEntryDownloadURL', { key, version: VERSION });
    if (status === 404 || (status === 200 && fields['ok'] !== true)) return undefined;
    if (status !== 200) throw this.#refused('GetCacheEntryDownloadURL', status, fields);
    // The service also finds keys that begin alike.
    if (fields['matched_key'] !== key) return undefined;
    return this.#address(fields['signed_download_url']);
  }

  /** Asks for the right to write an entry. Entries are never written over. Throws InfraError. */
  async reserve(key: string): Promise<Reservation> {
    const { status, fields } = await this.#call('CreateCacheEntry', { key, version: VERSION });
    const why = textOf(fields['message']) || textOf(fields['msg']);
    if (status === 409 || fields['code'] === 'already_exists') return { kind: 'exists' };
    if (status === 401 || status === 403 || why.startsWith('cache write denied:'))
      return { kind: 'denied', why: why || `HTTP ${status}` };
    if (status !== 200) throw this.#refused('CreateCacheEntry', status, fields);
    if (fields['ok'] !== true) return { kind: 'exists' };
    return { kind: 'reserved', uploadUrl: this.#address(fields['signed_upload_url']) };
  }

  /** Makes a written entry visible. Throws InfraError. */
  async finish(key: string, bytes: number): Promise<void> {
    const { status, fields } = await this.#call('FinalizeCacheEntryUpload', {
      key,
      version: VERSION,
      size_bytes: String(bytes),
    });
    if (status !== 200 || fields['ok'] !== true)
      throw this.#refused('FinalizeCacheEntryUpload', status, fields);
  }

  async #call(method: string, body: Fields): Promise<{ status: number; fields: Fields }> {
    const { url, token } = this.#access;
    const { log, signal, stallMs } = this.#context;
    const address = new URL(`/${SERVICE}/${method}`, url);
    const response = await request(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sluice-model-pull/0.1' },
      body: JSON.stringify(body),
      token: { value: token, origin: address.origin },
      retries: RETRIES,
      stallTimeoutMs: stallMs,
      redirects: 'manual',
      log,
      signal,
    });
    const answer = await response.text();
    let fields: unknown;
    try {
      fields = JSON.parse(answer);
    } catch {
      fields = {};
    }
    return {
      status: response.status,
      fields: typeof fields === 'object' && fields !== null ? (fields as Fields) : {},
    };
  }

  #address(value: unknown): string {
    const text = textOf(value);
    const url = URL.canParse(text) ? new URL(text) : undefined;
    const safe = url?.protocol === 'https:' || url?.protocol === new URL(this.#access.url).protocol;
    if (!url || !safe) throw new InfraError("GitHub's cache answered without a usable address");
    const signature = url.searchParams.get('sig');
    if (signature) {
      this.#context.addSecret(signature);
      this.#context.addSecret(encodeURIComponent(signature));
    }
    return url.href;
  }

  #refused(method: string, status: number, fields: Fields): InfraError {
    const why = textOf(fields['msg']) || textOf(fields['message']);
    return new InfraError(
      `GitHub's cache refuses ${method}: HTTP ${status}${why && `, ${why.slice(0, 200)}`}`,
    );
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
