/** A few places, and a bounded queue before them, first come first served. */
export class Slots {
  readonly #free: number[];
  readonly #waiting: { take: (slot: number) => void; fail: (reason: unknown) => void }[] = [];
  readonly #size: number;
  readonly #queue: number;

  constructor(size: number, queue: number) {
    this.#size = size;
    this.#queue = queue;
    this.#free = Array.from({ length: size }, (_, index) => index);
  }

  get busy(): number {
    return this.#size - this.#free.length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get isFull(): boolean {
    return this.#free.length === 0 && this.#waiting.length >= this.#queue;
  }

  /** A slot's number; rejects with the signal's reason when the caller goes away while waiting. */
  take(signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const slot = this.#free.shift();
    if (slot !== undefined) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const entry = {
        take: (free: number): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(free);
        },
        fail: reject,
      };
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        entry.fail(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(entry);
    });
  }

  give(slot: number): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(slot);
    else next.take(slot);
  }
}
