/** From counters that went so far to "so many of so many". */
import type { Increase } from './counter-increase.ts';
import type { Pick, ShareSeries } from './series-tables.ts';

export interface ShareCount {
  n: number;
  hits: number;
  /** Where the series can't tell whether two kinds of hits were the same requests: at most so many. */
  atMost?: number;
}

/** undefined where none of the series that count all requests is there: what is missing is no 0. */
export function shareOf(
  increases: readonly Increase[],
  candidates: readonly ShareSeries[],
): ShareCount | undefined {
  for (const { of, hits, also } of candidates) {
    const all = total(increases, of);
    if (all === undefined) continue;
    // A kind of failure that never happened has no series yet: that is a 0.
    const first = total(increases, hits) ?? 0;
    const second = total(increases, also ?? []) ?? 0;
    const n = Math.max(all, first, second);
    const most = Math.min(n, first + second);
    const least = Math.max(first, second);
    return most > least ? { n, hits: least, atMost: most } : { n, hits: least };
  }
  return undefined;
}

function total(increases: readonly Increase[], picks: readonly Pick[]): number | undefined {
  const found = increases.filter(({ labels }) => picks.some((pick) => matches(pick, labels)));
  if (found.length === 0) return undefined;
  // Counters are whole numbers; a float on its way through a remote store may not be, quite.
  return Math.round(found.reduce((all, { by }) => all + by, 0));
}

function matches({ name, where }: Pick, labels: Record<string, string>): boolean {
  return (
    labels['__name__'] === name &&
    Object.entries(where ?? {}).every(([label, pattern]) => pattern.test(labels[label] ?? ''))
  );
}
