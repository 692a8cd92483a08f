/**
 * Assertions over SQL in the answer, by promptfoo's own parser (node-sql-parser), which is not bundled: the workspace
 * has it, as with promptfoo. It runs in a process of its own, without the step's environment.
 */
import { valueFault, type AssertionFault, type Decision, type Kind, type Kinds } from './kinds.ts';
import type { Assertion } from '../suites/types.ts';
import type { SqlDemand } from './parse-sql.ts';

/** The parser's dialects, as it writes them. */
const DATABASES = [
  'MySQL', 'MariaDB', 'PostgresQL', 'Postgresql', 'Sqlite', 'TransactSQL', 'BigQuery', 'Snowflake', 'Redshift', 'Athena',
  'DB2', 'Hive', 'FlinkSQL', 'Noql',
]; // prettier-ignore

/** Undefined when it is none. */
function readWanted(value: unknown): SqlDemand | undefined {
  if (value === undefined) return { databaseType: 'MySQL' };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const {
    databaseType = 'MySQL',
    allowedTables,
    allowedColumns,
    ...others
  } = value as Record<string, unknown>;
  const isList = (list: unknown): boolean =>
    list === undefined ||
    (Array.isArray(list) &&
      list.length > 0 &&
      list.every((entry) => typeof entry === 'string' && entry !== ''));
  const isKnown =
    typeof databaseType === 'string' &&
    DATABASES.some((name) => name.toLowerCase() === databaseType.toLowerCase());
  return isKnown && Object.keys(others).length === 0 && isList(allowedTables) && isList(allowedColumns)
    ? { ...value, databaseType }
    : undefined;
}

function check({ type, value }: Assertion): AssertionFault | undefined {
  return readWanted(value) === undefined
    ? valueFault(
        `'${type}' takes {databaseType, allowedTables, allowedColumns} or no value; databaseType is one of ${DATABASES.join(', ')}, the lists have entries such as 'select::null::users'`,
      )
    : undefined;
}

const sql = (isWhole: boolean): Kind => ({
  package: { name: 'node-sql-parser', file: 'node-sql-parser/index.js', install: 'node-sql-parser@5.4.0' },
  check,
  async decide({ value, file }, { answer, aides }): Promise<Decision> {
    const wanted = readWanted(value);
    if (wanted === undefined || file === undefined) throw new Error('there is no parser of SQL');
    const { findSqlMisfits } = await import('./parse-sql.ts');
    const { extractSqlBlocks } = await import('./sql-text.ts');
    const blocks = isWhole ? [] : extractSqlBlocks(answer.text);
    const texts = blocks.length > 0 ? blocks : [answer.text];
    const misfits = await findSqlMisfits(texts, wanted, file, aides?.signal);
    const passed = misfits.includes(null);
    const why = passed ? '' : ` (${(misfits[0] ?? 'it holds nothing').slice(0, 200)})`;
    return { passed, reason: `the answer ${isWhole ? 'is' : 'holds'} SQL of ${wanted.databaseType}${why}` };
  },
});

export const SQL_KINDS: Kinds = { 'is-sql': sql(true), 'contains-sql': sql(false) };
