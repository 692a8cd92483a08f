/** Kubernetes quantities (`500m`, `16Gi`, `1e3`) and sums of them. Pure. */

export type Resources = Record<string, number>;

const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** In the base unit (cores, bytes, pieces); 0 for what is no quantity. */
export function parseQuantity(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return 0;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(value.trim());
  if (match === null) return 0;
  const [, digits = '0', exponent, unit = ''] = match;
  return Number(digits) * (exponent === undefined ? (UNITS[unit] ?? 0) : 10 ** Number(exponent));
}

export function resourcesOf(value: unknown): Resources {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, parseQuantity(each)]));
}

export function add(one: Resources, other: Resources, times = 1): Resources {
  const sum = { ...one };
  for (const [name, value] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + value * times;
  return sum;
}

export function most(one: Resources, other: Resources): Resources {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].map((name) => [name, Math.max(one[name] ?? 0, other[name] ?? 0)]));
}

/** A device plugin's resource has a domain of its own; kubernetes.io's are the system's. */
export function isDevice(name: string): boolean {
  return name.includes('/') && !/(^|\.)kubernetes\.io\//.test(name) && !name.startsWith('hugepages');
}
