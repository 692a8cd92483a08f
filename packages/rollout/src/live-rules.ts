/** Rules over live requests: which of the common language they may use, and what they become. */
import type { Watch } from './evidence.ts';
import { LIVE_METRICS, type Better } from './live-metrics.ts';

export type Measure =
  | { kind: 'rate' }
  | { kind: 'mean' }
  | { kind: 'quantile'; q: number }
  /** The mean over time of what is read at each look. `share`: it lies between 0 and 1. */
  | { kind: 'gauge'; better: Better | undefined; share: boolean };

/** `query: name = <PromQL>`: a metric of the user's own. */
export interface LiveQuery {
  name: string;
  promql: string;
}

export type Test =
  | { kind: 'absolute'; op: '<' | '<=' | '>' | '>='; bar: number }
  | {
      kind: 'relative';
      /** `no-worse-than` (the margin is allowed) or `better-than` (the margin is demanded). */
      op: 'no-worse-than' | 'better-than';
      margin: number;
      /** `absolute`: in the metric's own unit, points for shares. `share`: of stable's mean. */
      marginKind: 'absolute' | 'share';
    };

export interface LiveRule {
  text: string;
  metric: string;
  measure: Measure;
  test: Test;
  /** `warn:` rules are shown and never decide. */
  warn: boolean;
  /**
   * Rules of the default analysis aren't asked where a service has no such numbers (no streaming, no chat).
   * A rule that the user wrote is always asked.
   */
  optional: boolean;
  /** Of `decide`: it chooses between both versions (kept: the new one), and judges neither. */
  decides?: true;
  /** Only ever fails: it isn't proven kept before the rollout goes on. */
  failOnly?: boolean;
}

/**
 * What is asked when `analysis` is empty. Wide enough that two equal versions pass after some hundreds of
 * requests, narrow enough for what users notice; documented in canary-deploy's README.
 */
export const DEFAULT_ANALYSIS = [
  'error_rate no-worse-than stable by 1%',
  'rejected_rate no-worse-than stable by 5%',
  'empty_rate no-worse-than stable by 5%',
  'loop_rate no-worse-than stable by 5%',
  'ttft_ms no-worse-than stable by 50%',
].join('\n');

/**
 * What takes a release back beside it, though nothing has to prove the contrary: a rise of the error rate that is no
 * chance. Without it a release of three times the errors goes on wherever the difference lies within the margin, which is
 * as wide as it is so that few requests suffice to pass.
 */
export const DEFAULT_TRIPS = 'error_rate no-worse-than stable';

/** The same under Kayenta's judge, which knows no margin of shares. */
export const DEFAULT_KAYENTA_ANALYSIS = DEFAULT_ANALYSIS.replaceAll(/ by (1|5)%$/gmu, '');

/** Which way is better; lower where nobody told, which only bars ask. */
export function betterOf({ metric, measure }: LiveRule): Better {
  return (measure.kind === 'gauge' ? measure.better : LIVE_METRICS[metric]?.better) ?? 'lower';
}

/** Which bars the evidence has to watch for quantile rules. */
export function watchesOf(rules: readonly LiveRule[]): Watch[] {
  return rules.flatMap((rule) => watchOf(rule) ?? []);
}

export function watchOf(rule: LiveRule): Watch | undefined {
  if (rule.measure.kind !== 'quantile' || rule.test.kind !== 'absolute') return undefined;
  return { metric: rule.metric, bar: rule.test.bar, strict: rule.test.op === '<' || rule.test.op === '>' };
}
