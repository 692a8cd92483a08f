/** Asks node-sql-parser about texts, in a process of its own. */
import { run } from '@sluice/process/run';
import { parseJson } from './json-text.ts';
import { findSqlTextFault } from './sql-text.ts';

const TIMEOUT_MS = 20_000;
/** Longer texts are no query that anybody means. */
const MOST_CHARS = 100_000;

export interface SqlDemand {
  databaseType: string;
  allowedTables?: string[];
  allowedColumns?: string[];
}

/**
 * Why each text is no SQL, or uses what isn't allowed; null for one that is well.
 *
 * @param parser path of node-sql-parser's index.js
 * @throws when the parser failed or took too long
 */
export async function findSqlMisfits(
  texts: readonly string[],
  demand: SqlDemand,
  parser: string,
  signal?: AbortSignal,
): Promise<(string | null)[]> {
  const faults = texts.map((text) =>
    text.length > MOST_CHARS
      ? `it has more than ${MOST_CHARS} characters`
      : findSqlTextFault(text, demand.databaseType),
  );
  const asked = texts.filter((_text, at) => faults[at] === undefined);
  if (asked.length === 0) return faults.map((fault) => fault ?? null);
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', PROGRAM], {
    input: JSON.stringify({ texts: asked, demand, parser }),
    // No token of the step is in it.
    env: { PATH: process.env['PATH'] ?? '' },
    timeoutMs: TIMEOUT_MS,
    ...(signal === undefined ? {} : { signal }),
  });
  const told = parseJson(stdout.trim().split('\n').at(-1) ?? '')?.value;
  if (!Array.isArray(told) || told.length !== asked.length || !told.every(isMisfit))
    throw new Error('the parser of SQL gave no answer');
  const rest = told.values();
  return faults.map((fault) => fault ?? rest.next().value ?? null);
}

const isMisfit = (entry: unknown): entry is string | null => entry === null || typeof entry === 'string';

/** promptfoo's checks: the syntax, then the tables, then the columns; of a column's table, null is any. */
const PROGRAM = `
import { createRequire } from 'node:module';
const parts = [];
for await (const part of process.stdin) parts.push(part);
const { texts, demand, parser: path } = JSON.parse(Buffer.concat(parts).toString('utf8'));
const { Parser } = createRequire(path)(path);
const { databaseType: database, allowedTables, allowedColumns } = demand;
const said = (error) => String(error?.message ?? error).replace(/\\s+/g, ' ').slice(0, 300);
const misfit = (text) => {
  const parser = new Parser();
  try { parser.astify(text, { database }); } catch (error) { return said(error); }
  try {
    if (allowedTables) parser.whiteListCheck(text, allowedTables, { database, type: 'table' });
    if (allowedColumns) {
      const any = allowedColumns.map((one) => one.split('::')).filter((one) => one.length === 3).map(([what, , column]) => what + '::null::' + column);
      parser.whiteListCheck(text, [...allowedColumns, ...any], { database, type: 'column' });
    }
    return null;
  } catch (error) { return said(error); }
};
process.stdout.write(JSON.stringify(texts.map(misfit)) + '\\n');
`;
