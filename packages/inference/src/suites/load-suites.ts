/** Reads suite files; each finding names file, line and key. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { isMap, isPair, LineCounter, parseDocument, type Document } from 'yaml';
import { findAssertionFault } from '../assertions/faults.ts';
import { compileSchemas } from '../assertions/json-schemas.ts';
import { findDerivedFaults, type DerivedMetric } from '../runs/named-metrics.ts';
import { buildCases } from './cases.ts';
import { carryOver } from './carry-over.ts';
import { expandSuite, type Expanded, type Origin } from './expand.ts';
import { findSuites } from './find-suites.ts';
import { SuiteFiles } from './files.ts';
import type { Tables } from './tables.ts';
import { formatFinding, type Assertion, type Case, type Finding, type SuiteTest } from './types.ts';
import { validateSuite, type Fault } from './validate.ts';

export interface LoadedSuite {
  /** As it was found, relative to the base folder. */
  path: string;
  text: string;
  cases: Case[];
  /** What of promptfoo's configuration is left out, a line each. */
  notices: string[];
  /** Versions of prompts that it asks with (prompts/x@v2): absolute paths. */
  prompts: string[];
  /** What it makes of the scores of its metrics. */
  derived: DerivedMetric[];
}

/**
 * Loads suites by paths and globs, relative to `base`. ConfigError with all findings of all files, or when
 * a pattern matches nothing.
 */
export async function loadSuites(
  patterns: readonly string[],
  base: string,
  input = 'suite',
): Promise<LoadedSuite[]> {
  const paths = await findSuites(patterns, base, input);
  const loaded: LoadedSuite[] = [];
  const findings: Finding[] = [];
  for (const path of paths) {
    const text = await readFile(resolve(base, path), 'utf8');
    let result = readSuite(text, path, base);
    if (result.wanted.size > 0) {
      const { readTables } = await import('./tables.ts');
      result = readSuite(text, path, base, await readTables(result.wanted));
    }
    findings.push(...result.findings);
    const { cases, notices, prompts, derived } = result;
    loaded.push({ path, text, cases, notices: notices.map(formatFinding), prompts: [...prompts], derived });
  }
  if (findings.length > 0) throw new ConfigError(findings.map(formatFinding));
  const broken = await schemaFaults(loaded);
  if (broken.length > 0) throw new ConfigError(broken);
  distinguish(loaded);
  return loaded;
}

/** Schemas of `is-json` that are none; a schema that several cases share is told once. */
async function schemaFaults(suites: readonly LoadedSuite[]): Promise<string[]> {
  const cases = suites.flatMap((suite) => suite.cases);
  const all = (test: Case): Assertion[] => [
    ...test.assert,
    ...(test.turns ?? []).flatMap((turn) => turn.assert),
  ];
  const faults = await compileSchemas(cases.flatMap(all));
  const told = faults.map(({ assertion, message }) => {
    const test = cases.find((one) =>
      all(one).some((entry) => entry === assertion || entry.assert?.includes(assertion)),
    );
    return `${test?.suite}: '${test?.description}': the value of '${assertion.type}' is no JSON Schema: ${message}`;
  });
  return [...new Set(told)];
}

/** Cases are only given when there's no finding. */
export interface ReadSuite {
  cases: Case[];
  findings: Finding[];
  notices: Finding[];
  /** Tables to be read before it is read again: absolute paths with the names in the suite. */
  wanted: ReadonlyMap<string, string>;
  /** Absolute paths of the versions of prompts that it read. */
  prompts: ReadonlySet<string>;
  derived: DerivedMetric[];
}

/** Parses and checks one suite, whose files lie below `root`. */
export function readSuite(
  text: string,
  file: string,
  root: string = process.cwd(),
  tables?: Tables,
): ReadSuite {
  const files = new SuiteFiles(root, file, tables);
  const { wanted, prompts } = files;
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const broken = document.errors.map((error): Finding => {
    const { line, col } = lines.linePos(error.pos[0]);
    return { file, line, column: col, key: '', message: error.message };
  });
  if (broken.length > 0) return { cases: [], findings: broken, notices: [], wanted, prompts, derived: [] };

  const locate = (fault: Fault): Finding => ({
    file,
    ...position(document, lines, fault),
    message: fault.message,
  });
  const carried = carryOver(toPlain(document));
  const notices = carried.notices.map((notice) => locate({ ...notice, atKey: true }));
  const checked = validateSuite(carried.value);
  if ('faults' in checked)
    return { cases: [], findings: checked.faults.map(locate), notices, wanted, prompts, derived: [] };
  const expanded = expandSuite(checked.suite, files);
  const built = buildCases(expanded.suite, file, expanded.origins);
  const derived = checked.suite.derivedMetrics ?? [];
  const faults = [
    ...expanded.faults,
    ...assertionFaults(expanded),
    ...built.faults,
    ...derivedFaults(derived, expanded),
  ];
  return {
    cases: faults.length > 0 ? [] : built.cases,
    findings: faults.map(locate),
    notices,
    wanted,
    prompts,
    derived,
  };
}

