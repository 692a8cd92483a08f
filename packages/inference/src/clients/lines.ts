/** Lines from bytes that may be cut anywhere, also inside a character: streams of JSON lines. */

/** Longer than any honest line. */
const MAX_LINE_CHARS = 16 * 1024 * 1024;

export class LineParser {
  readonly #decoder = new TextDecoder('utf-8');
  #rest = '';

  /** The lines that the bytes complete, empty ones left out. Throws when one is beyond all measure. */
  push(bytes: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > MAX_LINE_CHARS) throw new Error('the server sent a line without end');
    return lines.filter((line) => line.trim() !== '');
  }

  /** What stands after the last line's end. */
  end(): string[] {
    const line = this.#rest + this.#decoder.decode();
    this.#rest = '';
    return line.trim() === '' ? [] : [line];
  }
}
