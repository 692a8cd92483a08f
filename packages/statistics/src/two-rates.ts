/**
 * A sequential test of the difference of two rates, of counts alone.
 *
 * The evidence against a null (the candidate's rate is at most the reference's plus a margin) is a mixture of likelihood
 * ratios. Each sets one pair of rates of the alternative against its reverse information projection, the pair of the null
 * that is nearest to it by Kullback-Leibler divergence, where each arm weighs as its share of the requests:
 *     p0 = argmin over the null of  r KL(c || c0) + (1 - r) KL(s || s0),    r = n_c / (n_c + n_s)
 * (Turner, Ly, Grünwald 2024, "Generic E-variables for exact sequential k-sample tests that allow for optional stopping";
 * Turner, Grünwald 2023, "Exact anytime-valid confidence intervals for contingency tables and beyond"). The null is convex
 * in both rates, so at the nearest pair the slope towards any other pair of it is not negative, which says
 *     r E[c(y)/c0(y)] + (1 - r) E[s(y)/s0(y)] <= 1
 * under every pair of the null: each ratio is an e-value for every number of requests and every way of splitting them, and
 * while requests are split in one proportion it is a supermartingale from 1, so that P(ever E >= 1/alpha) <= alpha (Ville).
 * While the proportion moves, from step to step of a rollout, the promise at each look holds as it stands; that it holds at
 * all looks together was simulated (bench/rollout).
 *
 * Compared with dividing by the greatest likelihood under the null (universal inference), which pays for not knowing two
 * rates, this pays for one: a rise from 1 to 3 % is seen with power 0.95 where that had 0.8.
 */

export interface RateCount {
  hits: number;
  n: number;
}

/** Rates of the reference: evenly spaced in the logarithm, where errors are seldom. */
const REFERENCES = [
  2e-4, 7e-4, 1.5e-3, 3e-3, 6e-3, 0.011, 0.018, 0.028, 0.042, 0.063, 0.095, 0.14, 0.2, 0.3, 0.45, 0.65, 0.85,
  0.97,
];
/** How far the candidate lies beyond the null. */
const DISTANCES = [0.006, 0.011, 0.018, 0.028, 0.042, 0.063, 0.095, 0.14, 0.21, 0.32, 0.5, 0.75, 0.97];
const CLOSEST = 1e-4;

interface Pair {
  candidate: number;
  reference: number;
  logWeight: number;
}

/** For each pair five numbers: ln of its weight, and what a hit and a miss of each arm add to ln of its ratio. */
type Terms = Float64Array;

const knownPairs = new Map<string, readonly Pair[]>();
const knownTerms = new Map<string, Terms>();
const KEPT = 64;

/**
 * ln E against "the candidate's rate is at most the reference's plus `margin`" (`above`), or "at least" it (`below`).
 * 0 or less where the counts don't speak against it. Proven at alpha when it reaches -ln(alpha).
 *
 * @param margin difference of rates, -1 to 1
 */
export function rateDifferenceLogEvidence(
  candidate: RateCount,
  reference: RateCount,
  margin: number,
  side: 'above' | 'below',
): number {
  for (const { hits, n } of [candidate, reference]) {
    if (!(hits >= 0 && n >= hits && Number.isFinite(n)))
      throw new RangeError(`needs 0 <= hits <= n, got ${hits} of ${n}`);
  }
  if (candidate.n === 0 || reference.n === 0) return 0;
  const difference = candidate.hits / candidate.n - reference.hits / reference.n - margin;
  if (side === 'above' ? difference <= 0 : difference >= 0) return 0;
  const pairs = pairsFor(margin, side);
  // No pair of rates lies on the null's side, or none beyond it: that is arithmetic and no evidence.
  if ((side === 'above' ? margin <= -1 : margin >= 1) || pairs.length === 0) return 0;
  const share = candidate.n / (candidate.n + reference.n);
  const terms = remembered(knownTerms, `${side} ${margin} ${share}`, () => termsOf(pairs, margin, share));
  return logOfSum(terms, candidate, reference);
}

function logOfSum(terms: Terms, candidate: RateCount, reference: RateCount): number {
  const counts = [
    ...[1, candidate.hits, candidate.n - candidate.hits],
    ...[reference.hits, reference.n - reference.hits],
  ];
  const logs = new Float64Array(terms.length / counts.length);
  let most = -Infinity;
  for (let pair = 0, at = 0; pair < logs.length; pair += 1) {
    let log = 0;
    for (let i = 0; i < 5; i += 1, at += 1) log += (terms[at] ?? 0) * (counts[i] ?? 0);
    logs[pair] = log;
    if (log > most) most = log;
  }
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - most);
  return most + Math.log(sum);
}

