/** Linear scales and round tick values. */

export interface Scale {
  (value: number): number;
  readonly domain: readonly [number, number];
}

/** Maps `domain` onto `range` linearly; an empty domain is widened, so that nothing divides by zero. */
export function scale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain[0] === domain[1] ? [domain[0], domain[0] + 1] : domain;
  const factor = (range[1] - range[0]) / (high - low);
  const map = (value: number): number => range[0] + (value - low) * factor;
  return Object.assign(map, { domain: [low, high] as const });
}

/** About `count` ticks at steps of 1, 2 or 5 times a power of ten, inside the domain. */
export function niceTicks([low, high]: readonly [number, number], count = 5): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high * (1 + 1e-12); i += 1)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}
