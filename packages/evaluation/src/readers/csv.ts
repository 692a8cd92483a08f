/** CSV as RFC 4180 has it: commas, quotes doubled inside quotes, line breaks inside quotes, CRLF or LF. */

export interface Table {
  columns: string[];
  rows: Record<string, string>[];
}

/** Rows more than this are a data set, not results. */
const MAX_ROWS = 5_000_000;

/**
 * A table with a header line. Tabs divide where the header has tabs and no comma.
 *
 * @throws Error naming the line: a quote that is never closed, a row with more or fewer cells than the header, a column twice
 */
export function parseCsv(text: string): Table {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const header = clean.slice(0, clean.search(/\r?\n|$/u));
  const delimiter = header.includes(',') || !header.includes('\t') ? ',' : '\t';
  const lines = cells(clean, delimiter);
  const first = lines.next();
  const columns = first.done === true ? [] : first.value.cells.map((cell) => cell.trim());
  const twice = columns.find((column, index) => columns.indexOf(column) !== index);
  if (twice !== undefined) throw new Error(`has the column '${twice.slice(0, 60)}' twice`);
  const rows: Record<string, string>[] = [];
  for (const { cells: row, line } of lines) {
    if (row.length === 1 && row[0] === '') continue;
    if (row.length !== columns.length)
      throw new Error(`line ${line} has ${row.length} cells, the header ${columns.length}; it isn't whole`);
    if (rows.length >= MAX_ROWS) throw new Error(`has more than ${MAX_ROWS} rows`);
    rows.push(Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])));
  }
  return { columns, rows };
}

function* cells(text: string, delimiter: string): Generator<{ cells: string[]; line: number }> {
  const plain = delimiter === ',' ? /[^,\r\n]*/uy : /[^\t\r\n]*/uy;
  let row: string[] = [];
  let line = 1;
  let start = 1;
  let at = 0;
  while (at < text.length) {
    let cell: string;
    if (text[at] === '"') {
      const { value, next } = quoted(text, at, start);
      line += value.split('\n').length - 1;
      cell = value;
      at = next;
    } else {
      plain.lastIndex = at;
      cell = plain.exec(text)?.[0] ?? '';
      at += cell.length;
    }
    row.push(cell);
    if (text[at] === delimiter) {
      at++;
      if (at === text.length) row.push('');
      continue;
    }
    if (at < text.length && text[at] !== '\r' && text[at] !== '\n')
      throw new Error(`line ${line}: text stands behind a closing quote`);
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    yield { cells: row, line: start };
    row = [];
    line++;
    start = line;
  }
  if (row.length > 0) yield { cells: row, line: start };
}

function quoted(text: string, open: number, line: number): { value: string; next: number } {
  let from = open + 1;
  for (;;) {
    const close = text.indexOf('"', from);
    if (close < 0) throw new Error(`line ${line}: a quote is opened and never closed; it isn't whole`);
    if (text[close + 1] !== '"')
      return { value: text.slice(open + 1, close).replaceAll('""', '"'), next: close + 1 };
    from = close + 2;
  }
}
