/** What every file of data is read into: batches of rows, so that memory depends on the batch and never on the file. */

/** A value of a row. Nested lists and objects come as they were parsed; a cell is read, never called. */
export type Cell = string | number | bigint | boolean | null | Date | readonly unknown[] | object;

export interface Row {
  /** From 1, without header lines. */
  number: number;
  /** By column. A Map, because a column may be called `__proto__`. A column that a row lacks is absent. */
  values: ReadonlyMap<string, Cell>;
  /** Why the row isn't whole: too few or too many fields, a line that is no JSON. Its values are what could be read. */
  broken?: string;
}

export type RowBatch = readonly Row[];

/** Rows handed over at a time. */
export const BATCH_ROWS = 256;
/** A row of more than this is refused: it would have to be held whole. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** Columns beyond this are refused: each costs memory for its profile. */
export const MAX_COLUMNS = 2000;

/** Whether a value counts as null: nothing there, `null`, an empty text, NaN (bare in JSON it is read as its name). */
export function isNull(cell: Cell | undefined): boolean {
  return (
    cell === undefined ||
    cell === null ||
    cell === '' ||
    cell === 'NaN' ||
    (typeof cell === 'number' && Number.isNaN(cell))
  );
}

/** A cell as text: strings as they are, the rest as JSON would write it. */
export function cellText(cell: Cell | undefined): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'string') return cell;
  if (cell instanceof Date) return Number.isNaN(cell.getTime()) ? '' : cell.toISOString();
  if (typeof cell !== 'object') return String(cell);
  return JSON.stringify(cell, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

/** Deeper nesting is left unread: hostile files nest a million times. */
const MAX_DEPTH = 64;

/** Every text inside a cell, in order: of chat messages their contents and roles, of a string itself. Numbers are no text. */
export function textsIn(cell: unknown, depth = 0): string[] {
  if (typeof cell === 'string') return cell === '' ? [] : [cell];
  if (typeof cell !== 'object' || cell === null || cell instanceof Date || depth > MAX_DEPTH) return [];
  return Object.values(cell).flatMap((value) => textsIn(value, depth + 1));
}
