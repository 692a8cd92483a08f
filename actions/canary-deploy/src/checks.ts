/** What the inputs mean, checked before anything is opened: all faults at once. */
import { refuseEphemeral } from '@sluice/host/ephemeral';
import { hostLayout } from '@sluice/host/layout';
import { parseListen } from '@sluice/host/listen-address';
import { findEngineFaults } from '@sluice/inference/engines/engine';
import { DEFAULT_ANALYSIS, type LiveRule } from '@sluice/rollout/live-rules';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import { parseSteps, type Step } from '@sluice/rollout/steps';
import { parseWarmUp, type WarmUp } from '@sluice/rollout/warm';
import { ConfigError } from '@sluice/runtime/errors';
import { formatDuration, parseDuration } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';

export interface CheckedInputs {
  steps: Step[];
  rules: LiveRule[];
  warmUp: Pick<WarmUp, 'requests' | 'durationMs'>;
  maxDurationMs: number;
}

const HALF_HOUR_MS = 30 * 60_000;

/** @throws ConfigError with every fault */
export function checkInputs(inputs: Inputs, env: NodeJS.ProcessEnv): CheckedInputs {
  const faults: string[] = [];
  const ephemeral = refuseEphemeral(env);
  if (ephemeral !== undefined) faults.push(ephemeral);
  collect(faults, () => parseListen(inputs.listen));
  collect(faults, () => hostLayout(inputs.stateDir ?? '/', inputs.service));
  const steps = collect(faults, () => parseSteps(inputs.steps)) ?? [];
  const rules = checkRules(inputs, faults);
  const warmUp = parseWarmUp(inputs.warmup, parseDuration(inputs.warmup));
  if (warmUp === null) {
    faults.push(
      `input \`warmup\` = ${JSON.stringify(inputs.warmup)} is neither a number of requests (3) nor a time (30s)`,
    );
  }
  const holds = steps.reduce((sum, step) => sum + step.holdMs, 0);
  if (inputs.operation === 'deploy' && inputs.maxDuration !== undefined && inputs.maxDuration < holds) {
    faults.push(
      `input \`max-duration\` = "${formatDuration(inputs.maxDuration)}" is shorter than the holds of \`steps\` together ` +
        `(${formatDuration(holds)}); give it more, or shorten the steps`,
    );
  }
  if (inputs.confidence <= 0.5 || inputs.confidence >= 1) {
    faults.push('input `confidence` must lie above 50% and below 100%; 95% is usual');
  }
  if (inputs.operation === 'deploy') checkRelease(inputs, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    steps,
    rules,
    warmUp: warmUp ?? { requests: 3, durationMs: null },
    maxDurationMs: inputs.maxDuration ?? 2 * holds + HALF_HOUR_MS,
  };
}

function checkRelease(inputs: Inputs, faults: string[]): void {
  if (inputs.modelPath === undefined) {
    faults.push(
      'input `model-path` is required with `operation: deploy`; give the file or folder that model-pull output as `path`',
    );
  }
  faults.push(...findEngineFaults(inputs));
}

/** `rolling` has no stable version beside the new one: only absolute rules make sense, and none is asked by default. */
function checkRules(inputs: Inputs, faults: string[]): LiveRule[] {
  const rolling = inputs.strategy === 'rolling';
  if (inputs.analysis === undefined && rolling) return [];
  const stable = rolling ? { because: '`strategy: rolling` moves all traffic at once' } : (true as const);
  const parsed = parseLiveRules(inputs.analysis ?? DEFAULT_ANALYSIS, {
    input: 'analysis',
    stable,
    optional: inputs.analysis === undefined,
  });
  faults.push(...parsed.faults);
  return parsed.rules;
}

function collect<T>(faults: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.push(...error.faults);
    return undefined;
  }
}
