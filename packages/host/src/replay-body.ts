/** A request's body on its way to a server, kept up to a limit so that it can be sent a second time. */
import type { ClientRequest, IncomingMessage } from 'node:http';

export const REPLAY_BYTES = 4 * 1024 * 1024;

export class ReplayBody {
  readonly #source: IncomingMessage;
  readonly #limit: number;
  readonly #whenEnded: ((body: Buffer) => void)[] = [];
  #kept: Buffer[] = [];
  #bytes = 0;
  #whole = true;
  #ended = false;
  #target: ClientRequest | undefined;

  constructor(source: IncomingMessage, limit = REPLAY_BYTES) {
    this.#source = source;
    this.#limit = limit;
    source.on('data', (chunk: Buffer) => this.#take(chunk));
    source.on('end', () => {
      this.#ended = true;
      if (this.#whole) for (const tell of this.#whenEnded) tell(Buffer.concat(this.#kept));
      this.#target?.end();
    });
  }

  /** False once more than the limit has gone to a server: then only that one server can answer. */
  get replayable(): boolean {
    return this.#whole;
  }

  /** Calls back when all of it has come, unless that is more than the limit. */
  whenWhole(tell: (body: Buffer) => void): void {
    this.#whenEnded.push(tell);
  }

  /** Sends what has come so far and all that will come to `target`, at the pace that it takes. */
  sendTo(target: ClientRequest): void {
    this.#target = target;
    for (const chunk of this.#kept) target.write(chunk);
    if (this.#ended) target.end();
    this.#source.resume();
  }

  /** Sends nothing more to the last target. */
  detach(): void {
    this.#target = undefined;
  }

  #take(chunk: Buffer): void {
    const target = this.#target;
    if (this.#whole || target === undefined) {
      this.#kept.push(chunk);
      this.#bytes += chunk.length;
    }
    if (this.#bytes > this.#limit) {
      if (target === undefined) {
        // Nobody to send it to yet: the client has to wait, and the part that is kept is all there was.
        this.#source.pause();
      } else if (this.#whole) {
        this.#whole = false;
        this.#kept = [];
      }
    }
    if (target === undefined || target.write(chunk)) return;
    this.#source.pause();
    target.once('drain', () => {
      if (this.#target === target) this.#source.resume();
    });
  }
}
