/** What the inputs mean, checked before anything is opened: all faults at once. */
import { refuseEphemeral } from '@sluice/host/ephemeral';
import { hostLayout } from '@sluice/host/layout';
import { parseListen } from '@sluice/host/listen-address';
import { readGitopsInputs } from '@sluice/gitops/inputs';
import { findEngineFaults } from '@sluice/inference/engines/engine';
import { parseServingLease } from '@sluice/inference/gpus/lease-request';
import {
  DEFAULT_ANALYSIS,
  DEFAULT_KAYENTA_ANALYSIS,
  type LiveQuery,
  type LiveRule,
} from '@sluice/rollout/live-rules';
import { strangers, unread } from '@sluice/rollout/other-target';
import { foreignQueries } from '@sluice/rollout/query-evidence';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import type { Step } from '@sluice/rollout/steps';
import { courseOf } from '@sluice/rollout/strategies';
import { parseWarmUp, type WarmUp } from '@sluice/rollout/warm';
import { ConfigError } from '@sluice/runtime/errors';
import { formatDuration, parseDuration } from '@sluice/runtime/units';
import { hostInputs } from './host/inputs.ts';
import type { LoadedCases } from './suites.ts';
import type { Inputs } from './inputs.gen.ts';
import { rulesFor } from './judge.ts';
import { wavesOf, type Wave } from './waves.ts';
import { parseWorkload } from '@sluice/rollout/kubernetes/names';

export interface CheckedInputs {
  steps: Step[];
  rules: LiveRule[];
  /** PromQL metrics that rules name. */
  queries: LiveQuery[];
  suites: LoadedCases;
  /** Clusters in their order; one wave of at most one where there are not several. */
  waves: Wave[];
  warmUp: Pick<WarmUp, 'requests' | 'durationMs'>;
  maxDurationMs: number;
}

const HALF_HOUR_MS = 30 * 60_000;

/** @throws ConfigError with every fault */
export function checkInputs(inputs: Inputs, env: NodeJS.ProcessEnv): Omit<CheckedInputs, 'suites'> {
  const faults: string[] = [];
  if (inputs.target === 'kubernetes') checkKubernetes(inputs, env, faults);
  else checkHost(inputs, env, faults);
  const steps = collect(faults, () => courseOf(inputs)) ?? [];
  faults.push(...verifyFaults(inputs));
  const { rules, queries } = checkRules(inputs, faults);
  faults.push(...comparedFaults(rules, inputs));
  if (inputs.target === 'kubernetes') checkEvidence(inputs, queries, faults);
  const { waves, faults: waveFaults } = wavesOf(inputs);
  faults.push(...waveFaults);
  if (inputs.apply === 'gitops' && waves.flatMap(({ clusters }) => clusters).length > 1)
    faults.push(
      'inputs `apply: gitops` and several clusters: a repository has a path a cluster; give each a step',
    );
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
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    steps,
    rules,
    queries,
    waves,
    warmUp: warmUp ?? { requests: 3, durationMs: null },
    maxDurationMs: inputs.maxDuration ?? 2 * holds + HALF_HOUR_MS,
  };
}

function checkHost(inputs: Inputs, env: NodeJS.ProcessEnv, faults: string[]): void {
  const ephemeral = refuseEphemeral(env);
  if (ephemeral !== undefined) faults.push(ephemeral);
  collect(faults, () => parseListen(inputs.listen));
  collect(faults, () => hostLayout(inputs.stateDir ?? '/', hostInputs(inputs).service));
  faults.push(...strangers(inputs, KUBERNETES_ONLY, 'kubernetes', 'host'));
  if (inputs.operation !== 'deploy') return;
  if (inputs.modelPath === undefined) {
    faults.push(
      'input `model-path` is required with `operation: deploy`; give the file or folder that model-pull output as `path`',
    );
  }
  faults.push(...findEngineFaults(inputs));
  const lease = inputs.gpuLease === undefined ? undefined : parseServingLease(inputs.gpuLease);
  if (typeof lease === 'string') faults.push(lease);
}

/** Of `apply: gitops`. */
const GITOPS = ['gitopsRepository', 'gitopsBranch', 'gitopsPath', 'gitopsMode', 'gitopsToken'] as const;

/** Inputs that say nothing to the other target: never ignored. */
const KUBERNETES_ONLY = [
  ...([
    'kubeconfig',
    'context',
    'waves',
    'namespace',
    'workload',
    'image',
    'set',
    'manifest',
    'values',
  ] as const),
  ...(['traffic', 'route', 'prometheus', 'gpuSurge', 'apply'] as const),
  ...GITOPS,
];
const HOST_ONLY = [
  'stateDir',
  'modelPath',
  'engineArgs',
  'engineCommand',
  'adapterPath',
  'gpuLease',
] as const;

