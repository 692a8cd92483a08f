/** Lines that tell how far a long run is: few, so that a log of ten thousand cases stays a log. */
import { formatDuration } from '@sluice/runtime/units';

/** Nothing is told of a run that is over in so little time. */
const FIRST_MS = 5_000;
const NEXT_MS = 10_000;
/** So many bad cases are told one by one; the report has them all. */
const TOLD_CASES = 20;

export class Progress {
  readonly #write: (line: string) => void;
  readonly #total: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  #nextAt: number;
  #done = 0;
  #bad = 0;

  constructor(write: (line: string) => void, total: number, now: () => number = () => performance.now()) {
    this.#write = write;
    this.#total = total;
    this.#now = now;
    this.#startedAt = now();
    this.#nextAt = this.#startedAt + FIRST_MS;
  }

  /** One more case; whether it is told by itself. */
  add(status: 'passed' | 'failed' | 'error' | 'skipped'): boolean {
    this.#done += 1;
    const isBad = status === 'failed' || status === 'error';
    if (isBad) this.#bad += 1;
    this.#tell();
    if (isBad && this.#bad === TOLD_CASES + 1) this.#write('further cases that fail are in the report only');
    return isBad && this.#bad <= TOLD_CASES;
  }

  #tell(): void {
    const now = this.#now();
    if (now < this.#nextAt || this.#done >= this.#total) return;
    this.#nextAt = now + NEXT_MS;
    const left = ((now - this.#startedAt) / this.#done) * (this.#total - this.#done);
    this.#write(
      `${this.#done} of ${this.#total} cases, ${this.#bad} not passed so far; about ${formatDuration(Math.ceil(left / 1000) * 1000)} left`,
    );
  }
}
