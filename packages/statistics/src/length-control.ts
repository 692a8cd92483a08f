/** The win rate that would be seen if both answers were equally long. */
import { moments } from './mean.ts';

export interface LengthControlled {
  /** 0 to 1. */
  rate: number;
  /**
   * One value per comparison, whose mean is the rate and whose spread is the rate's uncertainty (the rate plus n times
   * each comparison's influence on it: infinitesimal jackknife, Efron 1982).
   */
  pseudoValues: number[];
}

const MOST_STEPS = 100;
const CLOSE = 1e-12;
/** A log odds beyond this is separation: no finite estimate exists. */
const MOST_LOG_ODDS = 30;

/**
 * Length-controlled win rate of AlpacaEval 2 (Dubois et al., "Length-Controlled AlpacaEval", 2024, arXiv:2404.04475)
 * without the term for an instruction's difficulty, which needs their own data: the logistic regression
 * logit P(win) = θ + φ·tanh(Δ/sd(Δ)) on the difference of the answers' lengths, fitted by maximum likelihood (Newton), ties
 * counting half (quasi-likelihood); the rate is 1/(1 + exp(−θ)), the prediction at equal lengths. The spread is
 * the sandwich's, which holds for half counts too.
 *
 * @param scores 1 win, 0.5 tie, 0 loss
 * @param lengthDifferences candidate − baseline, in any one unit
 * @returns undefined where there is no finite estimate: one side always wins, or lengths tell the winner apart for good
 */
export function lengthControlledRate(
  scores: readonly number[],
  lengthDifferences: readonly number[],
): LengthControlled | undefined {
  const n = scores.length;
  if (n === 0 || n !== lengthDifferences.length) return undefined;
  const { sd } = moments(lengthDifferences);
  // Where all differ by the same there is nothing to regress on.
  if (!(sd > 0)) return plainRate(scores, lengthDifferences);
  const x = lengthDifferences.map((difference) => Math.tanh(difference / sd));
  let [theta, phi] = [0, 0];
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const { gradient, inverse } = derivatives(scores, x, theta, phi);
    if (inverse === undefined) return undefined;
    const [a, b, c] = inverse;
    const [moveTheta, movePhi] = [a * gradient[0] + b * gradient[1], b * gradient[0] + c * gradient[1]];
    // Newton overshoots far from the optimum: a step of at most 5 in log odds.
    const damp = Math.min(1, 5 / Math.max(Math.abs(moveTheta), Math.abs(movePhi), 1e-300));
    theta += damp * moveTheta;
    phi += damp * movePhi;
    if (Math.abs(theta) + Math.abs(phi) > MOST_LOG_ODDS) return undefined;
    if (Math.abs(moveTheta) + Math.abs(movePhi) < CLOSE) return fitted(scores, x, theta, phi);
  }
  return undefined;
}

function fitted(
  scores: readonly number[],
  x: readonly number[],
  theta: number,
  phi: number,
): LengthControlled | undefined {
  const { inverse } = derivatives(scores, x, theta, phi);
  if (inverse === undefined) return undefined;
  const rate = logistic(theta);
  const slope = scores.length * rate * (1 - rate);
  const [a, b] = inverse;
  const pseudoValues = scores.map((score, index) => {
    const at = x[index] ?? 0;
    return rate + slope * (a + b * at) * (score - logistic(theta + phi * at));
  });
  return { rate, pseudoValues };
}

/** Gradient of the log likelihood and the inverse of its information [[a, b], [b, c]]. */
function derivatives(
  scores: readonly number[],
  x: readonly number[],
  theta: number,
  phi: number,
): { gradient: [number, number]; inverse: [number, number, number] | undefined } {
  let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
  scores.forEach((score, index) => {
    const at = x[index] ?? 0;
    const p = logistic(theta + phi * at);
    const weight = p * (1 - p);
    g0 += score - p;
    g1 += (score - p) * at;
    h00 += weight;
    h01 += weight * at;
    h11 += weight * at * at;
  });
  const determinant = h00 * h11 - h01 * h01;
  return {
    gradient: [g0, g1],
    inverse:
      determinant > 1e-14 * h00 * h11
        ? [h11 / determinant, -h01 / determinant, h00 / determinant]
        : undefined,
  };
}

function plainRate(
  scores: readonly number[],
  lengthDifferences: readonly number[],
): LengthControlled | undefined {
  // One fixed difference that isn't 0 can't be told apart from the models themselves.
  if (lengthDifferences[0] !== 0) return undefined;
  return { rate: moments(scores).mean, pseudoValues: [...scores] };
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
