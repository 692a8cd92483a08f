/** From counters to arms: which series stands for which metric, and what its buckets can say of a bar. */
import { beyond, bucketsOf, momentsOf } from '@sluice/metrics/buckets';
import { shareOf } from '@sluice/metrics/share-counts';
import type { CountedSeries } from './counted-series.ts';
import { emptyArm, watchKey, type Arm, type Watch } from './evidence.ts';

/**
 * The arms of `versions`. A metric that a gateway counts is read there for both, because what the server itself counts
 * misses what never reached it; elsewhere each version's server tells.
 */
export function armsOf(
  tables: readonly CountedSeries[],
  versions: readonly string[],
  watches: readonly Watch[],
): { arms: Record<string, Arm>; notes: string[] } {
  const gateways = tables.filter(({ table }) => table.kind === 'gateway');
  const servers = tables.filter(({ table }) => table.kind === 'server');
  const arms = versions.map((version) => emptyArm(version));
  const notes: string[] = [];
  for (const metric of metricsIn(tables)) {
    const gateway = gateways.find((table) => versions.some((version) => sees(table, version, metric)));
    for (const arm of arms) {
      const table = gateway ?? servers.find((server) => sees(server, arm.version, metric));
      if (table !== undefined) notes.push(...readInto(arm, table, metric, watches));
    }
  }
  for (const arm of arms) arm.requests = requestsOf(arm);
  const seen = arms.filter(({ requests }) => requests > 0);
  return { arms: Object.fromEntries(seen.map((arm) => [arm.version, arm])), notes: [...new Set(notes)] };
}

function metricsIn(tables: readonly CountedSeries[]): string[] {
  const names = tables.flatMap(({ table }) => [
    ...Object.keys(table.shares),
    ...Object.keys(table.histograms),
  ]);
  return [...new Set(names)];
}

function sees(series: CountedSeries, version: string, metric: string): boolean {
  const share = series.table.shares[metric];
  if (share !== undefined) return (shareOf(series.of(version), share)?.n ?? 0) > 0;
  return (bucketsIn(series, version, metric)?.n ?? 0) > 0;
}

function bucketsIn(series: CountedSeries, version: string, metric: string): ReturnType<typeof bucketsOf> {
  for (const name of series.table.histograms[metric]?.names ?? []) {
    const found = bucketsOf(series.of(version), name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function readInto(arm: Arm, series: CountedSeries, metric: string, watches: readonly Watch[]): string[] {
  const share = series.table.shares[metric];
  if (share !== undefined) {
    const counted = shareOf(series.of(arm.version), share);
    if (counted !== undefined) arm.shares[metric] = counted;
    return [];
  }
  const scale = series.table.histograms[metric]?.scale ?? 1;
  const buckets = bucketsIn(series, arm.version, metric);
  if (buckets === undefined) return [];
  arm.values[metric] = momentsOf(buckets, scale);
  return watches
    .filter((watch) => watch.metric === metric)
    .flatMap((watch) => {
      const { between, ...count } = beyond(buckets, watch.bar / scale);
      arm.beyond[watchKey(watch)] = count;
      return between === undefined ? [] : [bucketNote(series.table.name, watch, between, scale)];
    });
}

function bucketNote(table: string, { metric, bar }: Watch, between: [number, number], scale: number): string {
  const [low, high] = between.map((bound) => Number((bound * scale).toPrecision(6)));
  const proof = Number.isFinite(high) ? `broken only by answers over ${high} ms` : 'never seen as broken';
  return `${metric}: the bar of ${bar} ms lies between two buckets of ${table}'s histogram, so it is kept by answers up to ${low} ms and ${proof}; a bar on a bucket's bound is judged exactly`;
}

/** The answers that any number of the arm was counted from. */
function requestsOf({ shares, values }: Arm): number {
  const asked = shares['error_rate']?.n;
  if (asked !== undefined) return asked;
  return Math.max(0, ...Object.values(shares).map(({ n }) => n), ...answersIn(values));
}

/** Chunks are no answers. */
function answersIn(values: Arm['values']): number[] {
  return Object.entries(values).map(([metric, { n }]) => (metric === 'inter_chunk_ms' ? 0 : n));
}
