/** CSV as promptfoo reads it, through csv-parse: RFC 4180, and where that fails, quotes inside of a cell are its own. */
import { parse } from 'csv-parse/sync';

/** Rows by the header's names. Throws, naming the row, on a cell too many or a quote that isn't closed. */
export function readCsv(text: string): Record<string, string>[] {
  const [header = [], ...rows] = readCells(text);
  const names = header.map((name) => name.trim());
  if (new Set(names).size < names.length) throw new Error('its header has a name twice');
  return rows.map((cells, at) => {
    if (cells.length > names.length)
      throw new Error(`row ${at + 1} has ${cells.length} cells, its header ${names.length}`);
    return Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']));
  });
}

function readCells(text: string): string[][] {
  const options = { bom: true, skip_empty_lines: true, relax_column_count: true };
  try {
    return parse(text, options);
  } catch {
    try {
      return parse(text, { ...options, relax_quotes: true });
    } catch (error) {
      throw new Error(csvFault(error), { cause: error });
    }
  }
}

/** csv-parse's own codes say what is wrong; `records` counts what was read before, the header among it. */
function csvFault(error: unknown): string {
  const { code = '', records = 0 } = error as { code?: string; records?: number };
  if (!code.startsWith('CSV_')) throw error;
  const why =
    code === 'CSV_QUOTE_NOT_CLOSED'
      ? 'has a quote that is not closed'
      : `is no CSV (${code.slice('CSV_'.length).toLowerCase().replaceAll('_', ' ')})`;
  return `row ${records} ${why}`;
}
