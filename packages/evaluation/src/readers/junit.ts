import { isObject, itemsThatAddUp, type EvalMetric } from '../model.ts';
import { knownFacts } from '../metrics-table.ts';
import type { Fields } from './fields.ts';

/** JUnit XML as pytest, surefire, jest, gotestsum and our own inference-test write it. */

/** The test cases of one report. */
export interface JUnitReport {
  source: string;
  cases: { id: string; status: Status }[];
}

type Status = 'passed' | 'failed' | 'errors' | 'skipped';

export function isJUnit(root: Fields): boolean {
  return 'testsuites' in root || 'testsuite' in root;
}

/**
 * The cases of one file. Counts come from them and not from the suites' attributes, which differ from tool to tool.
 *
 * @throws Error where a suite's own counts tell of failures that it doesn't show
 */
export function readJUnit(root: Fields, source: string): JUnitReport {
  checkCounts(root, source);
  const cases = collect(root).map((testCase) => ({
    id: `${String(testCase['@classname'] ?? '')}::${String(testCase['@name'] ?? '')}`,
    status: statusOf(testCase),
  }));
  return { source, cases };
}

/**
 * Counts `tests.*` and `tests.pass_rate` (passed of those not skipped) over all reports together: surefire and others
 * write a file per class. An empty report makes them missing: a run that died before its first test has no failures.
 */
export function junitMetrics(reports: readonly JUnitReport[]): EvalMetric[] {
  if (reports.length === 0) return [];
  const tally: Record<Status, number> = { passed: 0, failed: 0, errors: 0, skipped: 0 };
  const scores = new Map<string, number>();
  const cases = reports.flatMap((report) => report.cases);
  for (const { id, status } of cases) {
    tally[status]++;
    let unique = id;
    while (scores.has(unique)) unique += '+';
    if (status !== 'skipped') scores.set(unique, status === 'passed' ? 1 : 0);
  }
  const empty = reports.find((report) => report.cases.length === 0);
  const shared = {
    source: reports.map(({ source }) => source).join(', '),
    ...(tally.passed === 0 ? { nothingSucceeded: true } : {}),
  };
  const count = (name: Status | 'total', value: number): EvalMetric => ({
    name: `tests.${name}`,
    value: empty ? null : value,
    ...(empty ? { missing: `${empty.source} holds no test` } : {}),
    n: cases.length,
    ...shared,
    ...knownFacts(`tests.${name}`),
  });
  const ran = scores.size;
  const rate = empty || ran === 0 ? null : tally.passed / ran;
  const items = itemsThatAddUp(scores, rate);
  const statuses: Status[] = ['passed', 'failed', 'errors', 'skipped'];
  return [
    count('total', cases.length),
    ...statuses.map((status) => count(status, tally[status])),
    {
      name: 'tests.pass_rate',
      value: rate,
      ...(rate === null ? { missing: empty ? `${empty.source} holds no test` : 'no test ran' } : {}),
      n: ran,
      ...shared,
      ...knownFacts('tests.pass_rate'),
      ...(items ? { items } : {}),
    },
  ];
}

/**
 * A suite that claims failures and shows none has lost them: a class that didn't load, a report that was cut.
 *
 * @throws Error naming the suite
 */
function checkCounts(node: Record<string, unknown>, source: string): void {
  for (const suite of ['testsuites', 'testsuite'].flatMap((key) => list(node[key]))) {
    const claimed = ['@failures', '@errors'].reduce((sum, name) => sum + (Number(suite[name]) || 0), 0);
    const shown = collect(suite).filter((test) => ['failed', 'errors'].includes(statusOf(test))).length;
    const broken = 'error' in suite || 'failure' in suite;
    if ((claimed > 0 || broken) && shown === 0) {
      const name = String(suite['@name'] ?? 'without a name').slice(0, 80);
      throw new Error(
        `the suite '${name}' tells of ${broken ? 'an error' : `${claimed} failures`} but none of its tests shows one; ${source} isn't whole`,
      );
    }
    checkCounts(suite, source);
  }
}

function statusOf(testCase: Record<string, unknown>): Status {
  if ('error' in testCase) return 'errors';
  if ('failure' in testCase) return 'failed';
  return 'skipped' in testCase ? 'skipped' : 'passed';
}

/** All <testcase> below, suites within suites included. */
function collect(node: Record<string, unknown>): Record<string, unknown>[] {
  const own = list(node['testcase']);
  return [...own, ...['testsuites', 'testsuite'].flatMap((key) => list(node[key]).flatMap(collect))];
}

/** fast-xml-parser gives one element as itself, several as a list, an empty one as ''. */
function list(value: unknown): Record<string, unknown>[] {
  if (value === undefined) return [];
  return (Array.isArray(value) ? value : [value]).map((one) => (isObject(one) ? one : {}));
}