function toPlain(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 }) as unknown;
  } catch {
    // Aliases that blow up: nothing of it is a suite.
    return null;
  }
}

function derivedFaults(derived: readonly DerivedMetric[], { suite }: Expanded): Fault[] {
  const assertions = [suite.defaultTest ?? {}, ...suite.tests].flatMap((test: Partial<SuiteTest>) => [
    ...(test.assert ?? []),
    ...(test.turns ?? []).flatMap((turn) => turn.assert ?? []),
  ]);
  return findDerivedFaults(derived, assertions).map(({ place, key, message }) => ({
    path: ['derivedMetrics', place, key],
    atKey: false,
    message,
  }));
}

function assertionFaults({ suite, origins }: Expanded): Fault[] {
  const places: { path: Origin; list: Assertion[] }[] = [
    { path: ['defaultTest', 'assert'], list: suite.defaultTest?.assert ?? [] },
    ...suite.tests.flatMap((test, index) => {
      const origin = origins[index] ?? ['tests', index];
      const turns = (test.turns ?? []).map((turn, at) => ({
        path: [...origin, 'turns', at, 'assert'],
        list: turn.assert ?? [],
      }));
      return [{ path: [...origin, 'assert'], list: test.assert ?? [] }, ...turns];
    }),
  ];
  return places.flatMap(({ path, list }) =>
    list.flatMap((assertion, index): Fault[] => {
      const fault = findAssertionFault(assertion);
      return fault === undefined
        ? []
        : [{ path: [...path, index, fault.key], atKey: false, message: fault.message }];
    }),
  );
}

/** Where a value stands in the text; of a missing one, where its parent does. */
function position(document: Document, lines: LineCounter, fault: Fault): Omit<Finding, 'file' | 'message'> {
  let offset = 0;
  for (let length = fault.path.length; length >= 0; length -= 1) {
    const path = fault.path.slice(0, length);
    const found = offsetOf(document, path, fault.atKey && length === fault.path.length);
    if (found === undefined) continue;
    offset = found;
    break;
  }
  const { line, col } = lines.linePos(offset);
  const key = fault.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return { line: Math.max(line, 1), column: Math.max(col, 1), key: key.replace(/^\./, '') };
}

function offsetOf(document: Document, path: (string | number)[], atKey: boolean): number | undefined {
  const last = path.at(-1);
  if (atKey || typeof last === 'string') {
    const parent: unknown = document.getIn(path.slice(0, -1), true);
    const pairs = isMap(path.length === 1 ? document.contents : parent)
      ? path.length === 1
        ? document.contents
        : parent
      : undefined;
    if (!isMap(pairs)) return undefined;
    const pair = pairs.items.find((item) => isPair(item) && String(item.key) === last);
    return rangeStart(pair?.key);
  }
  return rangeStart(path.length === 0 ? document.contents : document.getIn(path, true));
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range))
    return undefined;
  const start: unknown = node.range[0];
  return typeof start === 'number' ? start : undefined;
}

/** How many cases are the same as an earlier one: asked again they say nothing new, but they count. */
export function countRepeated(suites: readonly LoadedSuite[]): number {
  return suites.flatMap((suite) => suite.cases).filter((test) => /-\d+$/.test(test.id)).length;
}

/** The same case twice gets an id of its own, by its order among its equals. */
function distinguish(suites: readonly LoadedSuite[]): void {
  const seen = new Map<string, number>();
  for (const test of suites.flatMap((suite) => suite.cases)) {
    const count = (seen.get(test.id) ?? 0) + 1;
    seen.set(test.id, count);
    if (count > 1) test.id = `${test.id}-${count}`;
  }
}
