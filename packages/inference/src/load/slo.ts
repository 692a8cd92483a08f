/** Which requests kept every bar, and whether enough did. */
import { chunkGaps, sinceDue, timePerToken, type LoadSample } from './sample.ts';
import type { Slo } from './profile-settings.ts';

/** What the bar looks at, ms; of gaps between chunks the widest. Null where it wasn't measured: no bar is kept then. */
function measured(sample: LoadSample, metric: Slo['metric']): number | null {
  switch (metric) {
    case 'ttft_ms':
      return sinceDue(sample, sample.ttftMs);
    case 'e2e_ms':
      return sinceDue(sample, sample.e2eMs);
    case 'tpot_ms':
      // One token, or all at once: nobody waited between tokens.
      return sample.outputTokens === null || sample.chunksMs.length === 0
        ? null
        : (timePerToken(sample) ?? 0);
    case 'inter_chunk_ms':
      return Math.max(0, ...chunkGaps(sample));
  }
}

function keeps(sample: LoadSample, { metric, most }: Slo): boolean {
  const value = measured(sample, metric);
  return sample.complete && value !== null && value <= most;
}

/** Goodput counts such: answered, and within every bar. */
export function isGood(sample: LoadSample, slos: readonly Slo[]): boolean {
  return sample.complete && slos.every((slo) => keeps(sample, slo));
}

/** The first bar that too few of these requests keep, for a person; undefined when all hold. */
export function missedSlo(began: readonly LoadSample[], slos: readonly Slo[]): string | undefined {
  for (const slo of slos) {
    const kept = began.filter((sample) => keeps(sample, slo)).length;
    if (began.length === 0 || kept < slo.share * began.length)
      return `${kept} of ${began.length} requests kept ${describeSlo(slo)}`;
  }
  return undefined;
}

export function describeSlo({ metric, most, share }: Slo): string {
  return `${metric} <= ${most} for ${Number((share * 100).toFixed(3))}%`;
}

/**
 * Tells when a bar can't be kept any more by a number of requests that is known beforehand, so that an overloaded server
 * isn't pressed on for nothing.
 */
export class LostBars {
  readonly #slos: readonly Slo[];
  readonly #missed: number[];
  readonly #planned: number;

  constructor(slos: readonly Slo[], planned: number) {
    this.#slos = slos;
    this.#planned = planned;
    this.#missed = slos.map(() => 0);
  }

  /** Takes one more request that began in the measured time; true when all is lost. */
  add(sample: LoadSample): boolean {
    return this.#slos.some((slo, i) => {
      if (!keeps(sample, slo)) this.#missed[i] = (this.#missed[i] ?? 0) + 1;
      return (this.#missed[i] ?? 0) > (1 - slo.share) * this.#planned;
    });
  }
}
