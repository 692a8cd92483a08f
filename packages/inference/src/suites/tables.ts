/** Rows of Parquet files for suites. A suite is read at once; what can only be read bit by bit is read before. */
import { readParquet } from '@sluice/data/read-parquet';
import type { Cell } from '@sluice/data/rows';

/** More rows than a suite has questions. */
const MOST_ROWS = 100_000;

export type Rows = Record<string, unknown>[];
/** By the file's absolute path; an error stands for a file that can't be read. */
export type Tables = ReadonlyMap<string, Rows | Error>;

/** @param wanted absolute paths with the names that people know them by */
export async function readTables(wanted: ReadonlyMap<string, string>): Promise<Tables> {
  const tables = new Map<string, Rows | Error>();
  for (const [path, shown] of wanted)
    tables.set(path, await readTable(path, shown).catch((error: unknown) => error as Error));
  return tables;
}

async function readTable(path: string, shown: string): Promise<Rows> {
  const rows: Rows = [];
  for await (const batch of readParquet(path, `'${shown}'`))
    for (const { values } of batch) {
      if (rows.length >= MOST_ROWS)
        throw new Error(`'${shown}' has more than ${MOST_ROWS} rows; take a part of it for a suite`);
      rows.push(Object.fromEntries([...values].filter(([, cell]) => !isBytes(cell)).map(toEntry)));
    }
  return rows;
}

/** As JSON would hold it: whole numbers too large for one become texts, times ISO 8601. */
function toEntry([name, cell]: [string, Cell]): [string, unknown] {
  const text = JSON.stringify(cell, (_key, value: unknown) =>
    typeof value === 'bigint' ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value,
  );
  return [name, JSON.parse(text) as unknown];
}

/** Bytes are no text and are left out, so that a template that names them says so. */
function isBytes(cell: Cell): boolean {
  return typeof cell === 'object' && cell !== null && Object.keys(cell).join() === 'bytes';
}
