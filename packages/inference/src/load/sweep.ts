/**
 * Finds the highest rate that keeps every bar: doubling, then bisection between what held and what didn't. The highest of many
 * tries is likely to be one that was lucky, so it has to hold in a run of its own once more, or the next lower one has.
 */

export interface RateTry {
  /** Requests per second. */
  rate: number;
  requests: number;
  /** Share that was answered within every bar. */
  good: number | null;
  holds: boolean;
  /** Why it doesn't hold. */
  why?: string;
  /** It was ended early, because it couldn't hold any more. */
  endedEarly?: true;
  /** A second run at a rate that held, to see whether that was luck. */
  confirms?: true;
}

export interface SweepResult {
  tries: RateTry[];
  /** Null when none held. */
  best: number | null;
  /** Why no more was tried, for a person; says the range. */
  stopped: string;
}

/** The answer is good to so much: the next rate that fails is at most this much higher. */
const RESOLUTION = 1.1;
const MOST_TRIES = 16;

type TryRate = (rate: number) => Promise<RateTry | undefined>;

/** `tryRate` gives undefined when the run was cancelled. */
export async function sweepRates(
  range: { from: number; to: number },
  tryRate: TryRate,
): Promise<SweepResult> {
  const found = await search(range, tryRate);
  const { tries } = found;
  if (found.best === null || found.isCancelled) return found;
  const held = tries.filter(({ holds }) => holds).map(({ rate }) => rate);
  for (const rate of held.sort((a, b) => b - a)) {
    const again = await tryRate(rate);
    if (again === undefined) return { ...found, stopped: `${found.stopped}; cancelled` };
    tries.push({ ...again, confirms: true });
    if (again.holds)
      return { ...found, best: rate, stopped: `${found.stopped}; ${rate}/s held in a second run of its own` };
  }
  return { ...found, best: null, stopped: `${found.stopped}; no rate held in a second run` };
}

async function search(
  { from, to }: { from: number; to: number },
  tryRate: TryRate,
): Promise<SweepResult & { isCancelled?: true }> {
  const tries: RateTry[] = [];
  const range = `searched ${from}/s to ${to}/s`;
  let held: number | null = null;
  let missed: number | null = null;
  for (let rate = from; ; rate = nextRate(held, missed, to)) {
    const tried = await tryRate(rate);
    if (tried === undefined) return { tries, best: held, stopped: `${range}; cancelled`, isCancelled: true };
    tries.push(tried);
    if (tried.holds) held = rate;
    else missed = rate;
    if (held === null) return { tries, best: null, stopped: `${range}; the lowest rate misses already` };
    if (held === to)
      return { tries, best: held, stopped: `${range}; the highest rate holds, so the limit lies beyond` };
    if (missed !== null && missed / held <= RESOLUTION)
      return { tries, best: held, stopped: `${range}; ${held}/s holds and ${missed}/s doesn't` };
    if (tries.length >= MOST_TRIES) {
      const above = missed === null ? '' : ` and ${missed}/s doesn't`;
      return {
        tries,
        best: held,
        stopped: `${range}; ${MOST_TRIES} tries are used up: ${held}/s holds${above}`,
      };
    }
  }
}

/** Twice what held, up to the end; between what held and what didn't their geometric mean. To three digits. */
function nextRate(held: number | null, missed: number | null, to: number): number {
  const low = held ?? 0;
  return missed === null ? Math.min(to, 2 * low) : Number(Math.sqrt(low * missed).toPrecision(3));
}
