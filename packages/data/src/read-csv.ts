/** CSV and TSV by RFC 4180, through csv-parse. Ragged rows are told, not mended. */
import { Readable } from 'node:stream';
import { ConfigError } from '@sluice/runtime/errors';
import { BATCH_ROWS, MAX_COLUMNS, MAX_ROW_BYTES, type Row, type RowBatch } from './rows.ts';

/**
 * Rows under the header of the first line. Every value is a text, as CSV knows no other; nothing is trimmed.
 *
 * @throws ConfigError for a header with two columns of one name or without any, quotes that never end, a row over 16 MiB
 */
export async function* readCsv(
  text: AsyncIterable<string>,
  delimiter: ',' | '\t',
  shown: string,
): AsyncGenerator<RowBatch> {
  const { parse } = await import('csv-parse');
  const parser = parse({
    delimiter,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
    // A quote inside an unquoted field is a text's own (5" pipe).
    relax_quotes: true,
  });
  const source = Readable.from(text, { objectMode: true });
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let batch: Row[] = [];
  let number = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      if (header === undefined) {
        header = checkHeader(record, shown);
        continue;
      }
      number++;
      batch.push(toRow(record, header, number));
      if (batch.length >= BATCH_ROWS) {
        yield batch;
        batch = [];
      }
    }
  } catch (error) {
    throw csvFault(error, shown, number + 1);
  } finally {
    source.destroy();
    parser.destroy();
  }
  if (batch.length > 0) yield batch;
}

function checkHeader(record: string[], shown: string): string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new ConfigError(`${shown}: its header names the column ${JSON.stringify(twice)} twice; rename one`);
  }
  if (names.every((name) => name === '')) throw new ConfigError(`${shown}: its first line names no column`);
  if (names.length > MAX_COLUMNS) {
    throw new ConfigError(`${shown} has ${names.length} columns; at most ${MAX_COLUMNS} are read`);
  }
  return names;
}

function toRow(record: string[], header: string[], number: number): Row {
  const values = new Map<string, string>();
  for (let i = 0; i < header.length; i++) {
    const value = record[i];
    if (value !== undefined) values.set(header[i] ?? '', value);
  }
  if (record.length === header.length) return { number, values };
  return { number, values, broken: `${record.length} fields where the header has ${header.length}` };
}

/** csv-parse's own codes say what is wrong. */
function csvFault(error: unknown, shown: string, row: number): unknown {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'CSV_MAX_RECORD_SIZE') {
    return new ConfigError(
      `${shown}, row ${row}: a row of over ${MAX_ROW_BYTES / 2 ** 20} MiB; is a quote never closed?`,
    );
  }
  if (code.startsWith('CSV_')) {
    const why =
      code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'a quote is never closed'
        : code.slice(4).toLowerCase().replaceAll('_', ' ');
    return new ConfigError(`${shown}, row ${row}: ${why}`);
  }
  return error;
}
