/** Parquet, row group by row group, through hyparquet. Snappy is its own; the other packings come from Node. */
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { ConfigError } from '@sluice/runtime/errors';
import type { Compressors, FileMetaData, RowGroup } from 'hyparquet';
import { BATCH_ROWS, MAX_COLUMNS, type Cell, type Row, type RowBatch } from './rows.ts';

/** A row group is decoded whole up to this size (unpacked), in slices beyond it where the file has page indexes. */
const WHOLE_GROUP_BYTES = 64 * 1024 * 1024;
/** Without page indexes a larger group could only be held whole: it is refused. */
const MAX_GROUP_BYTES = 512 * 1024 * 1024;

/** What page headers say is checked by hyparquet against what comes out; the limit keeps a bomb from being unpacked first. */
const COMPRESSORS: Compressors = {
  ZSTD: (input, maxOutputLength) => zstdDecompressSync(input, limit(maxOutputLength)),
  GZIP: (input, maxOutputLength) => gunzipSync(input, limit(maxOutputLength)),
  BROTLI: (input, maxOutputLength) => brotliDecompressSync(input, limit(maxOutputLength)),
};

function limit(bytes: number): { maxOutputLength: number } {
  return { maxOutputLength: Math.max(1, bytes) };
}

/**
 * Rows of a Parquet file; memory depends on its row groups, not on its rows.
 *
 * @throws ConfigError for a broken or encrypted file, LZ4 or LZO, row groups too large to hold
 */
export async function* readParquet(path: string, shown: string): AsyncGenerator<RowBatch> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead } = await import('hyparquet');
  const file = await asyncBufferFromFile(path);
  const metadata = await guarded(shown, () => parquetMetadataAsync(file));
  const columns = topColumns(metadata, shown);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const step = sliceRows(group, shown);
    for (let from = start; from < end; from += step) {
      const rowEnd = Math.min(end, from + step);
      let rows: unknown[][] = [];
      await guarded(shown, () =>
        parquetRead({
          file,
          metadata,
          rowStart: from,
          rowEnd,
          compressors: COMPRESSORS,
          useOffsetIndex: step < Number(group.num_rows),
          onComplete: (found: unknown[][]) => (rows = found),
        }),
      );
      yield* batches(rows, columns, from);
    }
    start = end;
  }
}

function* batches(rows: unknown[][], columns: string[], before: number): Generator<RowBatch> {
  for (let i = 0; i < rows.length; i += BATCH_ROWS) {
    yield rows.slice(i, i + BATCH_ROWS).map((row, j): Row => {
      const values = new Map<string, Cell>();
      for (let c = 0; c < columns.length; c++) values.set(columns[c] ?? '', toCell(row[c]));
      return { number: before + i + j + 1, values };
    });
  }
}

/** 64-bit integers become numbers where they fit exactly; bytes are no text and are told by their length. */
function toCell(value: unknown): Cell {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (value instanceof Uint8Array) return { bytes: value.length };
  return value ?? null;
}

function topColumns(metadata: FileMetaData, shown: string): string[] {
  const count = metadata.schema[0]?.num_children ?? 0;
  if (count > MAX_COLUMNS) {
    throw new ConfigError(`${shown} has ${count} columns; at most ${MAX_COLUMNS} are read`);
  }
  // The schema is a tree written flat: a node's children follow it.
  const names: string[] = [];
  let skip = 0;
  for (const { name, num_children: children = 0 } of metadata.schema.slice(1)) {
    if (skip === 0) names.push(name);
    else skip--;
    skip += children;
  }
  return names;
}

/** Rows to decode at a time so that about 64 MiB are held. */
function sliceRows(group: RowGroup, shown: string): number {
  const rows = Math.max(1, Number(group.num_rows));
  const bytes = Math.max(
    Number(group.total_byte_size),
    group.columns.reduce((sum, { meta_data: data }) => sum + Number(data?.total_uncompressed_size ?? 0), 0),
  );
  for (const { meta_data: data } of group.columns) {
    if (data?.codec === 'LZ4' || data?.codec === 'LZ4_RAW' || data?.codec === 'LZO') {
      throw new ConfigError(
        `${shown} is packed with ${data.codec}, which isn't read; write it with zstd or snappy`,
      );
    }
  }
  if (bytes <= WHOLE_GROUP_BYTES) return rows;
  if (group.columns.every(({ offset_index_offset: at }) => at !== undefined)) {
    return Math.max(BATCH_ROWS, Math.floor((rows * WHOLE_GROUP_BYTES) / bytes));
  }
  if (bytes <= MAX_GROUP_BYTES) return rows;
  throw new ConfigError(
    `${shown} has a row group of ${Math.round(bytes / 2 ** 20)} MiB without page indexes, which would be held whole; write smaller groups (pyarrow: row_group_size=100000) or write_page_index=True`,
  );
}

/** Whatever a hostile file makes the parser throw is the file's fault. */
async function guarded<T>(shown: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const message =
      typeof error === 'object' && error !== null && 'message' in error
        ? String(error.message)
        : String(error);
    throw new ConfigError(`${shown} can't be read as Parquet: ${message.slice(0, 200)}`, { cause: error });
  }
}