function checkKubernetes(inputs: Inputs, env: NodeJS.ProcessEnv, faults: string[]): void {
  faults.push(...strangers(inputs, HOST_ONLY, 'host', 'kubernetes'));
  if (inputs.apply === 'gitops') collect(faults, () => readGitopsInputs(inputs, env));
  else faults.push(...unread(inputs, GITOPS, 'apply: gitops'));
  if (inputs.workload === undefined && inputs.manifest === undefined)
    faults.push('input `workload` is required with `target: kubernetes`, such as deployment/llm');
  if (inputs.workload !== undefined) collect(faults, () => parseWorkload(inputs.workload ?? ''));
  const changes = [inputs.image, inputs.set, inputs.manifest ?? []].filter((value) => value.length > 0);
  if (inputs.operation === 'deploy' && changes.length === 0)
    faults.push(
      'nothing to deploy: give `image` (container=image), `set` (fields) or `manifest` (a model deployment or Kubernetes YAML)',
    );
}

function checkEvidence(inputs: Inputs, queries: readonly LiveQuery[], faults: string[]): void {
  const { operation, strategy, prometheus, probe } = inputs;
  if (operation !== 'deploy' || !comparing(inputs) || prometheus !== undefined || probe.length > 0) return;
  if (foreignQueries(queries).length === 0)
    faults.push(
      `input \`prometheus\` or \`probe\` is required with \`target: kubernetes\` and \`strategy: ${strategy}\`: a rollout by evidence needs somebody who counts (\`query:\` lines in \`analysis\` may ask another system), or questions of your own; \`strategy: rolling\` goes by health alone`,
    );
}

/** By rules over both versions; `rolling`, and `blue-green` unless it is asked for more, go by health. */
function comparing({ strategy, analysis, probe }: Inputs): boolean {
  if (strategy === 'blue-green') return analysis !== undefined || probe.length > 0;
  return strategy !== 'rolling';
}

/** `rolling` has no stable version beside the new one: only absolute rules make sense, and none is asked by default. */
function checkRules(inputs: Inputs, faults: string[]): { rules: LiveRule[]; queries: LiveQuery[] } {
  const rolling = inputs.strategy === 'rolling';
  if (inputs.analysis === undefined && !comparing(inputs)) return { rules: [], queries: [] };
  const stable = rolling ? { because: '`strategy: rolling` moves all traffic at once' } : (true as const);
  const usual = inputs.judge === 'kayenta' ? DEFAULT_KAYENTA_ANALYSIS : DEFAULT_ANALYSIS;
  const prometheus = inputs.prometheus !== undefined;
  const parsed = parseLiveRules(inputs.analysis ?? usual, {
    ...{ input: 'analysis', stable, prometheus },
    optional: inputs.analysis === undefined,
    perVersion: inputs.target === 'kubernetes',
  });
  const asked = rulesFor(inputs, parsed.rules, faults);
  faults.push(...parsed.faults);
  const decide = decideRule(inputs, faults);
  return { rules: [...asked, ...decide.rules], queries: [...parsed.queries, ...decide.queries] };
}

/** One rule chooses: what two rules of different minds say of the winner is no decision. */
function decideRule(
  { decide, prometheus }: Inputs,
  faults: string[],
): { rules: LiveRule[]; queries: LiveQuery[] } {
  if (decide === undefined) return { rules: [], queries: [] };
  const options = { input: 'decide', stable: true, prometheus: prometheus !== undefined } as const;
  const parsed = parseLiveRules(decide, options);
  faults.push(...parsed.faults);
  const [rule] = parsed.rules;
  const fine = parsed.rules.length === 1 && rule?.test.kind === 'relative' && !rule.warn;
  if (parsed.faults.length === 0 && !fine)
    faults.push(
      `input \`decide\` = ${JSON.stringify(decide)} must be one rule that compares both versions, such as \`ttft_ms better-than stable by 5%\` (kept: the new version wins; broken: the stable one)`,
    );
  return { rules: parsed.rules.map((each) => ({ ...each, decides: true })), queries: parsed.queries };
}

/** Metrics of the probe need one, and a judge where a judge gives them. */
function comparedFaults(
  rules: readonly LiveRule[],
  { probe, judgeEndpoint, judgeModel, judgeToken }: Inputs,
): string[] {
  const asked = (metric: string): boolean => rules.some((rule) => rule.metric === metric);
  const faults: string[] = [];
  if ((asked('answer_similarity') || asked('judge.win_rate')) && probe.length === 0)
    faults.push(
      'a rule asks how answers of both versions compare, and nobody asks them the same questions: give `probe`, a suite',
    );
  if (asked('judge.win_rate') && judgeEndpoint === undefined)
    faults.push('a rule asks `judge.win_rate`: give `judge-endpoint`, the address of the model that judges');
  for (const [name, value] of Object.entries({ 'judge-model': judgeModel, 'judge-token': judgeToken }))
    if (value !== undefined && judgeEndpoint === undefined)
      faults.push(`input \`${name}\` is only read beside \`judge-endpoint\`; give that, or leave it out`);
  if (judgeEndpoint !== undefined && probe.length === 0)
    faults.push('input `judge-endpoint` judges the answers to `probe`; give a suite there, or leave it out');
  return faults;
}

function verifyFaults({ strategy, verify }: Inputs): string[] {
  if (strategy !== 'shadow' || verify.length === 0) return [];
  return [
    'input `verify` asks the public route after 100 %, and `strategy: shadow` moves no traffic; use `probe`, which asks both versions themselves',
  ];
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
