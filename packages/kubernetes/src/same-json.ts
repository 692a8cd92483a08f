/**
 * Whether two JSON values are the same; the order of keys says nothing, keys that hold undefined do not count.
 * (isDeepStrictEqual compares prototypes: an answer parsed in another realm would never equal ours.)
 */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const one = given(a);
  const two = given(b);
  return (
    one.length === two.length &&
    one.every(([key, value]) => sameJson(value, (b as Record<string, unknown>)[key]))
  );
}

function given(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, each]) => each !== undefined);
}
