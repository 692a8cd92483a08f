/** Where the evidence about each version comes from: input `prometheus`, and `query:` lines that ask other systems. */
import type { SourceContext } from '@sluice/metrics/open-source';
import { PrometheusApi, prometheusFromEnv } from '@sluice/metrics/prometheus-api';
import { addSecret } from '@sluice/runtime/secrets';
import type { CheckedSource } from './evidence-source.ts';
import { PrometheusEvidence, type PrometheusEvidenceOptions } from './prometheus-evidence.ts';
import { foreignQueries, JoinedEvidence, QueryEvidence } from './query-evidence.ts';

/** null: nobody counts, so no rule can be asked. */
export function evidenceOf(
  { prometheus }: { prometheus?: string | undefined },
  { rules, queries }: Pick<PrometheusEvidenceOptions, 'rules' | 'queries'>,
  context: Omit<SourceContext, 'addSecret'>,
): CheckedSource | null {
  const { env, signal } = context;
  const foreign = foreignQueries(queries);
  const elsewhere = new Set(foreign.map(({ metric }) => metric));
  const sources: CheckedSource[] = [];
  if (prometheus !== undefined) {
    const api = new PrometheusApi({ ...prometheusFromEnv(prometheus, env, addSecret), signal });
    const mine = queries.filter(({ name }) => !elsewhere.has(name));
    const own = { rules: rules.filter(({ metric }) => !elsewhere.has(metric)), queries: mine };
    sources.push(new PrometheusEvidence({ api, ...own }));
  }
  if (foreign.length > 0) sources.push(new QueryEvidence(foreign, { ...context, addSecret }));
  return sources.length < 2 ? (sources[0] ?? null) : new JoinedEvidence(sources);
}
