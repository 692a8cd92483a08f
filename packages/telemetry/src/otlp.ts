/**
 * Points as OTLP/HTTP in JSON (opentelemetry.io/docs/specs/otlp, ExportMetricsServiceRequest of
 * opentelemetry/proto/collector/metrics/v1): names in lowerCamelCase, 64-bit integers as strings. Pure.
 */
import type { Point, StepIdentity } from './points.ts';

interface KeyValue {
  key: string;
  value: { stringValue: string };
}

/** @param now milliseconds since 1970 */
export function otlpRequest(points: readonly Point[], identity: StepIdentity, now: number): object {
  const { action, step, repository } = identity;
  const resource = { 'service.name': 'sluice', 'sluice.action': action, 'sluice.step': step };
  const repositories = repository === '' ? {} : { 'vcs.repository.name': repository };
  const timeUnixNano = `${BigInt(Math.round(now)) * 1_000_000n}`;
  const families = Map.groupBy(points, ({ name }) => name);
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributes({ ...resource, ...repositories }) },
        scopeMetrics: [
          {
            scope: { name: 'sluice' },
            metrics: [...families].map(([name, family]) => ({
              name: name.replaceAll('_', '.').replace(/\.seconds$/u, ''),
              description: family[0]?.help ?? '',
              unit: family[0]?.unit ?? '',
              gauge: {
                dataPoints: family.map(({ labels, value }) => ({
                  attributes: attributes(labels),
                  timeUnixNano,
                  asDouble: value,
                })),
              },
            })),
          },
        ],
      },
    ],
  };
}

function attributes(labels: Readonly<Record<string, string>>): KeyValue[] {
  return Object.entries(labels).map(([key, value]) => ({
    key,
    value: { stringValue: value.toWellFormed() },
  }));
}

/** `OTEL_EXPORTER_OTLP_HEADERS`: `key=value` with commas between them, values percent-encoded. What isn't of the form is left out. */
export function headersOf(text: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const part of (text ?? '').split(',')) {
    const [, name = '', value = ''] = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(.*?)\s*$/u.exec(part) ?? [];
    if (name !== '') headers[name.toLowerCase()] = decoded(value);
  }
  return headers;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** What a collector says it did not take; undefined when it took all. */
export function rejectedBy(answer: unknown): string | undefined {
  const { partialSuccess } = (answer ?? {}) as {
    partialSuccess?: { rejectedDataPoints?: unknown; errorMessage?: unknown };
  };
  const rejected = Number(partialSuccess?.rejectedDataPoints ?? 0);
  if (!(rejected > 0)) return undefined;
  const why =
    typeof partialSuccess?.errorMessage === 'string' ? `: ${partialSuccess.errorMessage.slice(0, 200)}` : '';
  return `${rejected} data points were rejected${why}`;
}
