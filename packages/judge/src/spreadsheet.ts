/** Cells of a sheet that people open in a spreadsheet program. */

/**
 * What a program may take for a formula, in plain and in full-width signs (OWASP, "CSV Injection"); an apostrophe before
 * one of them too, so that what was put there can be told from what was there.
 */
const DANGEROUS = /^(?=['\s]*[=+\-@\t\r＝＋－＠])/u;
const DISARMED = /^'(?=['\s]*[=+\-@\t\r＝＋－＠])/u;

export function disarmCell(text: string): string {
  return text.replace(DANGEROUS, "'");
}

/** The text as it was before `disarmCell`. */
export function rearmCell(cell: string): string {
  return cell.replace(DISARMED, '');
}

/** RFC 4180, every cell in quotes. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) => `${row.map((cell) => `"${disarmCell(cell).replaceAll('"', '""')}"`).join(',')}\r\n`)
    .join('');
}

/**
 * Rows of a CSV by the names in its first row; cells are rearmed. Programs of some countries save semicolons for commas.
 *
 * @throws Error naming the line where it isn't CSV
 */
export async function readCsv(text: string): Promise<Record<string, string>[]> {
  const { parse } = await import('csv-parse/sync');
  const head = /^[^\r\n]*/u.exec(text)?.[0] ?? '';
  const rows: string[][] = parse(text, {
    bom: true,
    delimiter: head.includes(';') && !head.includes(',') ? ';' : ',',
    relax_column_count_less: true,
    skip_empty_lines: true,
  });
  const [names = [], ...cells] = rows;
  return cells.map((row) =>
    Object.fromEntries(names.map((name, column) => [name.trim(), rearmCell(row[column] ?? '')])),
  );
}
