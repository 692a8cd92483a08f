/** Measures between the vectors of texts. All throw on vectors of different lengths, and where there is no number. */

/** Cosine of the angle; a vector of length 0 has none. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const lengths = Math.sqrt(dotProduct(a, a) * dotProduct(b, b));
  return measured(dotProduct(a, b) / lengths, 'the vectors have no angle between them');
}

export function dotProduct(a: readonly number[], b: readonly number[]): number {
  const sum = a.reduce((total, value, at) => total + value * (b[at] ?? NaN), 0);
  return measured(a.length === b.length && a.length > 0 ? sum : NaN, 'the vectors have no product');
}

/** Euclidean. */
export function distance(a: readonly number[], b: readonly number[]): number {
  const apart = a.map((value, at) => value - (b[at] ?? NaN));
  return measured(
    a.length === b.length && a.length > 0 ? Math.hypot(...apart) : NaN,
    'the vectors have no distance between them',
  );
}

function measured(value: number, fault: string): number {
  if (!Number.isFinite(value)) throw new Error(fault);
  return value;
}
