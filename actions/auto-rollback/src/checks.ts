/** What the inputs mean, checked before anything is opened: all faults at once. */
import { readGitopsInputs } from '@sluice/gitops/inputs';
import { hostLayout } from '@sluice/host/layout';
import type { LiveQuery, LiveRule } from '@sluice/rollout/live-rules';
import { parseWorkload } from '@sluice/rollout/kubernetes/names';
import { strangers, unread } from '@sluice/rollout/other-target';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import { foreignQueries } from '@sluice/rollout/query-evidence';
import { parseWarmUp, type WarmUp } from '@sluice/rollout/warm';
import { ConfigError } from '@sluice/runtime/errors';
import { parseDuration } from '@sluice/runtime/units';
import type { PromoteTarget } from '@sluice/registries/targets';
import type { Inputs } from './inputs.gen.ts';
import { parseRegistry } from './registry.ts';

/** Of `method: gitops`. */
const GITOPS = ['gitopsRepository', 'gitopsBranch', 'gitopsPath', 'gitopsMode', 'gitopsToken'] as const;

/** Inputs that say nothing to the other target: never ignored. */
const KUBERNETES_ONLY = [
  'kubeconfig',
  'context',
  'namespace',
  'workload',
  'traffic',
  'route',
  'prometheus',
  ...GITOPS,
] as const;
const HOST_ONLY = ['stateDir'] as const;

export interface CheckedInputs {
  rules: LiveRule[];
  /** PromQL metrics that rules name. */
  queries: LiveQuery[];
  warmUp: Pick<WarmUp, 'requests' | 'durationMs'>;
  registry: PromoteTarget[];
}

/** What is asked without `slo` and `analysis`; stands in the README. */
export const DEFAULT_OBJECTIVES = ['error_rate <= 5%', 'loop_rate <= 5%', 'empty_rate <= 10%'].join('\n');

/** @throws ConfigError with every fault */
export function checkInputs(inputs: Inputs, env: NodeJS.ProcessEnv): CheckedInputs {
  const faults: string[] = [];
  const rules: LiveRule[] = [];
  const queries: LiveQuery[] = [];
  const given = [
    { input: 'slo', text: inputs.slo },
    { input: 'analysis', text: inputs.analysis },
  ].filter(({ text }) => text !== undefined);
  const asked = given.length > 0 ? given : [{ input: 'slo', text: DEFAULT_OBJECTIVES }];
  for (const { input, text } of asked) {
    const stable = { because: 'auto-rollback watches what is stable itself; give the metric a bar' };
    const parsed = parseLiveRules(text ?? '', {
      ...{ input, stable, optional: given.length === 0 },
      prometheus: inputs.prometheus !== undefined,
      perVersion: inputs.target === 'kubernetes',
    });
    faults.push(...parsed.faults);
    rules.push(...parsed.rules);
    queries.push(...parsed.queries);
  }
  if (inputs.mode !== 'rollback' && faults.length === 0 && !rules.some((rule) => !rule.warn)) {
    faults.push(
      `inputs \`slo\` and \`analysis\` hold no rule that decides, so \`mode: ${inputs.mode}\` could find nothing`,
    );
  }
  faults.push(
    ...(inputs.target === 'kubernetes' ? kubernetesFaults(inputs, queries, env) : hostFaults(inputs)),
  );
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
  return { rules, queries, registry: registry.targets, warmUp: warmUp ?? { requests: 3, durationMs: null } };
}

/** On a host. */
export function serviceOf({ service = 'llm' }: Pick<Inputs, 'service'>): string {
  return service;
}

function hostFaults(inputs: Inputs): string[] {
  return [
    ...strangers(inputs, KUBERNETES_ONLY, 'kubernetes', 'host'),
    ...(inputs.method === 'gitops' ? ['input `method` = gitops belongs to `target: kubernetes`'] : []),
    ...(BY_CONTROLLER.includes(inputs.method)
      ? [`input \`method\` = ${inputs.method} is for \`target: kubernetes\``]
      : []),
    ...faultsOf(() => hostLayout(inputs.stateDir ?? '/', serviceOf(inputs))),
  ];
}

function kubernetesFaults(inputs: Inputs, queries: readonly LiveQuery[], env: NodeJS.ProcessEnv): string[] {
  const { workload, context, mode, prometheus } = inputs;
  const faults = strangers(inputs, HOST_ONLY, 'host', 'kubernetes');
  if (inputs.method === 'gitops') faults.push(...faultsOf(() => readGitopsInputs(inputs, env)));
  else faults.push(...unread(inputs, GITOPS, 'method: gitops'));
  if (workload === undefined)
    faults.push('input `workload` is required with `target: kubernetes`, such as deployment/llm');
  else faults.push(...faultsOf(() => parseWorkload(workload)));
  if (context.length > 1)
    faults.push('input `context`: several clusters are planned; give one context a step');
  if (mode !== 'rollback' && prometheus === undefined && foreignQueries(queries).length === 0)
    faults.push(
      `input \`prometheus\` is required with \`target: kubernetes\` and \`mode: ${mode}\`: rules need somebody who counts; or ask another system by \`query:\` lines`,
    );
  return faults;
}

/** Methods of controllers: where one of them rolls the workload out, it undoes too. */
export const BY_CONTROLLER: readonly string[] = ['argo-rollouts', 'flagger', 'openkruise'];

function faultsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...error.faults];
  }
}
