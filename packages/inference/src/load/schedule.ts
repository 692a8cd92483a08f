/** When the requests of an open loop are due. */
import { exponential, seededRandom } from '@sluice/statistics/random';
import type { Arrivals } from './profile.ts';

export interface RateLine {
  /** Requests per second at the beginning and at the end; between them in a straight line. */
  from: number;
  to: number;
  durationMs: number;
}

/**
 * Due times in ms from the beginning, ascending, all before the end. With `constant` the n-th is due when n requests
 * should have been (n = 0 at once); with `poisson` the gaps are exponential: a Poisson process of that rate, by inverting
 * its cumulative rate (Çinlar 1975).
 */
export function dueTimes(line: RateLine, arrivals: Arrivals, seed: number): Float64Array {
  const random = seededRandom(seed);
  const times: number[] = [];
  let count = arrivals === 'poisson' ? exponential(random, 1) : 0;
  for (;;) {
    const at = timeOf(count, line);
    if (!(at < line.durationMs)) return Float64Array.from(times);
    times.push(at);
    count += arrivals === 'poisson' ? exponential(random, 1) : 1;
  }
}

/** The time at which `count` requests should have come: from·t + (to − from)·t²/2D = count, solved without cancellation. */
function timeOf(count: number, { from, to, durationMs }: RateLine): number {
  const rate = from / 1000;
  const growth = (to - from) / 1000 / durationMs;
  const root = rate * rate + 2 * growth * count;
  return root < 0 ? Infinity : (2 * count) / (rate + Math.sqrt(root));
}
