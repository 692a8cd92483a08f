/** A system that answers a query of the user's with values over time. */

/** Epoch seconds; `step` is the time between two values, seconds. */
export interface Span {
  from: number;
  to: number;
  step: number;
}

/** [epoch seconds, value], ascending. */
export type Points = [number, number][];

export interface QuerySource {
  /** For messages; without credentials. */
  readonly name: string;
  /** Seconds; what is asked in finer steps is told in these. */
  readonly finestStep: number;
  /**
   * One entry a series, without values that are no numbers.
   *
   * @param about what the query is asked for: `version`, `track`, `pods` and so on
   * @throws BadQueryError when the query is wrong; ConfigError for credentials; InfraError else
   */
  read(query: string, span: Span, about: Readonly<Record<string, string>>): Promise<Points[]>;
}

/** The server understood, and says that the expression is wrong; its words are the message. */
export class BadQueryError extends Error {
  override readonly name = 'BadQueryError';
}

/**
 * One value a step, the mean of those in it, at the step's beginning: two versions are compared at equal moments, and systems
 * that sample when they like have none. A step that isn't over is left out, so that no later look changes what one has seen.
 */
export function onGrid(points: Readonly<Points>, { from, to, step }: Span): Points {
  const sums = new Map<number, { sum: number; n: number }>();
  for (const [at, value] of points) {
    const index = Math.floor((at - from) / step);
    if (index < 0 || from + (index + 1) * step > to || !Number.isFinite(value)) continue;
    const cell = sums.get(index) ?? { sum: 0, n: 0 };
    sums.set(index, { sum: cell.sum + value, n: cell.n + 1 });
  }
  return [...sums]
    .sort(([a], [b]) => a - b)
    .map(([index, { sum, n }]): [number, number] => [from + index * step, sum / n]);
}
