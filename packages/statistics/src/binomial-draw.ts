import type { Random } from './xoshiro.ts';

// Taken out of the global once: where code runs in a realm of its own (tests do), each look-up of a global is slow.
const { abs, ceil, floor, log, log1p, sqrt } = Math;

/**
 * A draw from Binomial(n, p): inversion where np < 10, else Hörmann's transformed rejection with squeeze (BTRS, "The
 * generation of binomial random variates", 1993). Exact in distribution up to double precision.
 */
export function drawBinomial(n: number, p: number, random: Random): number {
  if (n === 0 || p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - drawBinomial(n, 1 - p, random);
  return n * p < 10 ? invert(n, p, random) : reject(n, p, random);
}

/** Geometric gaps between successes (Devroye 1986, X.4.3): about np + 1 steps. */
function invert(n: number, p: number, random: Random): number {
  const logMiss = log1p(-p);
  let successes = 0;
  for (let seen = 0; ; successes++) {
    seen += ceil(log(1 - random.uniform()) / logMiss) || 1;
    if (seen > n) return successes;
  }
}

function reject(n: number, p: number, random: Random): number {
  const spread = sqrt(n * p * (1 - p));
  const b = 1.15 + 2.53 * spread;
  const a = -0.0873 + 0.0248 * b + 0.01 * p;
  const centre = n * p + 0.5;
  const inner = 0.92 - 4.2 / b;
  for (;;) {
    const u = random.uniform() - 0.5;
    const v = random.uniform();
    const edge = 0.5 - abs(u);
    const k = floor(((2 * a) / edge + b) * u + centre);
    if (edge >= 0.07 && v <= inner) return k;
    if (k < 0 || k > n) continue;
    const alpha = (2.83 + 5.1 / b) * spread;
    const height = log((v * alpha) / (a / (edge * edge) + b));
    if (height <= logRatio(n, p, k)) return k;
  }
}

/** ln of the chance of k over that of the mode. */
function logRatio(n: number, p: number, k: number): number {
  const odds = p / (1 - p);
  const m = floor((n + 1) * p);
  return (
    (m + 0.5) * log((m + 1) / (odds * (n - m + 1))) +
    (n + 1) * log((n - m + 1) / (n - k + 1)) +
    (k + 0.5) * log((odds * (n - k + 1)) / (k + 1)) +
    stirlingTail(m) +
    stirlingTail(n - m) -
    stirlingTail(k) -
    stirlingTail(n - k)
  );
}

const TAILS = [
  0.0810614667953272582, 0.0413406959554092941, 0.0276779256849983391, 0.0207906721037650931,
  0.0166446911898211922, 0.0138761288230707479, 0.0118967099458917701, 0.0104112652619720965,
  0.0092554621827127329, 0.0083305634333628793,
] as const;

/** ln k! less Stirling's formula at k + 1/2. */
function stirlingTail(k: number): number {
  const known = TAILS[k];
  if (known !== undefined) return known;
  const square = (k + 1) * (k + 1);
  return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1);
}
