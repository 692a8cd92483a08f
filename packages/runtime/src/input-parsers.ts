/** Pure parsers from an input's text to its value. Each returns `{ value }` or `{ fault }`: what is wrong and the mend. */
import { parseDuration, parseSize } from './units.ts';

export type Parsed<T> = { value: T } | { fault: string };

export interface Limits {
  min?: number;
  max?: number;
}

export function parseBoolean(text: string): Parsed<boolean> {
  if (/^(true|yes|on|1)$/i.test(text)) return { value: true };
  if (/^(false|no|off|0)$/i.test(text)) return { value: false };
  return { fault: 'is not a boolean; write true or false' };
}

/** Digits of the longest number that makes sense; the pattern would backtrack for minutes over 100 kB of digits. */
const LONGEST_NUMBER = 40;

export function parseNumber(text: string, limits: Limits & { integer?: boolean } = {}): Parsed<number> {
  const kind = limits.integer === true ? 'whole number' : 'number';
  if (text.length > LONGEST_NUMBER) return { fault: `is not a ${kind}` };
  const pattern = limits.integer === true ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  if (!pattern.test(text)) return { fault: `is not a ${kind}` };
  return withinLimits(Number(text), limits);
}

/** `95%` and `0.95` are both 0.95; `95` alone is refused, because it could mean either. */
export function parseShare(text: string): Parsed<number> {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (Number.isNaN(value)) return { fault: 'is not a share; write it like 95% or 0.95' };
  if (value < 0 || value > 1) return { fault: 'is outside 0 to 100 %; write it like 95% or 0.95' };
  return { value };
}

export function parseDurationInput(text: string, limits: Limits = {}): Parsed<number> {
  const ms = parseDuration(text);
  if (ms === undefined) return { fault: 'is not a duration; write it like 30s, 5m, 2h or 7d' };
  return withinLimits(ms, limits, 'ms');
}

export function parseSizeInput(text: string): Parsed<number> {
  const bytes = parseSize(text);
  return bytes === undefined
    ? { fault: 'is not a size; write it like 500MB, 2GB or 2GiB' }
    : { value: bytes };
}

function withinLimits(value: number, limits: Limits, unit = ''): Parsed<number> {
  if (limits.min !== undefined && value < limits.min)
    return { fault: `is below the least value ${limits.min}${unit}` };
  if (limits.max !== undefined && value > limits.max)
    return { fault: `is above the greatest value ${limits.max}${unit}` };
  return { value };
}

export function parseEnum(
  text: string,
  allowed: readonly string[],
  planned: readonly string[],
): Parsed<string> {
  if (planned.includes(text)) {
    const built = allowed.filter((value) => !planned.includes(value));
    return { fault: `is not built yet in this version; use one of: ${built.join(', ')}` };
  }
  if (allowed.includes(text)) return { value: text };
  const near = nearest(text, allowed);
  return {
    fault: `is not one of: ${allowed.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`,
  };
}

/** Split at line breaks only when there is one, otherwise at commas; blanks are dropped. */
export function parseList(text: string): string[] {
  return clean(text.includes('\n') ? text.split('\n') : text.split(','));
}

/** Split at line breaks only: rules, loads and the like may hold commas. */
export function parseLines(text: string): string[] {
  return clean(text.split('\n'));
}

function clean(parts: readonly string[]): string[] {
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

/**
 * POSIX shell words: blanks separate, quotes and backslashes are honoured, nothing is expanded
 * (IEEE 1003.1-2024, XCU 2.2 Quoting). There is no shell behind it, so `$`, `*` and `;` are ordinary.
 */
export function parseWords(text: string): Parsed<string[]> {
  const words: string[] = [];
  let word = '';
  let inWord = false;
  let quote = '';
  for (let i = 0; i < text.length; i += 1) {
    const char = text[i] ?? '';
    if (quote === "'") {
      if (char === "'") quote = '';
      else word += char;
    } else if (char === '\\') {
      const next = text[(i += 1)];
      if (next === undefined) return { fault: 'ends with a backslash; double it to mean one' };
      if (next === '\n') continue;
      word += quote === '"' && !'"\\$`'.includes(next) ? `\\${next}` : next;
      inWord = true;
    } else if (quote === '"') {
      if (char === '"') quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      inWord = true;
    } else if (/\s/.test(char)) {
      if (inWord) words.push(word);
      word = '';
      inWord = false;
    } else {
      word += char;
      inWord = true;
    }
  }
  if (quote !== '') return { fault: `has an opening ${quote} without a closing one` };
  if (inWord) words.push(word);
  return { value: words };
}

/** The nearest candidate within two edits (or a third of the word), for "did you mean". */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= limit && (best === undefined || distance < best.distance)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** Levenshtein distance by the two-row dynamic programme (Wagner and Fischer 1974). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
