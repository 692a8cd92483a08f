/** Input `prometheus`: where the evidence about each version comes from. */
import { PrometheusApi, prometheusFromEnv } from '@sluice/metrics/prometheus-api';
import { addSecret } from '@sluice/runtime/secrets';
import { PrometheusEvidence, type PrometheusEvidenceOptions } from './prometheus-evidence.ts';

/** null: nobody counts, so no rule can be asked. */
export function evidenceOf(
  { prometheus }: { prometheus?: string | undefined },
  { rules, queries }: Pick<PrometheusEvidenceOptions, 'rules' | 'queries'>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): PrometheusEvidence | null {
  if (prometheus === undefined) return null;
  const api = new PrometheusApi({ ...prometheusFromEnv(prometheus, env, addSecret), signal });
  return new PrometheusEvidence({ api, rules, queries });
}
