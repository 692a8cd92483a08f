/** Values files over a base: maps are merged, everything else is replaced, null takes away (RFC 7386). Pure. */
export function mergeValues(values: readonly unknown[]): unknown {
  return values.reduce((base, over) => (over === undefined ? base : merge(base, over)), undefined);
}

function merge(base: unknown, over: unknown): unknown {
  if (!isMap(over)) return over;
  const merged: Record<string, unknown> = isMap(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(over)) {
    if (key === '__proto__') continue;
    if (value === null) Reflect.deleteProperty(merged, key);
    else merged[key] = merge(merged[key], value);
  }
  return merged;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
