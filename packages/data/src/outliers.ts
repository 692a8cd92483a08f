/** Values far from the rest of their column, counted in a second pass over the rows. */
import { sortedQuantile } from '@sluice/statistics/drift';
import { numberOf, type ColumnProfile } from './profile.ts';
import type { Row } from './rows.ts';

/** Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (1993): |0.6745 (x − median) / MAD| > 3.5. */
export const ROBUST_Z = 3.5;
/** Tukey's fences: 1.5 interquartile ranges beyond the quartiles. */
export const FENCE = 1.5;
/** Fewer values tell no outlier from the rest. */
const FEWEST = 8;
const EXAMPLES = 3;

interface Fences {
  robust: readonly [number, number];
  iqr: readonly [number, number];
}

/** Where outliers begin, from a sorted sample; undefined when there are too few values, or most are one and the same. */
export function fencesOf(sorted: Float64Array): Fences | undefined {
  if (sorted.length < FEWEST) return undefined;
  const median = sortedQuantile(sorted, 0.5);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort();
  const mad = sortedQuantile(deviations, 0.5);
  const [low, high] = [sortedQuantile(sorted, 0.25), sortedQuantile(sorted, 0.75)];
  // Where over half are equal the MAD is 0: then the mean deviation times √(π/2), as Iglewicz and Hoaglin say.
  const mean = deviations.reduce((sum, value) => sum + value, 0) / deviations.length;
  const scale = mad > 0 ? mad / 0.6745 : mean * 1.253314;
  const reach = FENCE * (high - low);
  return {
    robust: [median - ROBUST_Z * scale, median + ROBUST_Z * scale],
    iqr: [low - reach, high + reach],
  };
}

export interface ColumnOutliers {
  column: string;
  values: number;
  robust: number;
  iqr: number;
  examples: { row: number; value: number }[];
}

export class OutlierCounter {
  private readonly columns: Map<string, { fences: Fences; found: ColumnOutliers }>;

  constructor(profiles: readonly ColumnProfile[]) {
    this.columns = new Map(
      profiles.flatMap(({ name, kind, numberSample }) => {
        const fences = kind === 'number' ? fencesOf(numberSample.sorted()) : undefined;
        const found: ColumnOutliers = { column: name, values: 0, robust: 0, iqr: 0, examples: [] };
        return fences === undefined ? [] : [[name, { fences, found }] as const];
      }),
    );
  }

  /** Whether there is any column to count in: without one the second pass is spared. */
  get isNeeded(): boolean {
    return this.columns.size > 0;
  }

  add(row: Row, typed: boolean): void {
    for (const [name, { fences, found }] of this.columns) {
      const value = numberOf(row.values.get(name), typed);
      if (value === undefined) continue;
      found.values++;
      if (value < fences.iqr[0] || value > fences.iqr[1]) found.iqr++;
      if (value >= fences.robust[0] && value <= fences.robust[1]) continue;
      found.robust++;
      if (found.examples.length < EXAMPLES) found.examples.push({ row: row.number, value });
    }
  }

  list(): ColumnOutliers[] {
    return [...this.columns.values()].map(({ found }) => found);
  }
}
