/** Protocol Buffers' text format (`.pbtxt`), without a description of its messages: numbers, texts and names as they stand. */
import type { ProtoFields } from './proto-message.ts';

const TOKEN =
  /(?<space>(?:\s|#[^\n]*)+)|(?<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<number>-?(?:0x[\da-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?f?))|(?<name>-?[A-Za-z_][\w.]*|\[[\w./-]+\])|(?<mark>[{}<>:;,[\]])/iuy;
const MOST_DEPTH = 64;

interface Token {
  kind: 'text' | 'number' | 'name' | 'mark' | 'end';
  value: string;
  at: number;
}

/** @throws Error with the line of what is no text of protobuf */
export function parseProtoText(text: string): ProtoFields {
  const parser = new Parser(text);
  return parser.message('end', 0);
}

class Parser {
  private readonly source: string;
  private next: Token;
  private at = 0;

  constructor(source: string) {
    this.source = source;
    this.next = this.read();
  }

  message(close: '}' | '>' | 'end', depth: number): ProtoFields {
    if (depth > MOST_DEPTH) throw this.fault(`messages within messages are more than ${MOST_DEPTH} deep`);
    const fields: ProtoFields = {};
    while (close === 'end' ? this.next.kind !== 'end' : this.next.value !== close) {
      if (this.next.kind === 'end') throw this.fault('it ends in the middle');
      if (this.next.kind !== 'name') throw this.fault(`a field's name is awaited`);
      const name = this.take().value.replace(/^\[|\]$/gu, '');
      const hasColon = this.skip(':');
      const values = this.values(hasColon, depth);
      // Own fields only: a hostile name must not reach the prototype.
      const known = Object.hasOwn(fields, name) ? (fields[name] ?? []) : [];
      Object.defineProperty(fields, name, {
        value: [...known, ...values],
        enumerable: true,
        configurable: true,
      });
      while (this.skip(',') || this.skip(';'));
    }
    if (close !== 'end') this.take();
    return fields;
  }

  private values(hasColon: boolean, depth: number): unknown[] {
    if (this.next.value === '[' && this.next.kind === 'mark') {
      this.take();
      const list: unknown[] = [];
      while (!this.skip(']')) {
        if (list.length > 0 && !this.skip(',')) throw this.fault('a comma or ] is awaited');
        list.push(this.value(hasColon, depth));
      }
      return list;
    }
    return [this.value(hasColon, depth)];
  }

  private value(hasColon: boolean, depth: number): unknown {
    const token = this.take();
    if (token.kind === 'mark' && (token.value === '{' || token.value === '<'))
      return this.message(token.value === '{' ? '}' : '>', depth + 1);
    if (!hasColon) throw this.fault('{ or : is awaited', token);
    if (token.kind === 'text') {
      // Texts side by side are one.
      let whole = unquote(token.value);
      while (this.next.kind === 'text') whole += unquote(this.take().value);
      return whole;
    }
    if (token.kind === 'number') return Number(token.value.replace(/(?<=[\d.])f$/iu, ''));
    if (token.kind === 'name') return NAMED[token.value.toLowerCase()] ?? token.value;
    throw this.fault('a value is awaited', token);
  }

  private skip(mark: string): boolean {
    if (this.next.kind !== 'mark' || this.next.value !== mark) return false;
    this.take();
    return true;
  }

  private take(): Token {
    const token = this.next;
    if (token.kind === 'end') throw this.fault('it ends in the middle');
    this.next = this.read();
    return token;
  }

  private read(): Token {
    for (;;) {
      if (this.at >= this.source.length) return { kind: 'end', value: '', at: this.at };
      TOKEN.lastIndex = this.at;
      const found = TOKEN.exec(this.source);
      if (found === null)
        throw this.fault('this is no text of protobuf', { kind: 'end', value: '', at: this.at });
      const at = this.at;
      this.at = TOKEN.lastIndex;
      for (const kind of ['text', 'number', 'name', 'mark'] as const) {
        const value = found.groups?.[kind];
        if (value !== undefined) return { kind, value, at };
      }
    }
  }

  private fault(what: string, { at }: Token = this.next): Error {
    const line = this.source.slice(0, at).split('\n').length;
    return new Error(`line ${line}: ${what}`);
  }
}

const NAMED: Readonly<Record<string, unknown>> = {
  __proto__: null,
  true: true,
  false: false,
  nan: NaN,
  inf: Infinity,
  '-inf': -Infinity,
  infinity: Infinity,
};

/** C's escapes; octal and hexadecimal ones are bytes of UTF-8. */
function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (!inner.includes('\\')) return inner;
  const bytes: Buffer[] = [];
  const plain: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };
  for (const [part, octal, hex, other] of inner.matchAll(
    /\\([0-7]{1,3})|\\x([\da-f]{1,2})|\\(.)|[^\\]+/giu,
  )) {
    if (octal !== undefined) bytes.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (hex !== undefined) bytes.push(Buffer.of(Number.parseInt(hex, 16)));
    else bytes.push(Buffer.from(other === undefined ? part : (plain[other] ?? other)));
  }
  return Buffer.concat(bytes).toString('utf8');
}