/** The alternatives with their shares of the mixture. Any choice is valid; it only tunes where power is. */
function pairsFor(margin: number, side: 'above' | 'below'): readonly Pair[] {
  return remembered(knownPairs, `${side} ${margin}`, () => {
    const raw = REFERENCES.flatMap((reference) =>
      (side === 'above' ? beyond(reference, margin) : within(reference, margin)).map((candidate) => ({
        ...{ candidate, reference },
        weight: weightOf(candidate, reference, margin, side),
      })),
    ).filter(({ candidate }) => candidate > 0 && candidate < 1);
    const total = raw.reduce((sum, { weight }) => sum + weight, 0);
    return raw.map(({ weight, ...pair }) => ({ ...pair, logWeight: Math.log(weight / total) }));
  });
}

function beyond(reference: number, margin: number): number[] {
  return DISTANCES.map((distance) => reference + margin + distance);
}

/** Equal arms stand in the middle of a margin, so that is where most of the evidence shall be. */
function within(reference: number, margin: number): number[] {
  const near = margin > 0 ? [margin / 2, margin] : [];
  const all = [...near, ...DISTANCES].map((distance) => Math.max(CLOSEST, reference + margin - distance));
  return [...new Set(all)].filter((candidate) => candidate < reference + margin);
}

function weightOf(candidate: number, reference: number, margin: number, side: 'above' | 'below'): number {
  if (side === 'below') return margin > 0 && Math.abs(candidate - reference) <= margin / 2 + 1e-12 ? 4 : 1;
  const odds = candidate / (1 - candidate) / (reference / (1 - reference));
  const seldom = reference < 0.15 ? 1 : 0.3;
  return (odds < 1.5 ? 0.1 : 1) * seldom * (candidate - reference < 0.3 ? 1 : 0.4);
}

function termsOf(pairs: readonly Pair[], margin: number, share: number): Terms {
  const terms = new Float64Array(pairs.length * 5);
  for (const [index, { candidate, reference, logWeight }] of pairs.entries()) {
    const reference0 = project(candidate, reference, margin, share);
    const candidate0 = reference0 + margin;
    terms.set(
      [
        logWeight,
        Math.log(candidate / candidate0),
        Math.log1p(-candidate) - Math.log1p(-candidate0),
        Math.log(reference / reference0),
        Math.log1p(-reference) - Math.log1p(-reference0),
      ],
      5 * index,
    );
  }
  return terms;
}

/** The reference's rate of the null's nearest pair, which lies on the null's border. */
function project(candidate: number, reference: number, margin: number, share: number): number {
  if (margin === 0) return share * candidate + (1 - share) * reference;
  let low = Math.max(0, -margin, Math.min(reference, candidate - margin));
  let high = Math.min(1, 1 - margin, Math.max(reference, candidate - margin));
  // Beside an end the slope is so steep that Newton's steps from there are too short to be told from an arrival.
  const edge = (high - low) / 64;
  let at = share * (candidate - margin) + (1 - share) * reference;
  at = Math.min(high - edge, Math.max(low + edge, at));
  // Newton's steps on a slope that only rises, kept between the ends; some five of them suffice.
  for (let i = 0; i < 40 && high - low > 1e-14; i += 1) {
    const one = slopeOf(at + margin, candidate);
    const other = slopeOf(at, reference);
    const slope = share * one.slope + (1 - share) * other.slope;
    if (slope < 0) low = at;
    else high = at;
    const next = at - slope / (share * one.rise + (1 - share) * other.rise);
    const inside = next > low && next < high;
    const step = inside ? next : (low + high) / 2;
    if (Math.abs(step - at) < 1e-14) break;
    at = step;
  }
  return at;
}

/** Of KL(rate || at) by `at`, and of that slope. */
function slopeOf(at: number, rate: number): { slope: number; rise: number } {
  const spread = at * (1 - at);
  return {
    slope: (at - rate) / spread,
    rise: (spread - (at - rate) * (1 - 2 * at)) / (spread * spread),
  };
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  if (known.size >= KEPT) known.clear();
  known.set(key, made);
  return made;
}
