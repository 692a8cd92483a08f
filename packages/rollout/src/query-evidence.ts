/** Evidence out of `query:` lines that ask another system than Prometheus: values of both versions, read at each look. */
import { foreignQuery, openSource, type Foreign, type SourceContext } from '@sluice/metrics/open-source';
import { BadQueryError, onGrid, type Points, type QuerySource } from '@sluice/metrics/query-source';
import { describeError } from '@sluice/runtime/errors';
import { emptyArm, type Arm } from './evidence.ts';
import type { ArmRef, CheckedSource, Totals } from './evidence-source.ts';
import { manySeries } from './many-series.ts';
import type { LiveQuery } from './live-rules.ts';
import { fillQuery } from './prometheus-scopes.ts';

/** Seconds between two values, as Prometheus mostly scrapes. */
const STEP = 15;
/** Before anything is touched a query is asked for so many seconds. */
const TRIED = 600;

interface Asked {
  metric: string;
  source: Foreign;
  query: string;
}

/** Those of the queries that another system than Prometheus answers. */
export function foreignQueries(queries: readonly LiveQuery[]): Asked[] {
  return queries.flatMap(({ name, promql }) => {
    const foreign = foreignQuery(promql);
    return foreign === undefined ? [] : [{ metric: name, ...foreign }];
  });
}

export class QueryEvidence implements CheckedSource {
  readonly #asked: readonly Asked[];
  readonly #context: SourceContext;
  readonly #now: () => number;
  readonly #open = new Map<Foreign, Promise<QuerySource>>();

  constructor(asked: readonly Asked[], context: SourceContext, now = Date.now) {
    this.#asked = asked;
    this.#context = context;
    this.#now = now;
  }

  /** @throws ConfigError for an address or credentials that are missing */
  async check(arms: { stable: ArmRef | null; canary: ArmRef }): Promise<string[]> {
    const to = this.#now() / 1000;
    const faults: string[] = [];
    for (const asked of this.#asked) {
      try {
        await this.#read(asked, arms.stable ?? arms.canary, to - TRIED, to);
      } catch (error) {
        faults.push(`query: ${asked.metric}: ${describeError(error)}`);
      }
    }
    return faults;
  }

  async look(arms: { stable: ArmRef | null; canary: ArmRef }, since: number): Promise<Totals> {
    const both = arms.stable === null ? [arms.canary] : [arms.stable, arms.canary];
    const read: Record<string, Arm> = {};
    const problems = new Set<string>();
    for (const asked of this.#asked)
      for (const arm of both) {
        try {
          const points = await this.#read(asked, arm, since / 1000, this.#now() / 1000);
          const own = (read[arm.version] ??= emptyArm(arm.version));
          if (points.length > 0) own.series[asked.metric] = points;
          own.requests = Math.max(own.requests, points.length);
        } catch (error) {
          problems.add(`${asked.metric}: ${describeError(error)}`);
        }
      }
    return { arms: read, problems: [...problems], notes: [] };
  }

  async #read({ metric, source, query }: Asked, arm: ArmRef, from: number, to: number): Promise<Points> {
    const { version, track, namespace, workload, service, pods } = arm;
    const opened = this.#open.get(source) ?? openSource(source, this.#context);
    this.#open.set(source, opened);
    const system = await opened;
    const span = { from, to, step: Math.max(STEP, system.finestStep) };
    const about = { metric, version, track, namespace, workload, service, pods: pods.join(',') };
    const filled = source === 'webhook' ? query : fillQuery(query, arm);
    const series = await system.read(filled, span, about);
    if (series.length > 1) throw new BadQueryError(manySeries(metric, series.length));
    return onGrid(series[0] ?? [], span);
  }
}

/** Several sources as one: what any of them has no fresh word on holds the rollout. */
export class JoinedEvidence implements CheckedSource {
  readonly #sources: readonly CheckedSource[];

  constructor(sources: readonly CheckedSource[]) {
    this.#sources = sources;
  }

  async check(arms: Parameters<CheckedSource['check']>[0]): Promise<string[]> {
    return (await Promise.all(this.#sources.map((source) => source.check(arms)))).flat();
  }

  async look(...asked: Parameters<CheckedSource['look']>): Promise<Totals> {
    const all = await Promise.all(this.#sources.map((source) => source.look(...asked)));
    const arms: Record<string, Arm> = {};
    for (const totals of all)
      for (const [version, arm] of Object.entries(totals.arms)) {
        const before = arms[version];
        arms[version] = before === undefined ? arm : joined(before, arm);
      }
    return {
      arms,
      problems: all.flatMap(({ problems }) => problems),
      notes: all.flatMap(({ notes }) => notes),
    };
  }
}

/** The first counts requests; readings are told apart by their metrics. */
function joined(first: Arm, second: Arm): Arm {
  return {
    ...first,
    series: { ...first.series, ...second.series },
    requests: first.requests > 0 ? first.requests : second.requests,
  };
}
