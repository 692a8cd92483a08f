/**
 * GitHub's cache in front of the place where a model comes from. What it gives goes the same way as any download: under
 * a name of its own, hashed against what the hub lists, and only then into the store. So an entry is never believed: one
 * that is gone, broken or poisoned costs a warning, and its files come from the source.
 */
import { request } from '@sluice/http/client';
import type { ByteRange, OpenedBody } from '@sluice/model-store/transfer';
import { describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import type { Located } from '@sluice/sources/source';
import type { Content, Entry, EntryPlan, Place } from './entries.ts';
import type { CacheService } from './service.ts';

export interface Origin {
  open(path: string, range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody>;
  locate?(path: string, signal: AbortSignal): Promise<Located | undefined>;
}

export interface RestoreOptions {
  service: CacheService;
  plan: EntryPlan;
  files: readonly Content[];
  log: Pick<Logger, 'warning' | 'untrusted'>;
  stallMs: number;
}

/** A signed address is asked for again before it ends. */
const ADDRESS_MS = 4 * 60_000;

interface Found {
  url: string | undefined;
  at: number;
}

export class CacheInFront implements Origin {
  readonly #origin: Origin;
  readonly #options: RestoreOptions;
  readonly #contents: ReadonlyMap<string, Content>;
  readonly #found = new Map<Entry, Promise<Found>>();
  /** Entries that were looked for and not there: what is downloaded instead is worth keeping. */
  readonly #absent = new Set<Entry>();
  /** Files whose bytes are no longer taken from here. */
  readonly #given = new Set<string>();
  readonly #restored = new Set<string>();
  readonly #asked = new Set<string>();
  #down = false;

  constructor(origin: Origin, options: RestoreOptions) {
    this.#origin = origin;
    this.#options = options;
    this.#contents = new Map(options.files.map((file) => [file.path, file]));
  }

  /** Etags of files all of whose bytes came from the cache. */
  get restored(): ReadonlySet<string> {
    return this.#restored;
  }

  /** Entries that the cache had not. */
  get absent(): ReadonlySet<Entry> {
    return this.#absent;
  }

  async open(path: string, range: ByteRange | undefined, signal: AbortSignal): Promise<OpenedBody> {
    const place = await this.#placeOf(path, signal);
    if (place) {
      const opened = await this.#openEntry(path, place, range, signal);
      if (opened) return opened;
      this.#leave(path);
    }
    return this.#origin.open(path, range, signal);
  }

  /** Only for what is not in the cache: threads ask for ranges of whole files. */
  async locate(path: string, signal: AbortSignal): Promise<Located | undefined> {
    if (await this.#placeOf(path, signal)) return undefined;
    return this.#origin.locate?.(path, signal);
  }

  /** The file's bytes had a wrong hash. true: some of them came from here, and none will again. */
  distrust(path: string): boolean {
    const content = this.#contents.get(path);
    const place = content && this.#options.plan.places.get(content.etag);
    if (!place || this.#given.has(path) || !this.#restored.has(content.etag)) return false;
    this.#options.log.warning(
      `${path}: what GitHub's cache keeps of it as ${place.entry.key} has a wrong hash: the entry is damaged or ` +
        'poisoned. It was thrown away, and the file is downloaded; delete that entry in the repository (Actions, Caches)',
    );
    this.#leave(path);
    return true;
  }

  /** Where the cache has the file; undefined: it has not, or is no longer believed. */
  async #placeOf(path: string, signal: AbortSignal): Promise<(Place & { url: string }) | undefined> {
    const content = this.#contents.get(path);
    const place = content && this.#options.plan.places.get(content.etag);
    if (!place || this.#given.has(path)) return undefined;
    const { entry } = place;
    const known = await (this.#found.get(entry) ?? this.#ask(entry, signal));
    const old = known.url !== undefined && Date.now() - known.at > ADDRESS_MS;
    const { url } = old ? await this.#ask(entry, signal) : known;
    return url === undefined ? undefined : { ...place, url };
  }

  /** Noted at once, so that files of one entry ask for it once. */
  #ask(entry: Entry, signal: AbortSignal): Promise<Found> {
    const found = this.#find(entry, signal);
    this.#found.set(entry, found);
    return found;
  }

  async #find(entry: Entry, signal: AbortSignal): Promise<Found> {
    const none = { url: undefined, at: Date.now() };
    if (this.#down) return none;
    try {
      const url = await this.#options.service.find(entry.key);
      if (url === undefined) this.#absent.add(entry);
      return { url, at: Date.now() };
    } catch (error) {
      signal.throwIfAborted();
      this.#giveUp(error);
      return none;
    }
  }

  /** One failure is enough: the other entries are not asked for, and the warning comes once. */
  #giveUp(error: unknown): void {
    if (this.#down) return;
    this.#down = true;
    this.#options.log.warning(`GitHub's cache can't be asked; all is downloaded: ${describeError(error)}`);
  }

  async #openEntry(
    path: string,
    { entry, offset, url }: Place & { url: string },
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody | undefined> {
    const content = this.#contents.get(path);
    if (!content) return undefined;
    const start = offset + (range?.start ?? 0);
    const end = offset + (range?.end ?? content.bytes - 1);
    // Asked for the same bytes again: they broke off without one having come. The source may do better.
    const again = `${path}:${start}`;
    const broke = this.#asked.has(again);
    this.#asked.add(again);
    let why = 'its bytes broke off';
    if (!broke) {
      try {
        const response = await request(url, {
          headers: { range: `bytes=${start}-${end}` },
          retries: 1,
          stallTimeoutMs: this.#options.stallMs,
          redirects: 'manual',
          signal,
          log: this.#options.log,
        });
        const sent = response.headers['content-range'] ?? '';
        if (response.status === 206 && sent.startsWith(`bytes ${start}-${end}/`)) {
          this.#restored.add(content.etag);
          return { body: response.body, whole: false };
        }
        response.body.destroy();
        why = `it answers HTTP ${response.status}${sent && ` with other bytes (${sent})`}`;
      } catch (error) {
        signal.throwIfAborted();
        why = describeError(error);
      }
    }
    this.#options.log.warning(
      `${path}: GitHub's cache has ${entry.key}, but ${why}; it is downloaded instead`,
    );
    return undefined;
  }

  /** From now on the source gives the file, so it doesn't count as restored. */
  #leave(path: string): void {
    const content = this.#contents.get(path);
    this.#given.add(path);
    if (content) this.#restored.delete(content.etag);
  }
}
