/** What the inputs mean, checked before anything is opened: all faults at once. */
import { hostLayout } from '@sluice/host/layout';
import type { LiveRule } from '@sluice/rollout/live-rules';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import { parseWarmUp, type WarmUp } from '@sluice/rollout/warm';
import { ConfigError } from '@sluice/runtime/errors';
import { parseDuration } from '@sluice/runtime/units';
import type { PromoteTarget } from '@sluice/registries/targets';
import type { Inputs } from './inputs.gen.ts';
import { parseRegistry } from './registry.ts';

export interface CheckedInputs {
  rules: LiveRule[];
  warmUp: Pick<WarmUp, 'requests' | 'durationMs'>;
  registry: PromoteTarget[];
}

/** What is asked without `slo` and `analysis`; stands in the README. */
export const DEFAULT_OBJECTIVES = ['error_rate <= 5%', 'loop_rate <= 5%', 'empty_rate <= 10%'].join('\n');

/** @throws ConfigError with every fault */
export function checkInputs(inputs: Inputs): CheckedInputs {
  const faults: string[] = [];
  const rules: LiveRule[] = [];
  const given = [
    { input: 'slo', text: inputs.slo },
    { input: 'analysis', text: inputs.analysis },
  ].filter(({ text }) => text !== undefined);
  const asked = given.length > 0 ? given : [{ input: 'slo', text: DEFAULT_OBJECTIVES }];
  for (const { input, text } of asked) {
    const stable = { because: 'auto-rollback watches what is stable itself; give the metric a bar' };
    const parsed = parseLiveRules(text ?? '', { input, stable, optional: given.length === 0 });
    faults.push(...parsed.faults);
    rules.push(...parsed.rules);
  }
  if (inputs.mode !== 'rollback' && faults.length === 0 && !rules.some((rule) => !rule.warn)) {
    faults.push(
      `inputs \`slo\` and \`analysis\` hold no rule that decides, so \`mode: ${inputs.mode}\` could find nothing`,
    );
  }
  try {
    hostLayout(inputs.stateDir ?? '/', inputs.service);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
  }
  const warmUp = parseWarmUp(inputs.warmup, parseDuration(inputs.warmup));
  if (warmUp === null) {
    faults.push(
      `input \`warmup\` = ${JSON.stringify(inputs.warmup)} is neither a number of requests (3) nor a time (30s)`,
    );
  }
  if (inputs.confidence <= 0.5 || inputs.confidence >= 1) {
    faults.push('input `confidence` must lie above 50% and below 100%; 95% is usual');
  }
  const registry = parseRegistry(inputs.registry);
  faults.push(...registry.faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return { rules, registry: registry.targets, warmUp: warmUp ?? { requests: 3, durationMs: null } };
}
