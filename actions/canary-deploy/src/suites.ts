/** The suites of `probe` and `verify`: read before anything is touched, asked while the rollout goes on. */
import type { Case } from '@sluice/inference/suites/types';
import { isUnderWay } from '@sluice/rollout/begin';
import type { DriverOptions } from '@sluice/rollout/driver';
import type { Compare } from '@sluice/rollout/compare-answers';
import type { Prober } from '@sluice/rollout/probe';
import { rolloutData, type Ask } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { Session } from './driving.ts';
import type { Inputs } from './inputs.gen.ts';

/** Empty where the input is. */
export interface LoadedCases {
  probe: readonly Case[];
  verify: readonly Case[];
}

/** @throws ConfigError with file and line, or where a suite has nothing that a model answers */
export async function loadCases(
  inputs: Pick<Inputs, 'probe' | 'verify'>,
  { env, log }: Pick<ActionContext, 'env' | 'log'>,
): Promise<LoadedCases> {
  const base = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const load = async (input: 'probe' | 'verify'): Promise<Case[]> => {
    if (inputs[input].length === 0) return [];
    const { loadSuites } = await import('@sluice/inference/suites/load-suites');
    const suites = await loadSuites(inputs[input], base, input);
    for (const notice of suites.flatMap(({ notices }) => notices)) log.notice(notice);
    const cases = suites.flatMap((suite) => suite.cases).filter(({ kind }) => kind === 'functional');
    if (cases.length === 0)
      throw new ConfigError(
        `input \`${input}\` = "${inputs[input].join(', ')}" has no case that a model has to answer; give one with a prompt and assertions`,
      );
    return cases;
  };
  return { probe: await load('probe'), verify: await load('verify') };
}

/** What asks both versions while the rollout goes on; undefined without `probe`. */
export async function proberOf({ inputs, checked, context, site }: Session): Promise<Prober | undefined> {
  const { probe: cases } = checked.suites;
  if (cases.length === 0) return undefined;
  const { Probe } = await import('@sluice/rollout/probe');
  return new Probe({
    cases,
    protocol: inputs.protocol,
    askerOf: (version) => site.target.askerOf(version),
    modelNameOf: (version) => modelNameOf(site.target, version),
    timeoutMs: ANSWER_MS,
    pauseMs: inputs.interval,
    signal: site.signal,
    compare: await comparerOf(inputs, context, site.signal),
    warn: (text) => context.log.warning(text),
  });
}

async function comparerOf(
  { judgeEndpoint, judgeModel, judgeToken }: Inputs,
  { log }: ActionContext,
  signal: AbortSignal,
): Promise<Compare> {
  const { compareBy } = await import('@sluice/rollout/compare-answers');
  const options = { timeoutMs: ANSWER_MS, signal, warn: (text: string) => log.warning(text) };
  if (judgeEndpoint === undefined) return compareBy(undefined, options);
  const origin = judgeEndpoint.replace(/\/(v1\/?)?$/, '');
  const { askAt } = await import('@sluice/rollout/ask-at');
  const modelName = judgeModel ?? (await firstModel(askAt(origin, undefined, judgeToken)));
  return compareBy({ origin, modelName, token: judgeToken }, options);
}

/** What asks the public route after 100 %; undefined without `verify`. @throws ConfigError where that has no address */
export async function verifierOf({
  inputs,
  checked,
  site,
}: Session): Promise<DriverOptions['verify'] | undefined> {
  const { verify: cases } = checked.suites;
  if (cases.length === 0) return undefined;
  const ask = await routeOf(inputs, site);
  const { verify } = await import('@sluice/rollout/verify');
  return async (state, signal) =>
    verify({
      ...{ cases, ask, signal },
      protocol: inputs.protocol,
      modelName: rolloutData(state).spec?.modelName || (await firstModel(ask)),
      timeoutMs: ANSWER_MS,
      quote: inputs.texts !== 'none',
    });
}

async function routeOf({ verifyEndpoint }: Inputs, site: Session['site']): Promise<Ask> {
  if (verifyEndpoint !== undefined) {
    const { askAt } = await import('@sluice/rollout/ask-at');
    return askAt(verifyEndpoint);
  }
  const ask = await site.publicRoute();
  if (ask === undefined)
    throw new ConfigError(
      'input `verify`: nothing tells at which address users come in; give it in `verify-endpoint`, such as https://llm.example.com',
    );
  return ask;
}

async function modelNameOf(target: Session['site']['target'], version: string): Promise<string> {
  const { versions, rollout } = await target.status();
  const data = rollout !== null && isUnderWay(rollout) ? rolloutData(rollout) : undefined;
  const own = data?.spec?.version === version ? data.spec.modelName : undefined;
  const name = own ?? versions.find((one) => one.version === version)?.spec.modelName ?? '';
  if (name !== '') return name;
  const ask = await target.askerOf(version);
  return ask === undefined ? '' : firstModel(ask);
}

async function firstModel(ask: Ask): Promise<string> {
  const { firstModel: first } = await import('@sluice/rollout/warm');
  return first(ask, ANSWER_MS, new AbortController().signal);
}

/** Of one answer; a case may say otherwise. */
const ANSWER_MS = 60_000;
