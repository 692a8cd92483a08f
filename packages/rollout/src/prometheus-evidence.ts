/** Evidence out of Prometheus, or what answers like it: counters of both versions, and values that are read at each look. */
import type { PrometheusApi } from '@sluice/metrics/prometheus-api';
import { BadQueryError } from '@sluice/metrics/query-source';
import { SERIES_TABLES } from '@sluice/metrics/series-tables';
import { describeError } from '@sluice/runtime/errors';
import { CountedSeries } from './counted-series.ts';
import { armsOf } from './count-arms.ts';
import { emptyArm, type Arm, type Watch } from './evidence.ts';
import type { ArmRef, CheckedSource, Totals } from './evidence-source.ts';
import { GAUGE_QUERIES } from './gauge-queries.ts';
import type { LiveQuery, LiveRule } from './live-rules.ts';
import { manySeries } from './many-series.ts';
import { fillQuery, matchers } from './prometheus-scopes.ts';

export interface PrometheusEvidenceOptions {
  api: PrometheusApi;
  rules: readonly LiveRule[];
  queries: readonly LiveQuery[];
  /** Between two readings of a value, milliseconds; 15 s by default, as Prometheus mostly scrapes. */
  stepMs?: number;
  now?: () => number;
}

interface Arms {
  stable: ArmRef | null;
  canary: ArmRef;
}

/** Of a scrape's usual interval, until two scrapes tell it. */
const UNKNOWN_INTERVAL = 60;
/** Clocks of two machines. */
const SKEW = 5;

export class PrometheusEvidence implements CheckedSource {
  readonly #o: PrometheusEvidenceOptions;
  readonly #step: number;
  #tables: CountedSeries[] = [];
  #of = '';
  /** By metric: which label matchers find a value's series. */
  readonly #gaugeScopes = new Map<string, number>();

  constructor(options: PrometheusEvidenceOptions) {
    this.#o = options;
    this.#step = (options.stepMs ?? 15_000) / 1000;
  }

  /** What is wrong before anything is touched: an address that doesn't answer, credentials, an expression. */
  async check(arms: Arms): Promise<string[]> {
    const { api, queries } = this.#o;
    const now = this.#seconds();
    const faults: string[] = [];
    try {
      await api.query('vector(1)', now);
    } catch (error) {
      return [`input \`prometheus\`: ${describeError(error)}`];
    }
    for (const query of queries) {
      try {
        const series = await api.query(fillQuery(query.promql, arms.stable ?? arms.canary), now);
        if (series.length > 1) faults.push(manySeries(query.name, series.length));
      } catch (error) {
        faults.push(`query: ${query.name}: ${describeError(error)}`);
      }
    }
    return faults;
  }

