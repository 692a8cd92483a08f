/** One reader for every format: batches of rows, whatever the file. */
import { ConfigError } from '@sluice/runtime/errors';
import { detectFormat, packingOf, type Detected } from './formats.ts';
import type { RowBatch } from './rows.ts';
import { readHead, readText } from './text-input.ts';

export interface DataFile {
  /** Absolute. */
  path: string;
  /** As messages and records name it. */
  shown: string;
}

/** Format and packing of a file by its name and its first bytes. */
export async function detectFile({ path, shown }: DataFile): Promise<Detected> {
  const { head, text } = await readHead(path, packingOf);
  if (head.length === 0) throw new ConfigError(`${shown} is empty; it holds no row`);
  return detectFormat(shown, head, text);
}

/**
 * The rows of a file in batches, in order. It may be asked again: nothing is kept.
 *
 * @throws ConfigError naming file and row for what can't be read; ragged rows and lines that are no JSON are given as broken rows
 */
export async function* readRows(file: DataFile): AsyncGenerator<RowBatch> {
  const { format, packing } = await detectFile(file);
  const { path, shown } = file;
  if (format === 'parquet') {
    yield* (await import('./read-parquet.ts')).readParquet(path, shown);
    return;
  }
  const text = readText(path, packing, shown);
  if (format === 'csv' || format === 'tsv') {
    const { readCsv } = await import('./read-csv.ts');
    yield* readCsv(text, format === 'csv' ? ',' : '\t', shown);
    return;
  }
  const { readJsonl, readJsonArray } = await import('./read-json.ts');
  yield* format === 'json' ? readJsonArray(text, shown) : readJsonl(text, shown);
}
