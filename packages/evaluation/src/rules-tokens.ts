import { nearest } from '@sluice/runtime/input-parsers';
import { UNITS, type Position, type Unit } from './rules.ts';

/** One line of rules as tokens. A token remembers its column, so that every message can point at the place. */

export type Token =
  | { kind: 'name'; text: string; quoted: boolean; at: Position }
  | { kind: 'number'; value: number; unit?: Unit; text: string; at: Position }
  | { kind: 'selector'; text: string; at: Position }
  | { kind: 'symbol'; text: string; at: Position }
  | { kind: 'end'; text: string; at: Position };

export class TokenError extends Error {
  readonly at: Position;

  constructor(message: string, at: Position) {
    super(message);
    this.at = at;
  }
}

// A hyphen belongs to a name when a letter follows at once: `no-worse-than`, `mmlu-pro.acc`. Subtraction takes spaces.
const NAME = /[\p{L}_][\p{L}\p{N}_@]*(?:[.-][\p{L}_][\p{L}\p{N}_@]*|\.[0-9][\p{L}\p{N}_@]*)*/uy;
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const SYMBOLS = ['<=', '>=', '==', '!=', '≤', '≥', '<', '>', '=', '+', '-', '*', '/', '(', ')', ',', ':'];
const SAME_AS: Readonly<Record<string, string>> = { '≤': '<=', '≥': '>=' };

/**
 * Tokens of one line up to a `#` comment, the last one always `end`.
 * @throws TokenError at a character the language doesn't have
 */
export function tokenize(line: string, lineNumber: number): Token[] {
  const tokens: Token[] = [];
  let i = 0;
  const at = (index: number): Position => ({ line: lineNumber, column: index + 1 });
  for (;;) {
    while (/\s/u.test(line[i] ?? '')) i++;
    const start = i;
    const character = line[i];
    if (character === undefined || character === '#') {
      tokens.push({ kind: 'end', text: 'the end of the rule', at: at(start) });
      return tokens;
    }
    if (character === '[' || character === '"') {
      const close = line.indexOf(character === '[' ? ']' : '"', i + 1);
      if (close < 0) throw new TokenError(`'${character}' is opened and never closed`, at(start));
      const text = line.slice(i + 1, close).trim();
      if (text === '') throw new TokenError(`nothing stands between '${character}' and its end`, at(start));
      tokens.push(
        character === '['
          ? { kind: 'selector', text, at: at(start) }
          : { kind: 'name', text, quoted: true, at: at(start) },
      );
      i = close + 1;
      continue;
    }
    const name = match(NAME, line, i);
    if (name !== undefined) {
      tokens.push({ kind: 'name', text: name, quoted: false, at: at(start) });
      i += name.length;
      // What follows is a path or a source, with characters of its own.
      const path = name === 'against' && tokens.length > 1 ? /^\s*([^\s"]\S*)/u.exec(line.slice(i)) : null;
      if (path?.[1] !== undefined) {
        i += path[0].length;
        tokens.push({ kind: 'name', text: path[1], quoted: true, at: at(i - path[1].length) });
      }
      continue;
    }
    const digits = match(NUMBER, line, i);
    if (digits !== undefined) {
      i += digits.length;
      const { unit, length } = unitAt(line, i, at(start), digits);
      i += length;
      tokens.push({
        kind: 'number',
        value: Number(digits),
        ...(unit === undefined ? {} : { unit }),
        text: line.slice(start, i),
        at: at(start),
      });
      continue;
    }
    const symbol = SYMBOLS.find((known) => line.startsWith(known, i));
    if (symbol === undefined) throw new TokenError(`'${character}' has no meaning in a rule`, at(start));
    tokens.push({ kind: 'symbol', text: SAME_AS[symbol] ?? symbol, at: at(start) });
    i += symbol.length;
  }
}

/** A token as messages quote it. */
export function describeToken(token: Token): string {
  return token.kind === 'end' ? token.text : `'${token.text}'`;
}

function match(pattern: RegExp, line: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(line)?.[0];
}

/** The unit glued to a number (`800ms`, `75%`), or parted from it by spaces for `%` alone. */
function unitAt(line: string, index: number, at: Position, digits: string): { unit?: Unit; length: number } {
  const percent = /^\s*%/u.exec(line.slice(index));
  if (percent) return { unit: '%', length: percent[0].length };
  const letters = /^[\p{L}]+/u.exec(line.slice(index))?.[0];
  if (letters === undefined) return { length: 0 };
  // `by 1pp`, `over 30d`: left to the parser, which knows where points and days may stand.
  if (['pp', 'w', 'd', 'h', 'm'].includes(letters)) return { length: 0 };
  const unit = UNITS.find((known) => known === letters);
  if (unit === undefined) {
    const near = nearest(letters, UNITS);
    const meant = near === undefined || letters.length < 2 ? '' : ` (did you mean ${near}?)`;
    throw new TokenError(
      `'${digits}${letters}': the unit '${letters}' isn't known${meant}; write a plain number or one of ${UNITS.join(' ')}`,
      at,
    );
  }
  return { unit, length: letters.length };
}
