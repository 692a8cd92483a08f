/**
 * Holm's step-down adjustment (1979): the i-th smallest of m p-values is multiplied by m − i + 1, then made monotone.
 * Returned in the order given; an adjusted value <= alpha is significant with the family-wise error at most alpha.
 */
export function holm(pValues: readonly number[]): number[] {
  for (const p of pValues)
    if (!(p >= 0 && p <= 1)) throw new RangeError(`p-values are between 0 and 1, got ${p}`);
  const order = pValues.map((p, index) => ({ p, index })).sort((x, y) => x.p - y.p);
  const adjusted = new Array<number>(pValues.length).fill(0);
  let running = 0;
  order.forEach(({ p, index }, rank) => {
    running = Math.max(running, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = running;
  });
  return adjusted;
}
