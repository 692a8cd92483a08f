/** One pass over a data set for its schema, profile, duplicates and personal data; a second for outliers. */
import { ConfigError } from '@sluice/runtime/errors';
import { RowChecker } from './check-rows.ts';
import type { DataSchema } from './data-schema.ts';
import { DuplicateCounter } from './duplicates.ts';
import type { Finding } from './findings.ts';
import { OutlierCounter, type ColumnOutliers } from './outliers.ts';
import { PiiCounter } from './pii.ts';
import { ProfileBuilder, type ColumnProfile } from './profile.ts';
import { detectFile, readRows, type DataFile } from './read-rows.ts';
import { cellText, MAX_COLUMNS, type Cell, type Row } from './rows.ts';

export interface DataScan {
  files: readonly DataFile[];
  rows: number;
  brokenRows: number;
  duplicates: number;
  columns: ColumnProfile[];
  /** undefined: no schema was given. */
  schema: { findings: Finding[]; total: number } | undefined;
  pii: PiiCounter;
  outliers: ColumnOutliers[];
}

export interface ScanOptions {
  schemas: readonly DataSchema[];
  /** For temporary files. */
  folder: string;
  signal?: AbortSignal;
  /** Blacks out what must not be shown of a value. */
  show?: (text: string) => string;
}

/** @throws ConfigError for files that can't be read, and for data without a row */
export async function scanData(files: readonly DataFile[], options: ScanOptions): Promise<DataScan> {
  const { schemas, folder, signal, show } = options;
  const profile = new ProfileBuilder();
  const pii = new PiiCounter();
  const duplicates = new DuplicateCounter(folder);
  const checkers = schemas.map((schema) => new RowChecker(schema, folder, show));
  let brokenRows = 0;
  try {
    await eachRow(files, signal, (row, shown, typed) => {
      if (row.broken !== undefined) brokenRows++;
      profile.add(row, typed);
      pii.add(row);
      duplicates.add(rowKey(row), profile.rows);
      for (const checker of checkers) checker.add(row, shown, typed);
      if (profile.width > MAX_COLUMNS) {
        throw new ConfigError(
          `${shown}, row ${row.number}: over ${MAX_COLUMNS} different columns; give fewer`,
        );
      }
    });
    if (profile.rows === 0)
      throw new ConfigError(`${files.map(({ shown }) => shown).join(', ')}: there is no row`);
    const repeated = duplicates.finish().count;
    const checked = checkers.map((checker) => checker.finish(repeated));
    const columns = profile.finish();
    return {
      files,
      rows: profile.rows,
      brokenRows,
      duplicates: repeated,
      columns,
      schema:
        checked.length === 0
          ? undefined
          : {
              findings: checked.flatMap(({ findings }) => findings),
              total: checked.reduce((sum, { total }) => sum + total, 0),
            },
      pii,
      outliers: await countOutliers(files, columns, signal),
    };
  } finally {
    duplicates.close();
    for (const checker of checkers) checker.close();
  }
}

async function countOutliers(
  files: readonly DataFile[],
  columns: readonly ColumnProfile[],
  signal: AbortSignal | undefined,
): Promise<ColumnOutliers[]> {
  const counter = new OutlierCounter(columns);
  if (counter.isNeeded) await eachRow(files, signal, (row, _, typed) => counter.add(row, typed));
  return counter.list();
}

/**
 * Only the profile: what drift needs of each side.
 *
 * @param keep columns whose texts are kept, a sample of each
 */
export async function profileData(
  files: readonly DataFile[],
  signal?: AbortSignal,
  keep?: ReadonlySet<string>,
): Promise<ColumnProfile[]> {
  const profile = new ProfileBuilder(keep);
  await eachRow(files, signal, (row, _, typed) => profile.add(row, typed));
  if (profile.rows === 0)
    throw new ConfigError(`${files.map(({ shown }) => shown).join(', ')}: there is no row`);
  return profile.finish();
}

/** Rows of all files in order. `typed`: the file knows numbers from texts (all but CSV do). */
export async function eachRow(
  files: readonly DataFile[],
  signal: AbortSignal | undefined,
  see: (row: Row, shown: string, typed: boolean) => void,
): Promise<void> {
  for (const file of files) {
    const { format } = await detectFile(file);
    const typed = format !== 'csv' && format !== 'tsv';
    for await (const batch of readRows(file)) {
      signal?.throwIfAborted();
      for (const row of batch) see(row, file.shown, typed);
    }
  }
}

/** Equal for rows with the same values in the same columns, whatever their order. */
function rowKey(row: Row): string {
  const entries: string[] = [];
  for (const [name, cell] of row.values) entries.push(`${JSON.stringify(name)}:${keyOf(cell)}`);
  return entries.sort().join();
}

/** A text "1" and a number 1 are two values. */
function keyOf(cell: Cell): string {
  return typeof cell === 'string' ? JSON.stringify(cell) : cellText(cell);
}
