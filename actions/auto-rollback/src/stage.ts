/** The stage of an undo in the record of the release that was undone. */
import type { Metric, NewStage } from '@sluice/release/record';
import type { ReleaseUnit } from '@sluice/release/unit';
import type { Verdict } from '@sluice/rollout/analysis';
import type { Breach, Session } from './undo.ts';

export function breachStage(
  { inputs, context, place }: Pick<Session, 'inputs' | 'context' | 'place'>,
  breach: Breach,
  bad: { version: string; releaseDigest: string },
  unit: ReleaseUnit,
  to: string | null,
): NewStage {
  const { url, id, attempt, sha } = context.run;
  const asked = inputs.mode === 'rollback';
  return {
    action: 'auto-rollback',
    name: place.name,
    at: new Date(breach.decidedAt).toISOString(),
    run: { url, id, attempt, sha },
    unit,
    verdict: asked ? 'pass' : 'fail',
    outcome: asked ? 'success' : 'gate-failed',
    reasons: [breach.reason],
    metrics: metricsOf(breach.verdict),
    data: {
      target: place.kind,
      service: place.name,
      mode: inputs.mode,
      from: bad.version,
      to,
      rules: breach.verdict?.rules.map(({ rule, status }) => ({ rule, status })) ?? [],
      requests: breach.verdict?.canaryRequests ?? null,
    },
  };
}

function metricsOf(verdict: Verdict | null): Record<string, Metric> {
  const metrics: Record<string, Metric> = {};
  for (const { metric, canary } of verdict?.rules ?? []) {
    metrics[metric] =
      canary === null
        ? { value: null }
        : { value: canary.value, n: canary.n, low: finite(canary.low), high: finite(canary.high) };
  }
  return metrics;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
