/** What people see: the job summary and the JUnit report. Answers and prompts are hostile text. */
import {
  codeBlock,
  codeSpan,
  details,
  escapeMarkdown,
  raw,
  table,
  type RawMarkdown,
} from '@sluice/report/markdown';
import type { JunitCase, JunitSuite } from '@sluice/report/junit';
import type { ResultCase, Results } from '@sluice/inference/runs/results';
import type { RunMetric } from '@sluice/inference/runs/metrics';

const SHOWN_CASES = 20;
const SHOWN_CHARS = 300;
/** Up to so many are shown without a click. */
const OPEN_CASES = 5;

/** Rows of the summary's table, in this order; the rest is in results.json. */
const TABLE = [
  'accuracy', 'bad_input.rejected_rate', 'hostile.pass_rate', 'harm.refused_rate', 'harm.refused_rate[en]',
  'harm.refused_rate[zh]', 'injection.resisted_rate', 'secret_leak.resisted_rate', 'robustness.drop',
  'robustness.drop[typos]', 'robustness.drop[case]', 'robustness.drop[whitespace]', 'robustness.drop[paraphrase]',
  'flaky_rate', 'error_rate', 'empty_rate', 'loop_rate', 'refusal_rate',
  'ttft_ms.p50', 'ttft_ms.p95', 'ttft_ms.p99', 'e2e_ms.p50', 'e2e_ms.p95', 'e2e_ms.p99', 'tpot_ms.mean',
  'tokens_per_second',
]; // prettier-ignore

export interface SummaryParts {
  /** Rendered already; empty where there is none. */
  rules: string;
  load: string;
  advice: string | undefined;
}

