/** The stage that this action appends to the release record: which weights when, and what the evidence said. */
import type { RolloutState } from '@sluice/host/types';
import type { Metric, NewStage } from '@sluice/release/record';
import type { Verdict as RuleVerdicts } from '@sluice/rollout/analysis';
import { emptyUnit } from '@sluice/release/unit';
import { rolloutData } from '@sluice/rollout/target';
import type { RunIdentity } from '@sluice/runtime/action';
import type { Outcome, Verdict } from '@sluice/runtime/errors';

export interface StageFacts {
  target: string;
  service: string;
  run: RunIdentity;
  verdict: Verdict;
  outcome: Outcome;
  reasons: string[];
  /** Said in the summary too: overridden doors and the like. */
  notes: string[];
}

export function rolloutStage(state: RolloutState, verdict: RuleVerdicts, facts: StageFacts): NewStage {
  const { spec, releaseDigest, weights, abortKind } = rolloutData(state);
  const { url, id, attempt, sha } = facts.run;
  return {
    action: 'canary-deploy',
    name: facts.service,
    at: new Date().toISOString(),
    run: { url, id, attempt, sha },
    unit: spec?.unit ?? emptyUnit(),
    verdict: facts.verdict,
    outcome: facts.outcome,
    reasons: facts.reasons,
    metrics: metricsOf(verdict),
    data: {
      target: facts.target,
      service: facts.service,
      version: state.to,
      releaseDigest,
      replaces: state.from,
      strategy: state.strategy,
      steps: state.steps,
      startedAt: new Date(state.startedAt).toISOString(),
      weights: weights.map(({ at, weight }) => ({ at: new Date(at).toISOString(), weight })),
      takenBack: abortKind,
      requests: { canary: verdict.canaryRequests, stable: verdict.stableRequests },
      rules: verdict.rules.map(({ rule, status }) => ({ rule, status })),
      notes: facts.notes,
      // What auto-rollback needs to bring this release up again.
      server: spec,
    },
  };
}

/** What was seen of the new version, by the metrics of the rules; bounds that don't exist are null. */
export function metricsOf(verdict: RuleVerdicts): Record<string, Metric> {
  const metrics: Record<string, Metric> = {};
  for (const { metric, canary } of verdict.rules) {
    if (canary === null) metrics[metric] ??= { value: null };
    else
      metrics[metric] = {
        value: canary.value,
        n: canary.n,
        low: finite(canary.low),
        high: finite(canary.high),
      };
  }
  return metrics;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
