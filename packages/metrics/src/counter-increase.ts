/**
 * How far counters went since a moment, from their raw samples: whole numbers, as `rate()` and `increase()` don't give
 * them, because those extrapolate to the ends of their window (prometheus/promql/functions.go, extrapolatedRate).
 */
import type { Series } from './prometheus-api.ts';

export interface Increase {
  labels: Record<string, string>;
  /** Since the last scrape at or before the moment asked for, up to the last scrape read. */
  by: number;
}

interface State {
  group: string;
  labels: Record<string, string>;
  lastAt: number;
  lastValue: number;
  by: number;
  gap: number;
}

/**
 * Adds up raw samples as they are read, window by window. A value below the one before is a restart: all of it is new
 * (as in Prometheus).
 *
 * A series that begins after the moment counts from 0 where its target was scraped before (a new label value), or where
 * its process started after it (`process_start_time_seconds`); a target that was merely found late brings its whole past
 * along, so it counts from its first sample, as in Prometheus. Where nothing tells which, `fresh` decides.
 */
export class Increases {
  readonly #since: number;
  readonly #series = new Map<string, State>();
  readonly #targetSince = new Map<string, number>();
  readonly #startedAt = new Map<string, number>();

  /** @param since epoch seconds */
  constructor(since: number) {
    this.#since = since;
  }

  /**
   * @param group what the series belong to, such as a version
   * @param fresh whether a process that nobody saw before `since` began after it: true of a canary's pods
   */
  add(group: string, series: readonly Series[], fresh: boolean): void {
    for (const { labels, samples } of series) this.#meet(labels, samples);
    for (const { labels, samples } of series) {
      const key = `${group} ${keyOf(labels)}`;
      for (const [at, value] of samples) {
        if (Number.isNaN(value)) continue;
        const state = this.#series.get(key);
        if (state === undefined) this.#series.set(key, this.#begin(group, labels, at, value, fresh));
        else if (at > state.lastAt) this.#step(state, at, value);
      }
    }
  }

  list(group: string): Increase[] {
    return this.#of(group).map(({ labels, by }) => ({ labels, by }));
  }

  /** When a group's youngest sample was scraped, epoch seconds; undefined without any. */
  lastAt(group: string): number | undefined {
    const times = this.#of(group).map(({ lastAt }) => lastAt);
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.max(a, b));
  }

  #of(group: string): State[] {
    return [...this.#series.values()].filter((state) => state.group === group);
  }

  /** Seconds between two scrapes: the median over the series; undefined until two were seen. */
  interval(): number | undefined {
    const gaps = [...this.#series.values()].map(({ gap }) => gap).filter((gap) => gap > 0);
    return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)];
  }

  #meet(labels: Record<string, string>, samples: Series['samples']): void {
    const target = targetOf(labels);
    const [first] = samples;
    if (first === undefined) return;
    this.#targetSince.set(target, Math.min(first[0], this.#targetSince.get(target) ?? Infinity));
    if (labels['__name__'] !== 'process_start_time_seconds') return;
    const [, started] = samples.at(-1) ?? first;
    this.#startedAt.set(target, started);
  }

  #begin(group: string, labels: Record<string, string>, at: number, value: number, fresh: boolean): State {
    const state = { group, labels, lastAt: at, lastValue: value, by: 0, gap: 0 };
    if (at <= this.#since) return state;
    const target = targetOf(labels);
    const started = this.#startedAt.get(target);
    const knownBefore = (this.#targetSince.get(target) ?? at) < at;
    const fromZero = knownBefore || (started === undefined ? fresh : started >= this.#since);
    return fromZero ? { ...state, by: value } : state;
  }

  #step(state: State, at: number, value: number): void {
    if (at > this.#since) state.by += value < state.lastValue ? value : value - state.lastValue;
    state.gap = at - state.lastAt;
    state.lastAt = at;
    state.lastValue = value;
  }
}

function keyOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is scraped together, and so begins and ends together. */
function targetOf(labels: Record<string, string>): string {
  return ['job', 'instance', 'namespace', 'pod'].map((name) => labels[name] ?? '').join('|');
}
