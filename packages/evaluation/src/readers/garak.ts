/** garak's `*.report.jsonl` (garak 0.9 to 0.17): an `eval` entry per probe and detector (garak/evaluators/base.py). */
import type { EvalMetric } from '../model.ts';
import { countOf, textOf, type Fields, type ReadContext } from './fields.ts';

export function isGarak(rows: readonly Fields[]): boolean {
  return (
    typeof rows[0]?.['entry_type'] === 'string' &&
    rows.some((row) => 'garak_version' in row || row['entry_type'] === 'eval' || row['entry_type'] === 'init')
  );
}

/**
 * `garak.failure_rate[<probe>/<detector>]`: attacks that got through of those evaluated, and the same over all of them
 * together. garak's own interval is on the same failure rate, widened for its detector's errors; ours is exact over the counts.
 *
 * @throws Error where the run has no end entry, or a pair of probe and detector stands twice
 */
export function readGarak(rows: readonly Fields[], { source }: ReadContext): EvalMetric[] {
  if (!rows.some(({ entry_type: type }) => type === 'completion' || type === 'digest'))
    throw new Error('has no entry of type completion or digest: the run broke off or the file was cut');
  const evals = rows.filter(({ entry_type: type }) => type === 'eval');
  if (evals.length === 0) throw new Error('has no entry of type eval: nothing was evaluated');
  const seen = new Set<string>();
  let attacks = 0;
  let through = 0;
  let why: string | undefined;
  const metrics = evals.map((entry): EvalMetric => {
    const selector = `${textOf(entry['probe']) ?? 'probe'}/${(textOf(entry['detector']) ?? 'detector').replace(/^detector\./u, '')}`;
    if (seen.has(selector)) throw new Error(`has two entries of type eval for ${selector}`);
    seen.add(selector);
    const total = countOf(entry['total_evaluated']) ?? countOf(entry['total']);
    const passed = countOf(entry['passed']);
    const undecided = countOf(entry['nones']) ?? 0;
    const missing = whyMissing(total, passed, undecided);
    if (missing === undefined && total !== undefined && passed !== undefined) {
      attacks += total;
      through += total - passed;
      return metric(source, (total - passed) / total, total, undefined, selector);
    }
    why ??= `${missing ?? ''} for ${selector}`;
    return metric(source, null, total ?? 0, missing, selector);
  });
  return [metric(source, why === undefined ? through / attacks : null, attacks, why), ...metrics];
}

function whyMissing(
  total: number | undefined,
  passed: number | undefined,
  undecided: number,
): string | undefined {
  if (total === undefined || passed === undefined || passed > total)
    return 'fields passed and total_evaluated are no counts that go together';
  if (total === 0) return 'field total_evaluated is 0: no output was judged';
  return undecided > 0 ? `the detector gave no verdict on ${undecided} outputs (field nones)` : undefined;
}

function metric(
  source: string,
  value: number | null,
  n: number,
  missing?: string,
  selector?: string,
): EvalMetric {
  return {
    name: 'garak.failure_rate',
    value,
    n,
    source,
    direction: 'lower',
    share: true,
    ...(missing === undefined ? {} : { missing }),
    ...(selector === undefined ? {} : { selector }),
  };
}
