/** Which system a `query:` line asks: named before it with a colon and a space; PromQL else, where a colon has no space behind. */
import type { AwsContext } from '@sluice/sources/aws-service';
import type { QuerySource } from './query-source.ts';

export const FOREIGN = ['datadog', 'cloudwatch', 'influxdb', 'webhook'] as const;
export type Foreign = (typeof FOREIGN)[number];

export interface SourceContext extends AwsContext {
  addSecret: (value: string) => void;
}

/** `datadog: avg:…` into the system and its query; undefined for PromQL. */
export function foreignQuery(text: string): { source: Foreign; query: string } | undefined {
  const [, name, query = ''] = /^([a-z]+):\s+(.*)$/u.exec(text) ?? [];
  const source = FOREIGN.find((one) => one === name);
  return source === undefined ? undefined : { source, query };
}

/** @throws ConfigError without the address or the credentials that it needs */
export async function openSource(source: Foreign, context: SourceContext): Promise<QuerySource> {
  switch (source) {
    case 'datadog':
      return new (await import('./datadog.ts')).Datadog(context);
    case 'cloudwatch':
      return (await import('./cloudwatch.ts')).CloudWatch.open(context);
    case 'influxdb':
      return new (await import('./influxdb.ts')).InfluxDb(context);
    case 'webhook':
      return new (await import('./web-hook.ts')).WebHook(context);
  }
}
