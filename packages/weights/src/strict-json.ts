/**
 * JSON as the safetensors reference reads it: a key at most once in an object, whole numbers written as such, nothing
 * behind the end. JSON.parse takes the last of two keys, and 1.0 for 1, where another reader takes the first.
 */
import { MalformedError } from './byte-reader.ts';

const MAX_DEPTH = 32;
const TOKEN = /\s*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(-?[0-9][0-9.eE+-]*)|(true|false|null))/y;

const WHOLE = /^(0|-?[1-9][0-9]*)$/;
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/**
 * Throws MalformedError with what is wrong. Objects have no prototype, so that any key is a key.
 * @param numbers `any`: all that JSON has, for texts other than a safetensors header
 */
export function parseStrictJson(text: string, numbers: 'whole' | 'any' = 'whole'): unknown {
  const reader = new JsonReader(text, numbers === 'whole' ? WHOLE : NUMBER);
  const value = reader.value(0);
  if (text.slice(reader.at).trim() !== '') throw new MalformedError('its header goes on behind its end');
  return value;
}

class JsonReader {
  at = 0;
  readonly #text: string;
  readonly #number: RegExp;
  #token = '';

  constructor(text: string, number: RegExp) {
    this.#text = text;
    this.#number = number;
  }

  #next(): string {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.#text);
    if (match === null) throw new MalformedError('its header is no JSON in UTF-8');
    this.at = TOKEN.lastIndex;
    this.#token = match[0].trimStart();
    return this.#token;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new MalformedError('its header is nested too deep');
    const token = this.#next();
    if (token === '{') return this.#object(depth);
    if (token === '[') return this.#array(depth);
    if (/^[}\]:,]$/.test(token)) throw new MalformedError('its header is no JSON in UTF-8');
    if (/^[-0-9]/.test(token) && !this.#number.test(token)) {
      throw new MalformedError(`its header holds the number ${token.slice(0, 40)}`);
    }
    return scalar(token);
  }

  #object(depth: number): Record<string, unknown> {
    const result = Object.create(null) as Record<string, unknown>;
    if (this.#next() === '}') return result;
    for (;;) {
      if (!this.#token.startsWith('"')) throw new MalformedError('its header is no JSON in UTF-8');
      const key = scalar(this.#token) as string;
      if (key in result)
        throw new MalformedError(`its header names ${JSON.stringify(key.slice(0, 100))} twice`);
      if (this.#next() !== ':') throw new MalformedError('its header is no JSON in UTF-8');
      result[key] = this.value(depth + 1);
      const token = this.#next();
      if (token === '}') return result;
      if (token !== ',') throw new MalformedError('its header is no JSON in UTF-8');
      this.#next();
    }
  }

  #array(depth: number): unknown[] {
    const result: unknown[] = [];
    const start = this.at;
    if (this.#next() === ']') return result;
    this.at = start;
    for (;;) {
      result.push(this.value(depth + 1));
      const token = this.#next();
      if (token === ']') return result;
      if (token !== ',') throw new MalformedError('its header is no JSON in UTF-8');
    }
  }
}

function scalar(token: string): unknown {
  if (token.startsWith('"') && !token.includes('\\')) return token.slice(1, -1);
  if (/^\d/.test(token)) return Number(token);
  try {
    return JSON.parse(token);
  } catch {
    throw new MalformedError('its header is no JSON in UTF-8');
  }
}
