/** Items on which the candidate does worse than the baseline. Pure. */
import type { ItemText } from './item-text.ts';
import type { EvalMetric } from './model.ts';

export interface Regression {
  id: string;
  candidate: number;
  baseline: number;
  /** Of the candidate's file. */
  text?: ItemText;
  baselineText?: ItemText;
  slices: readonly string[];
}

/**
 * The items that lost most, worst first, equal losses in the candidate's order. Nothing where the direction isn't known, or
 * a file has no items.
 */
export function findRegressions(candidate: EvalMetric, baseline: EvalMetric): Regression[] {
  const { items, direction } = candidate;
  const before = baseline.items;
  if (items === undefined || before === undefined || direction === undefined) return [];
  const sign = direction === 'higher' ? 1 : -1;
  const gain = ({ candidate: score, baseline: other }: Regression): number => sign * (score - other);
  return [...items.scores]
    .flatMap(([id, score]): Regression[] => {
      const other = before.scores.get(id);
      if (other === undefined) return [];
      const [text, baselineText] = [items.texts?.get(id), before.texts?.get(id)];
      return [
        {
          ...{ id, candidate: score, baseline: other, slices: items.slices?.get(id) ?? [] },
          ...(text === undefined ? {} : { text }),
          ...(baselineText === undefined ? {} : { baselineText }),
        },
      ];
    })
    .filter((item) => gain(item) < 0)
    .sort((a, b) => gain(a) - gain(b));
}
