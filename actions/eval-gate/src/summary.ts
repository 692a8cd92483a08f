/** The job summary: rule by rule, then candidate against baseline. Every text from a file is escaped by `table`. */
import type { RulesDecision } from '@sluice/evaluation/decide';
import type { RuleOutcome } from '@sluice/evaluation/judge';
import { formatShown } from '@sluice/evaluation/wording';
import { codeSpan, details, escapeMarkdown, raw, table } from '@sluice/report/markdown';
import type { ComparedMetric } from './comparison.ts';

const SHOWN_COMPARISONS = 60;
const MARKS: Record<RuleOutcome['verdict'], string> = {
  pass: '✅',
  fail: '❌',
  inconclusive: '❔',
  missing: '❌',
};

export interface GateReport {
  name: string;
  decision: RulesDecision;
  outcomes: readonly RuleOutcome[];
  comparison: readonly ComparedMetric[];
  files: readonly { path: string; format: string }[];
  baselineFiles: readonly { path: string; format: string }[];
  notes: readonly string[];
  confidence: number;
  /** What was gated, as far as the record knows. */
  release: readonly string[];
}

export function renderSummary(report: GateReport): string {
  const { decision, outcomes, comparison, notes } = report;
  const parts = [`### Gate ${codeSpan(report.name)}`];
  if (report.release.length > 0) parts.push(report.release.map(codeSpan).join(' · '));
  if (decision.advice !== undefined) parts.push(`**What to do:** ${escapeMarkdown(decision.advice)}.`);
  parts.push(
    table(
      ['', 'rule', 'value', 'bar', 'bound', 'n', 'verdict'],
      outcomes.map((outcome) => [
        outcome.warn && outcome.verdict !== 'pass' ? '⚠️' : MARKS[outcome.verdict],
        raw(codeSpan(outcome.rule)),
        shown(outcome.value, outcome),
        barOf(outcome),
        boundOf(outcome),
        outcome.n ?? '',
        verdictOf(outcome),
      ]),
    ),
  );
  if (comparison.length > 0) parts.push(renderComparison(comparison));
  if (notes.length > 0)
    parts.push(details('Notes', notes.map((note) => `- ${escapeMarkdown(note)}`).join('\n')));
  const read = [
    ...report.files,
    ...report.baselineFiles.map((file) => ({ ...file, format: `${file.format}, baseline` })),
  ];
  parts.push(
    `Read: ${read.map(({ path, format }) => `${codeSpan(path)} (${escapeMarkdown(format)})`).join(', ')}`,
  );
  return parts.join('\n\n');
}

/** `pass`, with what a reader has to know of it: noise, no count, only a warning. */
export function verdictOf(outcome: RuleOutcome): string {
  const marks = [
    outcome.withinNoise === true ? 'within noise' : '',
    outcome.noSampleCount === true ? 'no sample count' : '',
    outcome.warn && outcome.verdict !== 'pass' ? 'warns only' : '',
    outcome.needed === undefined ? '' : `${outcome.needed} samples needed`,
  ].filter((mark) => mark !== '');
  return marks.length === 0 ? outcome.verdict : `${outcome.verdict} (${marks.join(', ')})`;
}

export function barOf(outcome: RuleOutcome): string {
  if (outcome.bar !== null) return shown(outcome.bar, outcome);
  return outcome.baseline === undefined ? '' : `baseline ${shown(outcome.baseline, outcome)}`;
}

/** Bounds of a value without a sign, of a gain over the baseline with one. */
export function boundOf(outcome: RuleOutcome): string {
  const { low, high } = outcome;
  if (low === undefined || high === undefined || !Number.isFinite(low) || !Number.isFinite(high)) return '';
  const isGain = outcome.bar === null;
  return `${formatShown(low, outcome, isGain)} to ${formatShown(high, outcome, isGain)}${isGain ? ' gain' : ''}`;
}

export function shown(value: number | null, metric: { share?: boolean; unit?: string }): string {
  return value === null ? 'missing' : formatShown(value, metric);
}

function renderComparison(comparison: readonly ComparedMetric[]): string {
  const rows = comparison
    .slice(0, SHOWN_COMPARISONS)
    .map((row) => [
      row.metric,
      shown(row.candidate, row),
      shown(row.baseline, row),
      formatShown(row.difference, row, true),
      differenceBound(row),
      row.p === undefined ? '' : formatP(row.p),
    ]);
  const rest = comparison.length - rows.length;
  const grid = table(['metric', 'candidate', 'baseline', 'difference', 'bounds', 'p (Holm)'], rows);
  return `#### Candidate and baseline\n\n${grid}${rest > 0 ? `\n\nand ${rest} more in the output \`comparison\`` : ''}`;
}

function formatP(p: number): string {
  return p < 0.001 ? '< 0.001' : p.toFixed(3);
}

export function differenceBound(row: ComparedMetric): string {
  if (row.note !== undefined) return row.note;
  if (row.low === undefined || row.high === undefined) return 'no bound';
  return `${formatShown(row.low, row, true)} to ${formatShown(row.high, row, true)} (${row.method}, n ${row.n})`;
}
