import { incompleteBeta, bisect } from './special.ts';

/** Normal and Student's t: distribution functions and quantiles. */

/**
 * Standard normal distribution function Φ(z): the series of DLMF 7.6.2 near the middle,
 * the continued fraction of DLMF 7.9.2 in the tails (so that small tails keep their relative accuracy).
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return NaN;
  const x = Math.abs(z);
  let tail: number;
  if (x < 3) {
    let sum = x;
    let termValue = x;
    for (let k = 1; k < 200 && Math.abs(termValue) > 1e-18 * sum; k++) {
      termValue *= (x * x) / (2 * k + 1);
      sum += termValue;
    }
    tail = 0.5 - (sum * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
  } else {
    let fraction = x;
    for (let k = 120; k >= 1; k--) fraction = x + k / fraction;
    tail = Math.exp((-x * x) / 2) / (Math.sqrt(2 * Math.PI) * fraction);
  }
  return z > 0 ? 1 - tail : tail;
}

/**
 * The z with Φ(z) = p, 0 < p < 1. Wichura, "Algorithm AS 241" (1988), PPND16: about 16 digits.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`normalQuantile needs 0 < p < 1, got ${p}`);
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, CENTRE);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const z = r <= 5 ? ratio(r - 1.6, MIDDLE) : ratio(r - 5, TAIL);
  return q < 0 ? -z : z;
}

type Rational = { top: readonly number[]; bottom: readonly number[] };
const CENTRE: Rational = {
  top: [
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.387132872796366608,
  ],
  bottom: [
    5.226495278852854561e3, 2.8729085735721942674e4, 3.930789580009271061e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.871870074920579083e2, 4.2313330701600911252e1, 1,
  ],
};
const MIDDLE: Rational = {
  top: [
    7.7454501427834140764e-4, 2.27238449892691845833e-2, 2.4178072517745061177e-1, 1.27045825245236838258,
    3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734,
  ],
  bottom: [
    1.05075007164441684324e-9, 5.475938084995344946e-4, 1.51986665636164571966e-2, 1.4810397642748007459e-1,
    6.8976733498510000455e-1, 1.6763848301838038494, 2.05319162663775882187, 1,
  ],
};
const TAIL: Rational = {
  top: [
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.2426609473880784386e-3, 2.6532189526576123093e-2,
    2.9656057182850489123e-1, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772,
  ],
  bottom: [
    2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
    1.48753612908506148525e-2, 1.3692988092273580531e-1, 5.9983220655588793769e-1, 1,
  ],
};

function ratio(x: number, { top, bottom }: Rational): number {
  const horner = (coefficients: readonly number[]) => coefficients.reduce((sum, c) => sum * x + c, 0);
  return horner(top) / horner(bottom);
}

/** Student's t distribution function with `df` > 0 degrees of freedom: via I_x(df/2, 1/2), x = df/(df+t²). */
export function studentCdf(t: number, df: number): number {
  if (t === 0) return 0.5;
  const tail = 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/** The t with studentCdf(t, df) = p, 0 < p < 1. Bisection from a bracket that doubles until it holds the answer. */
export function studentQuantile(p: number, df: number): number {
  if (!(p > 0 && p < 1)) throw new RangeError(`studentQuantile needs 0 < p < 1, got ${p}`);
  if (!(df > 0)) throw new RangeError(`studentQuantile needs df > 0, got ${df}`);
  if (p === 0.5) return 0;
  if (p < 0.5) return -upperQuantile(p, df);
  return upperQuantile(1 - p, df);
}

/** The positive t with the upper tail P(T > t) = tail: works on the tail itself, which 1 − p would round away. */
function upperQuantile(tail: number, df: number): number {
  const upperTail = (t: number) => 0.5 * incompleteBeta(df / (df + t * t), df / 2, 0.5);
  let high = 1;
  while (upperTail(high) > tail && high < 1e300) high *= 2;
  return bisect((t) => tail - upperTail(t), 0, high);
}
