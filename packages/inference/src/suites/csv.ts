/** CSV as RFC 4180 has it: quotes around cells, doubled inside of them; a header line gives the names. */

/** Rows by the header's names. Throws, naming the line, on a cell too many or a quote that isn't closed. */
export function readCsv(text: string): Record<string, string>[] {
  const [header = [], ...lines] = readCells(text.replace(/^\uFEFF/, ''));
  if (new Set(header).size < header.length) throw new Error('its header has a name twice');
  return lines.map((cells, at) => {
    if (cells.length > header.length)
      throw new Error(`row ${at + 1} has ${cells.length} cells, its header ${header.length}`);
    return Object.fromEntries(header.map((name, column) => [name.trim(), cells[column] ?? '']));
  });
}

function readCells(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/gy;
  while (cell.lastIndex < text.length || row.length > 0) {
    const at = cell.lastIndex;
    const match = cell.exec(text);
    if (match === null)
      throw new Error(
        `row ${rows.length} has a quote that is not closed, or text beside one: '${text.slice(at, at + 40)}'`,
      );
    const [, quoted, plain = '', end] = match;
    row.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (cell.lastIndex >= text.length) break;
  }
  return rows;
}
