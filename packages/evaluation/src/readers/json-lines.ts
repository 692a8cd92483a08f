/** Text as JSON, or as JSON lines where it holds one value a line. */
import { isObject } from '../model.ts';
import type { Fields } from './fields.ts';
import { parseTolerant } from './tolerant-json.ts';

export type Parsed = { kind: 'json'; data: unknown } | { kind: 'lines'; rows: Fields[] };

/** @throws Error naming the line, where a later line than the first isn't a JSON object: the file was cut */
export function parseJsonOrLines(text: string): Parsed {
  try {
    return { kind: 'json', data: parseTolerant(text) };
  } catch (error) {
    const rows = parseLines(text);
    if (rows !== undefined) return { kind: 'lines', rows };
    throw new Error(`is neither JSON nor XML (${error instanceof Error ? error.message : String(error)})`, {
      cause: error,
    });
  }
}

/** Undefined where the first line is no object of its own. */
function parseLines(text: string): Fields[] | undefined {
  const rows: Fields[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number++;
    if (line.trim() === '') continue;
    let row: unknown;
    try {
      row = parseTolerant(line);
    } catch (error) {
      if (rows.length === 0) return undefined;
      throw new Error(
        `line ${number} isn't whole JSON (${error instanceof Error ? error.message : String(error)})`,
        { cause: error },
      );
    }
    if (!isObject(row)) {
      if (rows.length === 0) return undefined;
      throw new Error(`line ${number} holds no JSON object`);
    }
    rows.push(row);
  }
  return rows;
}
