/**
 * Several clusters, one after another: every one is looked at before the first is touched, and the first that fails ends it.
 * Those before keep the new version, those after were never touched; both are named.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError, describeError, GateError, InfraError } from '@sluice/runtime/errors';
import { formatDuration, parseDuration } from '@sluice/runtime/units';
import type { CheckedInputs } from './checks.ts';
import type { Inputs } from './inputs.gen.ts';

export interface Wave {
  /** Contexts of the kubeconfig. */
  clusters: string[];
  /** How long its users are waited for before the next wave. */
  holdMs: number;
}

/** `waves`: a line each, clusters and, at its end, a time (`eu-canary 30m`); else the clusters of `context` as one. Pure. */
export function wavesOf(inputs: Pick<Inputs, 'waves' | 'context'>): { waves: Wave[]; faults: string[] } {
  const faults: string[] = [];
  const waves = inputs.waves.map((line): Wave => {
    const words = line.split(/[\s,]+/u).filter((word) => word !== '');
    const holdMs = words.length > 1 ? parseDuration(words.at(-1) ?? '') : undefined;
    if (holdMs !== undefined) words.pop();
    return { clusters: words, holdMs: holdMs ?? 0 };
  });
  if (waves.length === 0) return { waves: [{ clusters: [...inputs.context], holdMs: 0 }], faults };
  if (inputs.context.length > 0)
    faults.push('inputs `waves` and `context` both name clusters; give one of them');
  const all = waves.flatMap(({ clusters }) => clusters);
  for (const name of new Set(all.filter((one, index) => all.indexOf(one) !== index)))
    faults.push(`input \`waves\` names the cluster ${name} twice`);
  return { waves, faults };
}

type RunOne = (inputs: Inputs, context: ActionContext) => Promise<ActionResult>;

interface Done {
  cluster: string;
  result: ActionResult;
}

/** @param runOne the operation on one cluster */
export async function runWaves(
  inputs: Inputs,
  checked: Pick<CheckedInputs, 'waves'>,
  context: ActionContext,
  runOne: RunOne,
): Promise<ActionResult> {
  const { log } = context;
  const { waves } = checked;
  const all = waves.flatMap(({ clusters }) => clusters);
  const on = (cluster: string, changes: Partial<Inputs> = {}): Promise<ActionResult> => {
    const outputs = { ...context, setOutput: () => undefined };
    return named(cluster, () => runOne({ ...inputs, ...changes, waves: [], context: [cluster] }, outputs));
  };
  if (inputs.operation !== 'deploy') return everywhere(all, on, inputs.operation);
  for (const cluster of all) {
    log.info(`${cluster}: is it fine to begin?`);
    const looked = await on(cluster, { dryRun: true });
    if (inputs.dryRun) log.info(looked.reasons.join('\n'));
  }
  if (inputs.dryRun)
    return {
      verdict: 'pass',
      reasons: [`dry-run: ${all.length} clusters could be deployed to; nothing was touched`],
      outputs: {},
    };
  const done: Done[] = [];
  for (const [index, { clusters, holdMs }] of waves.entries()) {
    for (const cluster of clusters) {
      log.info(`wave ${index + 1} of ${waves.length}: ${cluster}`);
      let result: ActionResult;
      try {
        result = await on(cluster);
      } catch (error) {
        throw alsoSaying(error, (fault) => [fault, ...rest(done, all, cluster)].join('; '));
      }
      done.push({ cluster, result });
      if (result.verdict !== 'pass') return together(context, done, rest(done.slice(0, -1), all, cluster));
    }
    if (holdMs === 0 || index === waves.length - 1) continue;
    log.info(`wave ${index + 1} is done; ${formatDuration(holdMs)} until the next`);
    await sleep(holdMs, undefined, { signal: context.signal });
  }
  return together(context, done, []);
}

/** Whatever one says, the others are asked: an abort is meant for all. */
async function everywhere(
  all: readonly string[],
  on: (cluster: string) => Promise<ActionResult>,
  operation: string,
): Promise<ActionResult> {
  const done: Done[] = [];
  const faults: string[] = [];
  for (const cluster of all)
    try {
      done.push({ cluster, result: await on(cluster) });
    } catch (error) {
      faults.push(describeError(error));
    }
  const told = done.flatMap(({ cluster, result }) => result.reasons.map((reason) => `${cluster}: ${reason}`));
  if (faults.length > 0)
    throw new InfraError([`${operation} was not done everywhere`, ...faults, ...told].join('; '));
  const worst = done.find(({ result }) => result.verdict !== 'pass')?.result ?? done[0]?.result;
  return { verdict: 'pass', outputs: {}, ...worst, reasons: told };
}

function together(context: ActionContext, done: readonly Done[], rest: readonly string[]): ActionResult {
  const last = done.at(-1)?.result;
  const clusters = done.map(({ cluster, result: { verdict, outputs } }) => ({
    cluster,
    verdict,
    stable: outputs['stable'] ?? '',
    weight: outputs['weight'] ?? '',
  }));
  const outputs = { ...last?.outputs, clusters: JSON.stringify(clusters) };
  for (const [name, value] of Object.entries(outputs)) context.setOutput(name, value);
  const summaries = done.flatMap(({ cluster, result: { summary } }) =>
    summary === undefined ? [] : [`### ${cluster}\n\n${summary}`],
  );
  return {
    ...{ verdict: 'pass' as const, ...last },
    reasons: [
      ...done.flatMap(({ cluster, result }) => result.reasons.map((reason) => `${cluster}: ${reason}`)),
      ...rest,
    ],
    outputs,
    summary: summaries.join('\n\n'),
  };
}

/** Of the clusters beside the one that failed. */
function rest(before: readonly Done[], all: readonly string[], failed: string): string[] {
  const had = before.map(({ cluster }) => cluster);
  const left = all.slice(all.indexOf(failed) + 1);
  return [
    ...(had.length === 0 ? [] : [`${had.join(', ')} ${had.length === 1 ? 'has' : 'have'} the new version`]),
    ...(left.length === 0 ? [] : [`not begun: ${left.join(', ')}`]),
  ];
}

/** An error says which cluster it is of. */
async function named<T>(cluster: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw alsoSaying(error, (fault) => `${cluster}: ${fault}`);
  }
}

/** Its class says how the step ends, and stays. */
function alsoSaying(error: unknown, say: (fault: string) => string): unknown {
  if (error instanceof ConfigError) return new ConfigError(error.faults.map(say));
  if (error instanceof GateError) return new GateError(say(error.message), { cause: error });
  return new InfraError(say(describeError(error)), { cause: error });
}