  async look(arms: Arms, since: number, watches: readonly Watch[]): Promise<Totals> {
    const both = arms.stable === null ? [arms.canary] : [arms.stable, arms.canary];
    const from = since / 1000;
    const key = JSON.stringify([since, both.map(({ version }) => version)]);
    if (key !== this.#of) {
      this.#of = key;
      this.#tables = SERIES_TABLES.map((table) => new CountedSeries(table, from));
    }
    const now = this.#seconds();
    // Behind one Service a gateway can't tell the versions apart: what it counts is of both, and no evidence.
    const shared = arms.stable?.service === arms.canary.service;
    const told = shared ? both.map((arm) => ({ ...arm, service: '' })) : both;
    try {
      const found = await this.#readTables(told, now);
      const { arms: counted, notes } = armsOf(
        found,
        both.map(({ version }) => version),
        watches,
      );
      const values = await this.#readValues(both, from, now);
      const problems = [...this.#stale(both, found, now), ...values.problems];
      return { arms: join(counted, values.arms), problems, notes: [...notes, ...this.#absent(both, found)] };
    } catch (error) {
      // What was read before stays read; but an old number is no answer to a look of now.
      return { arms: {}, problems: [describeError(error)], notes: [] };
    }
  }

  #seconds(): number {
    return (this.#o.now?.() ?? Date.now()) / 1000;
  }

  async #readTables(arms: readonly ArmRef[], now: number): Promise<CountedSeries[]> {
    const { api } = this.#o;
    const open = this.#tables.filter((table) => !table.found);
    if (open.length > 0) {
      const names = [...new Set(open.flatMap((table) => table.names()))];
      const there = await api.query(`group by (__name__) ({__name__=~"${names.join('|')}"})`, now);
      const known = new Set(there.map(({ labels }) => labels['__name__']));
      for (const table of open)
        if (table.names().some((name) => known.has(name))) await table.find(api, arms, now);
    }
    const found = this.#tables.filter((table) => table.found);
    for (const table of found) for (const arm of arms) await table.read(api, arm, now);
    return found;
  }

  /** A source whose newest sample is old says nothing of now, neither good nor bad. */
  #stale(arms: readonly ArmRef[], tables: readonly CountedSeries[], now: number): string[] {
    return arms.flatMap(({ version }) => {
      const last = newest(tables, version);
      if (last === undefined) return [];
      const interval = Math.max(...tables.map((table) => table.interval() ?? 0)) || UNKNOWN_INTERVAL;
      const age = now - last;
      return age <= 2 * interval + SKEW
        ? []
        : [
            `${this.#o.api.name} last scraped ${version} ${Math.round(age)} s ago, and does so every ${Math.round(interval)} s`,
          ];
    });
  }

  #absent(arms: readonly ArmRef[], tables: readonly CountedSeries[]): string[] {
    if (!this.#o.rules.some(({ measure }) => measure.kind !== 'gauge')) return [];
    return arms
      .filter(({ version }) => newest(tables, version) === undefined)
      .map(
        ({ version, workload, namespace }) =>
          `${this.#o.api.name} has no series of ${version} yet (workload ${workload} in ${namespace}); is it scraped, with a label for the pod or the version?`,
      );
  }

  async #readValues(
    arms: readonly ArmRef[],
    from: number,
    now: number,
  ): Promise<{ arms: Record<string, Arm>; problems: string[] }> {
    const read: Record<string, Arm> = {};
    const problems: string[] = [];
    const asked = new Set(
      this.#o.rules.filter(({ measure }) => measure.kind === 'gauge').map(({ metric }) => metric),
    );
    for (const metric of asked) {
      const query = this.#o.queries.find(({ name }) => name === metric);
      for (const arm of arms) {
        try {
          const points = await this.#points(metric, query, arm, from, now);
          if (points.length > 0) (read[arm.version] ??= emptyArm(arm.version)).series[metric] = points;
        } catch (error) {
          if (!(error instanceof BadQueryError) && !(error instanceof ManySeriesError)) throw error;
          problems.push(`${metric}: ${error.message}`);
        }
      }
    }
    return { arms: read, problems: [...new Set(problems)] };
  }

  /** On the same grid at every look, whoever looks. */
  async #points(
    metric: string,
    query: LiveQuery | undefined,
    arm: ArmRef,
    from: number,
    now: number,
  ): Promise<[number, number][]> {
    const { api } = this.#o;
    if (now < from + this.#step) return [];
    const ask = async (promql: string): Promise<[number, number][]> => {
      const series = await api.queryRange(promql, from + this.#step, now, this.#step);
      if (series.length > 1) throw new ManySeriesError(manySeries(metric, series.length));
      return (series[0]?.samples ?? []).filter(([, value]) => Number.isFinite(value));
    };
    if (query !== undefined) return ask(fillQuery(query.promql, arm));
    const scopes = [...matchers('pods', arm), ...matchers('version', arm)];
    const known = this.#gaugeScopes.get(metric);
    for (const [index, matcher] of scopes.entries()) {
      if (known !== undefined && known !== index) continue;
      const template = GAUGE_QUERIES[metric] ?? '';
      // Functions, because `$&` in a pattern of pods would mean something to replace.
      const filled = template.replaceAll('$sel', () => matcher).replaceAll('$step', `${this.#step * 4}s`);
      const points = await ask(filled);
      if (points.length === 0) continue;
      this.#gaugeScopes.set(metric, index);
      return points;
    }
    return [];
  }
}

class ManySeriesError extends Error {
  override readonly name = 'ManySeriesError';
}

function newest(tables: readonly CountedSeries[], version: string): number | undefined {
  const times = tables.flatMap((table) => table.lastAt(version) ?? []);
  return times.length === 0 ? undefined : Math.max(...times);
}

function join(counted: Record<string, Arm>, read: Record<string, Arm>): Record<string, Arm> {
  const all: Record<string, Arm> = { ...counted };
  for (const [version, { series }] of Object.entries(read)) {
    const arm = all[version] ?? emptyArm(version);
    // Where nothing counts requests, the readings are what `min-samples` asks for.
    const readings = Math.max(...Object.values(series).map((points) => points.length));
    all[version] = { ...arm, series, requests: arm.requests > 0 ? arm.requests : readings };
  }
  return all;
}
