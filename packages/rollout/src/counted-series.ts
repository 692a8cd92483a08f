/** The counters of one kind of server or gateway, read from Prometheus look by look for both versions. */
import { Increases, type Increase } from '@sluice/metrics/counter-increase';
import type { PrometheusApi } from '@sluice/metrics/prometheus-api';
import type { SeriesTable } from '@sluice/metrics/series-tables';
import type { ArmRef } from './evidence-source.ts';
import { matchers } from './prometheus-scopes.ts';

/** Seconds. Where a series stood at the beginning is its last sample before it, but not one older than this. */
const LOOK_BACK = 300;
/** Samples that came late, as remote storage has them, are read by the looks after. */
const LATE = 120;
/** Longest span of one answer: a driver that takes over hours later reads in pieces. */
const SPAN = 600;

export class CountedSeries {
  readonly table: SeriesTable;
  /** Of the scopes' matchers in their order: the one that finds series. */
  #found: number | undefined;
  readonly #since: number;
  readonly #increases: Increases;
  readonly #readTo = new Map<string, number>();

  /** @param since epoch seconds */
  constructor(table: SeriesTable, since: number) {
    this.table = table;
    this.#since = since;
    this.#increases = new Increases(since);
  }

  get found(): boolean {
    return this.#found !== undefined;
  }

  names(): string[] {
    return namesOf(this.table);
  }

  /** Looks for labels that tell these versions' series; true when there are any. */
  async find(api: PrometheusApi, arms: readonly ArmRef[], at: number): Promise<boolean> {
    for (const arm of arms) {
      for (const [index, matcher] of this.#matchersOf(arm).entries()) {
        const series = await api.query(`count({__name__=~"${this.names().join('|')}",${matcher}})`, at);
        if (series.length === 0) continue;
        this.#found = index;
        return true;
      }
    }
    return false;
  }

  /** Reads on from where the look before ended. */
  async read(api: PrometheusApi, arm: ArmRef, now: number): Promise<void> {
    const matcher = this.#matchersOf(arm)[this.#found ?? 0] ?? '';
    const names = [...this.names(), 'process_start_time_seconds'].join('|');
    const readTo = this.#readTo.get(arm.version);
    let from = readTo === undefined ? this.#since - LOOK_BACK : readTo - LATE;
    while (from < now) {
      const to = Math.min(now, from + SPAN);
      // One second more on the left: since version 3 a range is open there.
      const range = Math.max(1, Math.ceil(to - from) + 1);
      const series = await api.query(`{__name__=~"${names}",${matcher}}[${range}s]`, to);
      this.#increases.add(arm.version, series, arm.track === 'canary');
      this.#readTo.set(arm.version, to);
      from = to;
    }
  }

  of(version: string): Increase[] {
    return this.#increases.list(version);
  }

  /** Of the youngest scrape, epoch seconds. */
  lastAt(version: string): number | undefined {
    return this.#increases.lastAt(version);
  }

  /** Seconds between scrapes. */
  interval(): number | undefined {
    return this.#increases.interval();
  }

  #matchersOf(arm: ArmRef): string[] {
    return this.table.scopes.flatMap((scope) => matchers(scope, arm));
  }
}

function namesOf({ shares, histograms }: SeriesTable): string[] {
  const counters = Object.values(shares).flatMap((candidates) =>
    candidates.flatMap(({ of, hits, also }) => [...of, ...hits, ...(also ?? [])].map(({ name }) => name)),
  );
  const parts = Object.values(histograms).flatMap(({ names }) =>
    names.flatMap((name) => [`${name}_bucket`, `${name}_sum`]),
  );
  return [...new Set([...counters, ...parts])];
}
