/** Where the evidence about each version comes from. */
import { PrometheusApi, prometheusFromEnv } from '@sluice/metrics/prometheus-api';
import { PrometheusEvidence } from '@sluice/rollout/prometheus-evidence';
import { addSecret } from '@sluice/runtime/secrets';
import type { CheckedInputs } from '../checks.ts';
import type { Inputs } from '../inputs.gen.ts';

/** null: nobody counts, so no rule can be asked. */
export function evidenceOf(
  { prometheus }: Pick<Inputs, 'prometheus'>,
  { rules, queries }: Pick<CheckedInputs, 'rules' | 'queries'>,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): PrometheusEvidence | null {
  if (prometheus === undefined) return null;
  const api = new PrometheusApi({ ...prometheusFromEnv(prometheus, env, addSecret), signal });
  return new PrometheusEvidence({ api, rules, queries });
}
