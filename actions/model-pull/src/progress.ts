/** Progress in the log: a line every few seconds, also while nothing moves, so that a stall is seen. */
import { formatBytes, formatDuration } from '@sluice/runtime/units';

const EVERY_MS = 5_000;
/** The speed shown is that of the last seconds; the time left follows from it. */
const WINDOW_MS = 20_000;
const DAY_MS = 24 * 3_600_000;

export interface ProgressSample {
  at: number;
  done: number;
}

export class ProgressLines {
  readonly #print: (text: string) => void;
  readonly #everyMs: number;
  #total = 0;
  #done = 0;
  #samples: ProgressSample[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(print: (text: string) => void, everyMs = EVERY_MS) {
    this.#print = print;
    this.#everyMs = everyMs;
  }

  begin(totalBytes: number): void {
    if (totalBytes === 0) return;
    this.#total = totalBytes;
    this.#samples = [{ at: performance.now(), done: 0 }];
    this.#timer = setInterval(() => this.#tell(), this.#everyMs).unref();
  }

  update(doneBytes: number): void {
    this.#done = doneBytes;
  }

  end(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const now = { at: performance.now(), done: this.#done };
    this.#samples = [...this.#samples.filter(({ at }) => now.at - at <= WINDOW_MS), now];
    this.#print(describeProgress(this.#samples, this.#total));
  }
}

/** `42% of 2 GB, 310 MB/s, 4 s left`, from samples of the last seconds, the newest last. */
export function describeProgress(samples: readonly ProgressSample[], totalBytes: number): string {
  const [first, last] = [samples[0], samples.at(-1)];
  const done = last?.done ?? 0;
  const share = `${Math.min(100, Math.floor((100 * done) / totalBytes))}% of ${formatBytes(totalBytes)}`;
  const moved = done - (first?.done ?? 0);
  const ms = (last?.at ?? 0) - (first?.at ?? 0);
  if (done >= totalBytes) return `${share}, the last hashes are being computed`;
  if (moved <= 0 || ms <= 0) return `${share}, nothing has come for ${formatDuration(ms)}`;
  const left = ((totalBytes - done) / moved) * ms;
  const time = left > DAY_MS ? 'more than a day' : `about ${formatDuration(left)}`;
  return `${share}, ${formatBytes((moved / ms) * 1000)}/s, ${time} left`;
}
