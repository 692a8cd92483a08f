/**
 * Points for a Prometheus Pushgateway: the text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats) under a grouping
 * key, whose values are base64url where they may hold a slash (github.com/prometheus/pushgateway, "API"). Pure.
 */
import type { Point, StepIdentity } from './points.ts';

/** One group a step: a `PUT` replaces all that an earlier run of it left. */
export function groupPath({ action, step, repository }: StepIdentity): string {
  const labels = { action, repository, step };
  const parts = Object.entries(labels).map(([name, value]) => `/${name}@base64/${base64(value)}`);
  return `/metrics/job/sluice${parts.join('')}`;
}

/** An empty value is a lone padding: an empty part would be no part of the path. */
function base64(value: string): string {
  return Buffer.from(value).toString('base64url') || '=';
}

/** Families together, as the format asks. */
export function prometheusText(points: readonly Point[]): string {
  const families = Map.groupBy(points, ({ name }) => name);
  return [...families]
    .flatMap(([name, family]) => [
      `# HELP ${name} ${(family[0]?.help ?? '').replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} gauge`,
      ...family.map(({ labels, value }) => `${name}${labelsText(labels)} ${value}`),
      '',
    ])
    .join('\n');
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
