/** The orders that a job gives to a host service, one method each. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfraError } from '@sluice/runtime/errors';
import { controlRequest, HostGoneError, NoHostError } from './control-client.ts';
import type {
  Arrangement,
  HistoryEntry,
  HostStatus,
  QuarantineEntry,
  RequestSample,
  RolloutState,
  ServerSpec,
  ServerStatus,
  Track,
} from './types.ts';

/** How long a supervisor may take to end. */
const END_MS = 60_000;

export class HostClient {
  readonly #socket: string;
  readonly #revive: (() => Promise<unknown>) | undefined;
  #reviving: Promise<unknown> | undefined;
  #ending = false;

  /** `revive` starts the supervisor again after its death; without it that is an error. */
  constructor(socket: string, revive?: () => Promise<unknown>) {
    this.#socket = socket;
    this.#revive = revive;
  }

  async status(): Promise<HostStatus> {
    return (await this.#send('GET', '/status')) as HostStatus;
  }

  /** Returns when the server is healthy; InfraError with its last log lines when it never is. Weight 0. */
  async startServer(spec: ServerSpec, track: Track): Promise<ServerStatus> {
    return (await this.#send('POST', '/servers', { spec, track }, 0)) as ServerStatus;
  }

  /**
   * No new requests, open ones end within `drainMs`, then SIGTERM and SIGKILL. An absent version is no error.
   * Gives how many answers had to be cut off.
   */
  async stopServer(version: string, drainMs: number): Promise<number> {
    const answer = (await this.#send('POST', '/servers/stop', { version, drainMs }, 0)) as { cut?: number };
    return answer.cut ?? 0;
  }

  /** Shares of new requests, together 1; versions that aren't named get 0. On disk before it returns. */
  async setWeights(weights: Record<string, number>): Promise<void> {
    await this.#send('PUT', '/weights', weights);
  }

  async setTracks(tracks: { stable: string | null; canary: string | null }): Promise<void> {
    await this.#send('PUT', '/tracks', tracks);
  }

  /** What decides beside the shares; null takes it away. On disk before it returns. */
  async arrange(arrangement: Arrangement | null): Promise<void> {
    await this.#send('PUT', '/arrangement', arrangement);
  }

  /** On disk before it returns. */
  async putRollout(state: RolloutState | null): Promise<void> {
    await this.#send('PUT', '/rollout', state);
  }

  /** Requests after the cursor (0: all that are kept), oldest first; `next` is the cursor to go on with. */
  async samples(after: number, limit?: number): Promise<{ samples: RequestSample[]; next: number }> {
    const query = limit === undefined ? `after=${after}` : `after=${after}&limit=${limit}`;
    return (await this.#send('GET', `/samples?${query}`)) as { samples: RequestSample[]; next: number };
  }

  async quarantine(entry: QuarantineEntry): Promise<void> {
    await this.#send('POST', '/quarantine', entry);
  }

  async unquarantine(releaseDigest: string): Promise<void> {
    await this.#send('POST', '/unquarantine', { releaseDigest });
  }

  async addHistory(entry: HistoryEntry): Promise<void> {
    await this.#send('POST', '/history', entry);
  }

  /** Ends all servers and the supervisor; quarantine and history stay on disk. */
  async shutdown(): Promise<void> {
    this.#ending = true;
    await this.#send('POST', '/shutdown', undefined, 0);
    const deadline = Date.now() + END_MS;
    for (;;) {
      try {
        await this.status();
      } catch {
        await rm(this.#socket, { force: true });
        return;
      }
      if (Date.now() > deadline) throw new InfraError('the supervisor did not end');
      await sleep(25);
    }
  }

  /**
   * The supervisor is ours, of a version that knows the message: its answers are taken at their type. Every order may
   * be given twice, so one that a dying supervisor may or may not have carried out is given again to the next one.
   */
  async #send(method: string, path: string, body?: unknown, timeoutMs?: number): Promise<unknown> {
    try {
      return await controlRequest(this.#socket, method, path, body, timeoutMs);
    } catch (error) {
      const gone = error instanceof NoHostError || error instanceof HostGoneError;
      if (!gone || this.#ending || this.#revive === undefined) throw error;
      this.#reviving ??= this.#revive().finally(() => (this.#reviving = undefined));
      await this.#reviving;
      return await controlRequest(this.#socket, method, path, body, timeoutMs);
    }
  }
}
