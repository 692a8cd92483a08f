/** Tests from the rows of a table: promptfoo's columns. */
import { KIND_NAMES } from '../assertions/registry.ts';
import type { Assertion, SuiteTest, Vars } from './types.ts';

/**
 * A row: `__expected`, `__expected1` … are assertions, `__config:__expected1:threshold`, `__description`, `__threshold`,
 * `__prefix`, `__suffix`, `__metric` and `__metadata:name` (`__metadata:tags[]` a list) as promptfoo has them; all other
 * columns are variables. Throws on another column that begins with __.
 */
export function testFromCells(row: Readonly<Record<string, unknown>>): SuiteTest {
  const vars: Vars = {};
  const assert: Assertion[] = [];
  const metadata: Record<string, unknown> = {};
  const thresholds = new Map<number, number>();
  const test: SuiteTest = { vars, assert };
  for (const [name, value] of Object.entries(row)) {
    const text = typeof value === 'string' ? value.trim() : value;
    if (!name.startsWith('__')) vars[name] = value as Vars[string];
    else if (text === '' || text === undefined || text === null) continue;
    else if (/^__expected\d*$/.test(name)) assert.push(readExpected(String(text)));
    else if (name === '__description') test.description = String(text);
    else if (name === '__threshold') test.threshold = readNumber(name, text);
    else if (name === '__prefix' || name === '__suffix')
      test.options = { ...test.options, [name.slice(2)]: String(value) };
    else if (name.startsWith('__metadata:')) readMetadata(name.slice('__metadata:'.length), text, metadata);
    else if (name.startsWith('__config:')) thresholds.set(configured(name), readNumber(name, text));
    else if (name !== '__metric') throw new Error(`the column '${name}' is not supported`);
  }
  for (const [place, threshold] of thresholds) {
    const at = assert[place];
    if (at !== undefined) at.threshold = threshold;
  }
  const metric = row['__metric'];
  if (typeof metric === 'string' && metric !== '') for (const one of assert) one.metric = metric;
  if (Object.keys(metadata).length > 0) test.metadata = metadata;
  return test;
}

function readNumber(name: string, value: unknown): number {
  const number =
    typeof value === 'string' && /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new Error(`the column '${name}' holds '${String(value).slice(0, 40)}', which is no number`);
}

/** `tags[]`: entries parted by commas, `\,` is one of theirs. */
function readMetadata(name: string, value: unknown, metadata: Record<string, unknown>): void {
  if (!name.endsWith('[]')) metadata[name] = value;
  else
    metadata[name.slice(0, -2)] = String(value)
      .split(/(?<!\\),/)
      .map((entry) => entry.trim().replaceAll('\\,', ','));
}

/** Which of the row's assertions `__config:__expected2:threshold` is about, from 0. */
function configured(name: string): number {
  const match = /^__config:__expected([1-9]\d*)?:threshold$/.exec(name);
  if (match === null)
    throw new Error(`the column '${name}' is not supported; write __config:__expected1:threshold`);
  return match[1] === undefined ? 0 : Number(match[1]) - 1;
}

const LISTS = /^(?:not-)?i?contains-(?:any|all)$/;
/** promptfoo's own threshold in tables, where it is another than in a suite. */
const THRESHOLDS = new Map([
  ['similar', 0.8],
  ...['answer-relevance', 'classifier', 'context-faithfulness', 'context-recall', 'context-relevance'].map((type) => [type, 0.75] as const),
  ['levenshtein', 0.75],
]); // prettier-ignore

/** `contains: Paris`, `similar(0.8): …`, `fn: …`, `grade: …`, `is-json`; anything else has to be equal. */
export function readExpected(text: string): Assertion {
  const code = /^(?:(?:javascript|fn|eval):([^]*)|(file:\/\/.*\.[cm]?[jt]s(?::\w+)?))$/.exec(text);
  if (code !== null) return { type: 'javascript', value: (code[1] ?? code[2] ?? '').trim() };
  if (/^file:\/\/.*\.py(?::\w+)?$/.test(text)) return { type: 'python', value: text };
  if (text.startsWith('grade:')) return { type: 'llm-rubric', value: text.slice('grade:'.length).trim() };
  const match = /^((?:not-)?[a-z][a-z0-9-]*)(?:\((\d+(?:\.\d+)?)\))?(?::([^]*))?$/.exec(text);
  const [, type = '', threshold, given] = match ?? [];
  const base = type.replace(/^not-/, '');
  if (!KIND_NAMES.includes(base)) return { type: 'equals', value: text };
  const value = given?.trim() ?? '';
  const kept = LISTS.test(type) ? splitList(value) : value;
  const bar = threshold === undefined ? THRESHOLDS.get(base) : Number(threshold);
  return {
    type,
    ...(value === '' ? {} : { value: kept }),
    ...(bar === undefined ? {} : { threshold: bar }),
  };
}

/** Entries between commas; in quotes a comma is its own, and a quote is doubled or behind a backslash. */
function splitList(text: string): string[] {
  const entries: string[] = [];
  const entry = /[\s,]*(?:"((?:[^"\\]|""|\\[^])*)"\s*(?=,|$)|([^",][^,]*))/gy;
  while (/[^\s,]/.test(text.slice(entry.lastIndex))) {
    const at = entry.lastIndex;
    const match = entry.exec(text);
    if (match === null)
      throw new Error(`the list '${text.slice(at, at + 40)}' has a quote that is not closed`);
    entries.push(
      match[1]?.replace(/""|\\(["\\])/g, (_all, one?: string) => one ?? '"') ?? (match[2] ?? '').trim(),
    );
  }
  return entries;
}
