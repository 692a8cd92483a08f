/** Tests from the rows of a file: promptfoo's columns of a table, or whole tests. */
import { KIND_NAMES } from '../assertions/registry.ts';
import type { Assertion, SuiteTest, Vars } from './types.ts';

/**
 * A row of CSV: `__expected`, `__expected1` … are assertions, `__description`, `__threshold`, `__prefix`, `__suffix`
 * and `__metric` as promptfoo has them; all other columns are variables. Throws on another column that begins with __.
 */
export function testFromCells(row: Readonly<Record<string, unknown>>): SuiteTest {
  const vars: Vars = {};
  const assert: Assertion[] = [];
  const test: SuiteTest = { vars, assert };
  for (const [name, value] of Object.entries(row)) {
    const text = typeof value === 'string' ? value.trim() : value;
    if (!name.startsWith('__')) vars[name] = value as Vars[string];
    else if (text === '' || text === undefined) continue;
    else if (/^__expected\d*$/.test(name)) assert.push(readExpected(String(text)));
    else if (name === '__description') test.description = String(text);
    else if (name === '__threshold') test.threshold = Number(text);
    else if (name === '__prefix' || name === '__suffix')
      test.options = { ...test.options, [name.slice(2)]: String(value) };
    else if (name !== '__metric') throw new Error(`the column '${name}' is not supported`);
  }
  const metric = row['__metric'];
  if (typeof metric === 'string' && metric !== '') for (const one of assert) one.metric = metric;
  return test;
}

const LISTS = /^(?:not-)?i?contains-(?:any|all)$/;

/** `contains: Paris`, `similar(0.8): …`, `is-json`; anything else has to be equal. */
export function readExpected(text: string): Assertion {
  const match = /^(?:(grade):|((?:not-)?[a-z][a-z0-9-]*)(?:\(([\d.]+)\))?(?::([^]*))?$)/.exec(text);
  if (match?.[1] !== undefined) return { type: 'llm-rubric', value: text.slice('grade:'.length).trim() };
  const [, , type = '', threshold, given] = match ?? [];
  if (!KIND_NAMES.includes(type.replace(/^not-/, ''))) return { type: 'equals', value: text };
  const value = given?.trim() ?? '';
  const kept = LISTS.test(type) ? value.split(',').map((entry) => entry.trim()) : value;
  return {
    type,
    ...(value === '' ? {} : { value: kept }),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
  };
}
