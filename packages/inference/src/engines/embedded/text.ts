/** From tokens to text that may be sent: no half characters, nothing that could be the start of a stop string. */

const REPLACEMENT = '\ufffd';
/** A character of UTF-8 takes at most four byte tokens; more replacement characters than that are the model's own. */
const LONGEST_CHARACTER = 4;

export class AnswerText {
  readonly #textOf: (tokens: readonly number[], before: readonly number[]) => string;
  readonly #stops: readonly string[];
  #done: number[] = [];
  #open: number[] = [];
  #held = '';
  #stopped = false;

  constructor(
    textOf: (tokens: readonly number[], before: readonly number[]) => string,
    stops: readonly string[] = [],
  ) {
    this.#textOf = textOf;
    this.#stops = stops.filter((stop) => stop !== '');
  }

  /** True once a stop string was seen; its text and all after it are not given out. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Takes one token; returns the text that can be sent now, possibly none. */
  push(token: number): string {
    this.#open.push(token);
    const text = this.#textOf(this.#open, this.#done);
    if (text.endsWith(REPLACEMENT) && this.#open.length < LONGEST_CHARACTER) return '';
    this.#close();
    return this.#release(text);
  }

  /** The rest, when the answer has ended by itself. */
  flush(): string {
    const text = this.#open.length > 0 ? this.#textOf(this.#open, this.#done) : '';
    this.#close();
    const released = this.#release(text);
    if (this.#stopped) return released;
    const rest = released + this.#held;
    this.#held = '';
    return rest;
  }

  #close(): void {
    this.#done = [...this.#done, ...this.#open].slice(-8);
    this.#open = [];
  }

  #release(text: string): string {
    if (this.#stopped) return '';
    const all = this.#held + text;
    const at = this.#stops.map((stop) => all.indexOf(stop)).filter((index) => index >= 0);
    if (at.length > 0) {
      this.#stopped = true;
      this.#held = '';
      return all.slice(0, Math.min(...at));
    }
    const keep = longestStart(all, this.#stops);
    this.#held = all.slice(all.length - keep);
    return all.slice(0, all.length - keep);
  }
}

/** Length of the longest end of `text` that is the start of one of the stop strings. */
function longestStart(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
