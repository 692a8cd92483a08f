import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decide, type Observation } from '../src/assertions/decide.ts';
import { findAssertionFault } from '../src/assertions/faults.ts';
import { extractSqlBlocks, findSqlTextFault } from '../src/assertions/sql-text.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import type { Assertion } from '../src/suites/types.ts';

// The parser itself, and every verdict beside promptfoo's: e2e/oracles/suites.

test('fences without a language or of SQL are looked at, closed ones only', () => {
  const text =
    'a\n```sql\nSELECT 1\n```\n~~~\nSELECT 2\n```\n~~~~\n```js\nSELECT 3\n```\n````sql\nSELECT 4\n```\n````\n```sql\nSELECT 5';
  expect(extractSqlBlocks(text)).toEqual(['SELECT 1', 'SELECT 2\n```', 'SELECT 4\n```']);
});

test.each([
  ['SELECT id name FROM users', 'MySQL', true],
  ['SELECT id, name FROM users', 'MySQL', false],
  ['SELECT DISTINCTROW name FROM users', 'MySQL', false],
  ['SELECT DISTINCTROW name FROM users', 'Postgresql', true],
  ["SELECT 'a b from c' FROM users", 'MySQL', false],
  ["SELECT 'x' name FROM users", 'MySQL', false],
  ['SELECT a /* it */ b FROM users', 'MySQL', true],
  ['SELECT id -- a b from\nFROM users', 'MySQL', false],
  ['SELECT `id FROM users', 'MySQL', true],
  ['SELECT [a b] FROM users', 'Sqlite', false],
  ['SELECT * FROM generate_series(1, 2)', 'mysql', true],
  ['SELECT * FROM generate_series(1, 2)', 'PostgresQL', false],
  [' \n', 'MySQL', true],
])('%s as %s: at fault %s', (text, database, isFault) => {
  expect(findSqlTextFault(text, database) !== undefined).toBe(isFault);
});

describe('the parser', () => {
  const seen = (text: string): Observation => {
    const timings = { ttfbMs: 1, ttftMs: 2, chunksMs: [2], e2eMs: 100 };
    const told = { status: 200, finishReason: 'stop', promptTokens: 1, outputTokens: 1, complete: true };
    return { answer: { ...told, text, error: null, hasErrorBody: false, timings }, aliveAfterwards: null };
  };
  const both = async (assertion: Assertion, text: string): Promise<boolean[]> => [
    (await decide(assertion, seen(text))).passed,
    (await decide({ ...assertion, type: `not-${assertion.type}` }, seen(text))).passed,
  ];

  test('that is missing or broken decides nothing, negated or not', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sql-'));
    const broken = join(folder, 'index.js');
    writeFileSync(broken, 'process.stdout.write("[null]\\n"); throw new Error("no");');
    expect(await both({ type: 'is-sql', file: broken }, 'SELECT 1')).toEqual([false, false]);
    const silent = join(folder, 'silent.js');
    writeFileSync(silent, 'process.exit(0);');
    expect(await both({ type: 'contains-sql', file: silent }, 'SELECT 1')).toEqual([false, false]);
    expect(await both({ type: 'is-sql' }, 'SELECT 1')).toEqual([false, false]);
    // What no parser is needed for is decided.
    expect(await both({ type: 'is-sql', file: broken }, '')).toEqual([false, true]);
  });

  test('is asked for syntax, then tables, then columns, each text on its own', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'sql-')), 'index.js');
    // It stands in for the parser: what it is asked is checked here, what it says in the oracle.
    writeFileSync(
      file,
      `exports.Parser = class {
        astify(text, { database }) { if (/bad/.test(text) || database !== 'Sqlite') throw new Error('near bad'); }
        whiteListCheck(text, list, { type }) {
          if (!list.some((one) => text.includes(type === 'table' ? one.split('::')[2] : one))) throw new Error('no ' + type);
        }
      };`,
    );
    const value = { databaseType: 'Sqlite' };
    const is = { type: 'is-sql', file, value };
    expect(await both(is, 'SELECT 1')).toEqual([true, false]);
    expect(await both(is, 'SELECT bad')).toEqual([false, true]);
    expect(await both({ ...is, value: {} }, 'SELECT 1')).toEqual([false, true]);
    const tables = { ...is, value: { ...value, allowedTables: ['select::null::users'] } };
    expect(await both(tables, 'SELECT 1 FROM users')).toEqual([true, false]);
    expect(await both(tables, 'SELECT 1 FROM secrets')).toEqual([false, true]);
    const columns = { ...is, value: { ...value, allowedColumns: ['select::users::id'] } };
    expect(await both(columns, 'select::null::id')).toEqual([true, false]);
    const holds = { ...is, type: 'contains-sql' };
    expect(await both(holds, '```sql\nSELECT bad\n```\n```sql\nSELECT 1\n```')).toEqual([true, false]);
    expect(await both(holds, '```js\nSELECT 1\n```\n~~~\nSELECT bad\n~~~')).toEqual([false, true]);
  });

  test('is looked for in the workspace before anything is asked', () => {
    const root = mkdtempSync(join(tmpdir(), 'sql-'));
    const suite = 'tests:\n  - vars: {prompt: x}\n    assert:\n      - type: is-sql\n';
    const [missing] = readSuite(suite, 's.yaml', root).findings;
    expect(missing).toMatchObject({ line: 4, key: 'tests[0].assert[0]' });
    expect(missing?.message).toContain("run 'npm install --no-save node-sql-parser@5.4.0' in a step before");
    mkdirSync(join(root, 'node_modules/node-sql-parser'), { recursive: true });
    const file = join(root, 'node_modules/node-sql-parser/index.js');
    writeFileSync(file, '');
    const { cases } = readSuite(suite, 's.yaml', root);
    expect(cases[0]?.assert[0]?.file).toBe(file);
    writeFileSync(file, '// another release of it');
    expect(readSuite(suite, 's.yaml', root).cases[0]?.id).toBe(cases[0]?.id);
  });
});

test.each<Assertion>([
  { type: 'is-sql', value: 'SELECT 1' },
  { type: 'is-sql', value: { databaseType: 'Oracle' } },
  { type: 'is-sql', value: { allowedTables: [] } },
  { type: 'contains-sql', value: { tables: ['a'] } },
])('%j is at fault', (assertion) => {
  expect(findAssertionFault(assertion)?.key).toBe('value');
});
