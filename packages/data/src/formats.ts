/** Which format and packing a file has: its name says, its first bytes decide. Pure. */
import { ConfigError } from '@sluice/runtime/errors';

export type DataFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'parquet';
export type Packing = 'none' | 'gzip' | 'zstd';

export interface Detected {
  format: DataFormat;
  packing: Packing;
}

const BY_NAME: Readonly<Record<string, DataFormat>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'json',
  parquet: 'parquet',
  pq: 'parquet',
};
export const FORMATS = 'CSV, TSV, JSONL, a JSON array or Parquet (texts also as .gz or .zst)';

/** Format by the end of a name; undefined for a file that is no data. */
export function formatOfName(name: string): DataFormat | undefined {
  const end = /\.([A-Za-z]+)(?:\.(?:gz|zst|zstd))?$/u.exec(name)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(BY_NAME, end) ? BY_NAME[end] : undefined;
}

/** Beside tables a `.json` describes them (dataset_infos.json); alone it is the data. */
export function dataOnly(paths: readonly string[]): string[] {
  const data = paths.filter((path) => formatOfName(path) !== undefined && !/(?:^|[/\\])\./u.test(path));
  const tables = data.filter((path) => formatOfName(path) !== 'json');
  return tables.length > 0 ? tables : data;
}

/** Packing by the first bytes (RFC 1952, RFC 8878). */
export function packingOf(head: Uint8Array): Packing {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return 'zstd';
  return 'none';
}

/**
 * Format and packing of a file.
 *
 * @param head its first bytes; @param text the start of its text, unpacked
 * @throws ConfigError when neither name nor content tells
 */
export function detectFormat(shown: string, head: Uint8Array, text: string): Detected {
  const packing = packingOf(head);
  if (Buffer.from(head.subarray(0, 4)).toString('latin1') === 'PAR1') return { format: 'parquet', packing };
  const named = formatOfName(shown);
  if (named === 'parquet') {
    throw new ConfigError(`${shown} is named as Parquet, but doesn't begin as Parquet does (PAR1)`);
  }
  const start = text.replace(/^\uFEFF/u, '').trimStart();
  // Exporters call JSON lines `.json` too.
  if (named === 'json' || named === 'jsonl')
    return { format: start.startsWith('[') ? 'json' : 'jsonl', packing };
  if (named !== undefined) return { format: named, packing };
  if (start.startsWith('[')) return { format: 'json', packing };
  if (start.startsWith('{')) return { format: 'jsonl', packing };
  throw new ConfigError(`${shown} isn't known as data; give ${FORMATS}, named by its ending`);
}
