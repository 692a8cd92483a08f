/** Server-sent events (WHATWG HTML, 9.2) from bytes that may be cut anywhere, also inside a character. */

export interface SseEvent {
  /** The `event` field; 'message' when there is none. */
  event: string;
  data: string;
}

/** Longer than any honest event; a server that sends more is broken or hostile. */
const MAX_EVENT_CHARS = 16 * 1024 * 1024;

export class SseParser {
  readonly #decoder = new TextDecoder('utf-8');
  #line = '';
  #lastWasCr = false;
  #data: string[] = [];
  #chars = 0;
  #event = '';

  /** Takes bytes as they came; returns the events that they complete. Throws when one is beyond all measure. */
  push(bytes: Uint8Array): SseEvent[] {
    return this.#read(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The stream has ended: an event without its closing blank line is dropped, as the standard says. */
  end(): SseEvent[] {
    return this.#read(this.#decoder.decode());
  }

  #read(text: string): SseEvent[] {
    const events: SseEvent[] = [];
    let rest = text;
    if (this.#lastWasCr && rest.startsWith('\n')) rest = rest.slice(1);
    if (text !== '') this.#lastWasCr = text.endsWith('\r');
    const lines = rest.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? '';
    for (const part of lines) {
      const event = this.#takeLine(this.#line + part);
      this.#line = '';
      if (event !== undefined) events.push(event);
    }
    this.#line += last;
    if (this.#line.length + this.#chars > MAX_EVENT_CHARS)
      throw new Error('the server sent an event without end');
    return events;
  }

  #takeLine(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') {
      this.#data.push(value);
      this.#chars += value.length;
    } else if (field === 'event') {
      this.#event = value;
    }
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event = { event: this.#event || 'message', data: this.#data.join('\n') };
    const hasData = this.#data.length > 0;
    this.#data = [];
    this.#chars = 0;
    this.#event = '';
    return hasData ? event : undefined;
  }
}
