/** JSON lines, and a JSON array whose elements are cut out one by one. */
import { parseTolerant } from '@sluice/evaluation/readers/tolerant-json';
import { ConfigError } from '@sluice/runtime/errors';
import { BATCH_ROWS, MAX_COLUMNS, MAX_ROW_BYTES, type Cell, type Row, type RowBatch } from './rows.ts';

/** Rows of JSON lines; empty lines are none. A line that is no JSON object is a broken row. */
export async function* readJsonl(text: AsyncIterable<string>, shown: string): AsyncGenerator<RowBatch> {
  yield* toBatches(splitLines(text, shown));
}

/**
 * Rows of one JSON array of objects.
 *
 * @throws ConfigError when it is no array, isn't closed, or something follows it
 */
export async function* readJsonArray(text: AsyncIterable<string>, shown: string): AsyncGenerator<RowBatch> {
  yield* toBatches(splitElements(text, shown));
}

async function* toBatches(texts: AsyncIterable<string[]>): AsyncGenerator<RowBatch> {
  let number = 0;
  let batch: Row[] = [];
  for await (const some of texts) {
    for (const text of some) {
      number++;
      batch.push(toRow(text, number));
      if (batch.length < BATCH_ROWS) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function toRow(text: string, number: number): Row {
  let value: unknown;
  try {
    value = parseTolerant(text);
  } catch {
    return { number, values: new Map(), broken: 'it is no JSON' };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { number, values: new Map(), broken: 'it is no JSON object' };
  }
  const entries = Object.entries(value as Record<string, Cell>);
  if (entries.length > MAX_COLUMNS) {
    return {
      number,
      values: new Map(),
      broken: `it has ${entries.length} keys; at most ${MAX_COLUMNS} are read`,
    };
  }
  return { number, values: new Map(entries) };
}

async function* splitLines(text: AsyncIterable<string>, shown: string): AsyncGenerator<string[]> {
  // Joined once a line ends: a long line in many pieces would be copied for each of them.
  let parts: string[] = [];
  let length = 0;
  for await (const piece of text) {
    const lines = piece.split('\n');
    const last = lines.pop() ?? '';
    if (lines.length > 0) {
      lines[0] = parts.join('') + (lines[0] ?? '');
      parts = [];
      length = 0;
      const full = lines.filter((line) => line.trim() !== '');
      if (full.length > 0) yield full;
    }
    parts.push(last);
    length += last.length;
    refuseLong(length, shown);
  }
  const rest = parts.join('');
  if (rest.trim() !== '') yield [rest];
}

/** Cuts an array at the commas of its first level; only brackets and strings are looked at. */
async function* splitElements(text: AsyncIterable<string>, shown: string): AsyncGenerator<string[]> {
  let state = 'before' as 'before' | 'inside' | 'after';
  let depth = 0;
  let inString = false;
  let escaped = false;
  let element = '';
  let afterComma = false;
  for await (const piece of text) {
    const found: string[] = [];
    let from = 0;
    for (let i = 0; i < piece.length; i++) {
      const code = piece.charCodeAt(i);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === 0x5c) escaped = true;
        else if (code === 0x22) inString = false;
        continue;
      }
      if (state !== 'inside') {
        if (code <= 0x20) continue;
        if (state === 'after') throw new ConfigError(`${shown}: something follows the end of its JSON array`);
        if (code !== 0x5b) throw new ConfigError(`${shown}: its JSON is no array of rows`);
        state = 'inside';
        from = i + 1;
        continue;
      }
      if (code === 0x22) inString = true;
      else if (code === 0x7b || code === 0x5b) depth++;
      else if (depth > 0 && (code === 0x7d || code === 0x5d)) depth--;
      else if (depth === 0 && (code === 0x2c || code === 0x5d)) {
        const whole = element + piece.slice(from, i);
        element = '';
        from = i + 1;
        const isEnd = code === 0x5d;
        if (whole.trim() !== '') found.push(whole);
        else if (!isEnd || afterComma) found.push('');
        afterComma = !isEnd;
        if (isEnd) state = 'after';
      }
    }
    if (state === 'inside') element += piece.slice(from);
    refuseLong(element.length, shown);
    if (found.length > 0) yield found;
  }
  if (state !== 'after') throw new ConfigError(`${shown}: its JSON array is cut off; its end is missing`);
}

function refuseLong(length: number, shown: string): void {
  if (length > MAX_ROW_BYTES) {
    throw new ConfigError(
      `${shown}: a row of over ${MAX_ROW_BYTES / 2 ** 20} MiB; rows are held whole, so larger ones are refused`,
    );
  }
}
