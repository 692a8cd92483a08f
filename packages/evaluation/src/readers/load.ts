/** What the readers of load tests share: nothing is fast that never answered. */
import { knownFacts } from '../metrics-table.ts';
import type { EvalMetric } from '../model.ts';
import { fieldMetric, type ReadContext } from './fields.ts';

/** The count that MLPerf's early stopping asks for before a p99 may be claimed at 95 %. */
const P99_SAMPLES = 299;

export interface Load {
  /** Requests that were answered; undefined where the file doesn't say. */
  succeeded: number | undefined;
  failed: number | undefined;
  selector?: string;
}

/**
 * Makes metrics of one run of load. Where no request succeeded, tools write zeros; every metric but the counts and the
 * error rate is missing then.
 */
export class LoadMetrics {
  readonly metrics: EvalMetric[] = [];
  readonly #load: Load;
  readonly #context: ReadContext;

  constructor(load: Load, context: ReadContext) {
    this.#load = load;
    this.#context = context;
    const { succeeded, failed } = load;
    if (succeeded === undefined || failed === undefined) return;
    const total = succeeded + failed;
    for (const [name, value] of Object.entries({ succeeded, failed }))
      this.metrics.push({
        name: `requests.${name}`,
        value: total === 0 ? null : value,
        n: total,
        ...this.#common(),
        ...knownFacts(`requests.${name}`),
      });
    this.metrics.push({
      name: 'error_rate',
      value: total === 0 ? null : failed / total,
      ...(total === 0 ? { missing: 'no request was sent' } : {}),
      n: total,
      ...this.#common(),
      ...knownFacts('error_rate'),
    });
  }

  /** @param deviation the population's standard deviation, for a mean's standard error */
  add(name: string, raw: unknown, field: string, times = 1, deviation?: unknown): void {
    const { succeeded } = this.#load;
    const scaled = typeof raw === 'number' ? raw * times : raw;
    const metric = fieldMetric(name, scaled, {
      ...this.#common(),
      field,
      ...(succeeded === undefined ? {} : { n: succeeded }),
    });
    if (succeeded === 0) {
      metric.value = null;
      metric.missing = `none of its ${(this.#load.failed ?? 0) + succeeded} requests succeeded`;
    }
    if (
      succeeded !== undefined &&
      succeeded > 1 &&
      typeof deviation === 'number' &&
      Number.isFinite(deviation)
    )
      metric.stderr = (deviation * times) / Math.sqrt(succeeded - 1);
    if (name.endsWith('.p99') && succeeded !== undefined && succeeded > 0 && succeeded < P99_SAMPLES)
      this.#context.notes.push(
        `${this.#context.source}: ${name} stands on ${succeeded} requests; a p99 takes ${P99_SAMPLES} to mean much`,
      );
    this.metrics.push(metric);
  }

  #common(): { source: string; selector?: string } {
    const { selector } = this.#load;
    return { source: this.#context.source, ...(selector === undefined ? {} : { selector }) };
  }
}

/** `median` and `avg` under the names of our own results: `p50`, `mean`. Undefined for what is none of ours. */
export function statisticName(raw: string): string | undefined {
  if (raw === 'median') return 'p50';
  if (raw === 'avg' || raw === 'mean') return 'mean';
  if (raw === 'min' || raw === 'max') return raw;
  return /^p\d{1,2}(?:\.\d+)?$/u.test(raw) ? raw.replace('.', '_') : undefined;
}
