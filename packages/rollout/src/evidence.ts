/** What live requests say about each version: running counts and moments, never the requests themselves. */
import type { RequestSample } from '@sluice/host/types';
import { isUserEvidence, LIVE_METRICS } from './live-metrics.ts';

/** `hits` of `n`, for shares and for "slower than the bar". */
export interface Count {
  n: number;
  /** Surely. */
  hits: number;
  /** Where a source can't tell exactly: no more than so many. */
  atMost?: number;
}

/** Number, mean and variance (n - 1 below) of a value. */
export interface Moments {
  n: number;
  mean: number;
  variance: number;
}

/** A bar that single values are compared with, for rules over quantiles. */
export interface Watch {
  metric: string;
  bar: number;
  /** A value equal to the bar breaks it (`<` and `>`), or doesn't (`<=` and `>=`). */
  strict: boolean;
}

export interface Arm {
  version: string;
  /** User requests that count (neither probes nor those whose client went away). */
  requests: number;
  firstAt: number | null;
  lastAt: number | null;
  shares: Record<string, Count>;
  values: Record<string, Moments>;
  /** By `watchKey`: how many values broke the bar. */
  beyond: Record<string, Count>;
  /** What was read at looks: [epoch seconds, value], ascending; both arms at the same moments. */
  series: Record<string, [number, number][]>;
}

export function watchKey(watch: Watch): string {
  return `${watch.metric}${watch.strict ? '!' : ' '}${watch.bar}`;
}

export function emptyArm(version: string): Arm {
  return {
    version,
    requests: 0,
    firstAt: null,
    lastAt: null,
    shares: {},
    values: {},
    beyond: {},
    series: {},
  };
}

/**
 * Gathers samples per version. Memory doesn't grow with traffic: the bars of quantile rules are known
 * beforehand, so "how many were slower" is counted as samples come.
 *
 * Beside them may stand totals that somebody else counted. A number that the totals have of any version is read from
 * them for every version: two arms are only compared by one and the same measure, and a request that both saw (a
 * probe's, which the server counts as well) is not counted twice.
 */
export class Evidence {
  readonly #watches: readonly Watch[];
  readonly #arms = new Map<string, Arm>();
  #totals: Record<string, Arm> = {};

  constructor(watches: readonly Watch[] = []) {
    this.#watches = watches;
  }

  add(samples: readonly RequestSample[]): void {
    for (const sample of samples) this.#addOne(sample);
  }

  /** Totals since the watch began; they take the place of the ones before. */
  setTotals(arms: Record<string, Arm>): void {
    this.#totals = arms;
  }

  /** The arm of a version; an empty one when nothing was seen of it. */
  arm(version: string): Arm {
    const seen = this.#arms.get(version) ?? emptyArm(version);
    const all = Object.values(this.#totals);
    if (all.length === 0) return seen;
    const totals = this.#totals[version] ?? emptyArm(version);
    const counted = all.some(({ requests }) => requests > 0) ? totals : seen;
    const { requests, firstAt, lastAt } = counted;
    return {
      ...{ version, requests, firstAt, lastAt },
      shares: preferring(all, 'shares', totals, seen),
      values: preferring(all, 'values', totals, seen),
      beyond: preferring(all, 'beyond', totals, seen),
      series: totals.series,
    };
  }

  #addOne(sample: RequestSample): void {
    let arm = this.#arms.get(sample.version);
    if (arm === undefined) this.#arms.set(sample.version, (arm = emptyArm(sample.version)));
    if (isUserEvidence(sample)) {
      arm.requests += 1;
      arm.firstAt ??= sample.at;
      arm.lastAt = sample.at;
    }
    for (const [name, metric] of METRICS) {
      if (metric.kind === 'share') {
        if (metric.counts(sample)) count((arm.shares[name] ??= { n: 0, hits: 0 }), metric.hit(sample));
      } else {
        const value = metric.read(sample);
        if (value !== undefined && Number.isFinite(value))
          include((arm.values[name] ??= { n: 0, mean: 0, variance: 0 }), value);
      }
    }
    for (const watch of this.#watches) {
      const metric = LIVE_METRICS[watch.metric];
      const value = metric?.kind === 'value' ? metric.read(sample) : undefined;
      if (metric === undefined || value === undefined) continue;
      const worse = metric.better === 'lower' ? value - watch.bar : watch.bar - value;
      count((arm.beyond[watchKey(watch)] ??= { n: 0, hits: 0 }), watch.strict ? worse >= 0 : worse > 0);
    }
  }
}

/** `totals` where any arm's totals have the number, `seen` elsewhere. */
function preferring<K extends 'shares' | 'values' | 'beyond'>(
  all: readonly Arm[],
  part: K,
  totals: Arm,
  seen: Arm,
): Arm[K] {
  const counted = new Set(all.flatMap((arm) => Object.keys(arm[part])));
  const rest = Object.entries(seen[part]).filter(([name]) => !counted.has(name));
  return { ...Object.fromEntries(rest), ...totals[part] };
}

const METRICS = Object.entries(LIVE_METRICS);

export function count(counter: Count, hit: boolean): void {
  counter.n += 1;
  if (hit) counter.hits += 1;
}

/** Welford's update (1962), with the variance kept in place of the sum of squares. */
export function include(moments: Moments, value: number): void {
  const squares = moments.variance * Math.max(0, moments.n - 1);
  moments.n += 1;
  const delta = value - moments.mean;
  moments.mean += delta / moments.n;
  moments.variance = moments.n < 2 ? 0 : (squares + delta * (value - moments.mean)) / (moments.n - 1);
}