export function renderSummary(results: Results, { rules, load, advice }: SummaryParts): string {
  const counts = ['passed', 'failed', 'errors', 'total'].map(
    (name) => results.metrics[`tests.${name}`]?.value ?? 0,
  );
  const [passed, failed, errors, total] = counts;
  const head = `${passed} passed, ${failed} failed, ${errors} without an answer, of ${total} ${total === 1 ? 'case' : 'cases'}. Model ${codeSpan(results.modelName)}, engine ${codeSpan(results.engine)}.`;
  const todo = advice === undefined ? '' : `**What to do:** ${escapeMarkdown(advice)}.`;
  // What failed comes before what was measured: it is what a reader of a red run looks for.
  return [
    todo,
    head,
    rules,
    renderFailures(results.cases),
    renderFlaky(results.cases),
    renderSkipped(results.cases),
    renderChart(results),
    renderMetrics(results.metrics),
    load,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function renderMetrics(metrics: Readonly<Record<string, RunMetric>>): string {
  const rows = TABLE.flatMap((name) => {
    const metric = metrics[name];
    return metric === undefined || metric.n === 0
      ? []
      : [[raw(codeSpan(name)), formatMetric(metric), metric.n ?? '']];
  });
  return rows.length === 0 ? '' : table(['metric', 'value', 'n'], rows);
}

/** `12.3 ms`, `0.950 (0.87 to 0.98)`, or how many samples are missing. */
export function formatMetric({ value, unit, low, high, insufficient, needed }: RunMetric): string {
  if (value === null)
    return insufficient === true ? `insufficient: needs ${needed} requests` : 'not measured';
  const text = Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 3 : 1);
  const range =
    typeof low === 'number' && typeof high === 'number' ? ` (${low.toFixed(3)} to ${high.toFixed(3)})` : '';
  return `${text}${unit === undefined ? '' : ` ${unit}`}${range}`;
}

function renderFailures(cases: readonly ResultCase[]): string {
  const bad = cases.filter(
    ({ status, kind }) => status === 'error' || (status === 'failed' && kind !== 'perturbed'),
  );
  if (bad.length === 0) return '';
  const rows = bad
    .slice(0, SHOWN_CASES)
    .map((test) => [
      test.description,
      test.status,
      textCell(test.prompt),
      textCell(test.answer),
      cut(test.reasons.join('; ')),
    ]);
  const more =
    bad.length > SHOWN_CASES ? `\n\n${bad.length - SHOWN_CASES} more are in the results file.` : '';
  const list = table(['case', 'status', 'prompt', 'answer', 'why'], rows) + more;
  const title = `${bad.length} of ${cases.length} ${cases.length === 1 ? 'case' : 'cases'} did not pass`;
  return bad.length <= OPEN_CASES ? `**${title}**\n\n${list}` : details(title, list);
}

/** Those that passed all the same: a gate that opens by chance opens for the wrong one some day. */
function renderFlaky(cases: readonly ResultCase[]): string {
  const flaky = cases.filter((test) => test.flaky);
  if (flaky.length === 0) return '';
  const names = flaky.slice(0, SHOWN_CASES).map((test) => {
    const { passed, failed, errors } = test.repeats;
    return `- ${escapeMarkdown(cut(test.description))}: ${passed} of ${passed + failed + errors} repeats passed`;
  });
  return [`**${flaky.length} flaky**`, ...names].join('\n');
}

/** Why cases were not asked, the most frequent first. */
export function countSkipped(cases: readonly ResultCase[]): { why: string; count: number }[] {
  const skipped = cases.filter(({ status }) => status === 'skipped');
  const groups = Map.groupBy(skipped, ({ reasons }) => reasons[0] ?? 'no reason');
  return [...groups].map(([why, list]) => ({ why, count: list.length })).sort((a, b) => b.count - a.count);
}

function renderSkipped(cases: readonly ResultCase[]): string {
  const skipped = countSkipped(cases);
  if (skipped.length === 0) return '';
  const lines = skipped.map(({ why, count }) => `- ${count}: ${escapeMarkdown(cut(why))}`);
  return ['**Not asked**', ...lines].join('\n');
}

/** How many of each kind passed: bars say more than a column of shares. */
function renderChart({ cases }: Results): string {
  const counted = cases.filter(({ status }) => status !== 'skipped');
  const groups = [...Map.groupBy(counted, ({ kind }) => kind)];
  if (groups.length < 2) return '';
  const shares = groups.map(([kind, list]) => {
    const passed = list.filter(({ status }) => status === 'passed').length;
    return { kind, percent: (100 * passed) / list.length };
  });
  const lines = [
    'xychart-beta',
    '  title "Passed, in percent"',
    `  x-axis [${shares.map(({ kind }) => `"${kind}"`).join(', ')}]`,
    '  y-axis "%" 0 --> 100',
    `  bar [${shares.map(({ percent }) => percent.toFixed(1)).join(', ')}]`,
  ];
  return codeBlock(lines.join('\n'), 'mermaid');
}

function textCell(text: string | null): string | RawMarkdown {
  return text === null ? '–' : raw(codeSpan(cut(text)));
}

function cut(text: string): string {
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

/** One JUnit suite per suite file. */
export function toJunit(results: Results): JunitSuite[] {
  return results.suite.map((path) => ({
    name: path,
    timestamp: results.createdAt,
    properties: {
      engine: results.engine,
      model: results.modelName,
      ...(results.partial === true ? { partial: 'true' } : {}),
    },
    // Other words are measured, so one that fails is no failed test.
    cases: results.cases
      .filter(({ suite, kind, status }) => suite === path && (kind !== 'perturbed' || status === 'error'))
      .map(toJunitCase),
  }));
}

function toJunitCase(test: ResultCase): JunitCase {
  const details = [
    ...test.reasons,
    ...(test.prompt === null ? [] : [`prompt: ${test.prompt}`]),
    ...(test.answer === null ? [] : [`answer: ${test.answer}`]),
  ].join('\n');
  return {
    name: test.description,
    classname: test.suite.replace(/\.[^./]+$/, '').replaceAll('/', '.'),
    seconds: test.e2e_ms === null ? null : test.e2e_ms / 1000,
    status: test.status,
    ...(test.status === 'passed' ? {} : { message: test.reasons[0] ?? test.status, details }),
  };
}
