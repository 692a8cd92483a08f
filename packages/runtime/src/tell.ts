/** Everybody outside who is told of a step: news by `notify`, figures by `telemetry`. Loaded only where somebody is. */
import type { Judgement } from './conclude.ts';
import type { RunIdentity } from './definition.ts';
import type { CommonInputs } from './inputs.ts';
import type { Logger } from './logger.ts';
import { addSecret } from './secrets.ts';

export interface Audience {
  /** Of a step under way; collected, so that whatever is slow out there holds nothing up here. */
  step: (text: string) => void;
  /** Of the end, after all steps were told. */
  end: (judged: Judgement, outputs: Readonly<Record<string, string>>) => Promise<void>;
}

export interface Teller {
  action: string;
  env: NodeJS.ProcessEnv;
  log: Logger;
  run: RunIdentity;
  startedAt: number;
}

/**
 * undefined for nobody. Wrong addresses are told with the other inputs, not when there is news.
 *
 * @throws ConfigError
 */
export async function openAudience(inputs: CommonInputs, teller: Teller): Promise<Audience | undefined> {
  if (inputs.notify.length === 0 && inputs.telemetry.length === 0) return undefined;
  const { action, env, log, run, startedAt } = teller;
  const step = [env['GITHUB_JOB'], env['GITHUB_ACTION']].filter(Boolean).join('/');
  const [news, figures] = [await openNews(inputs), await openTelemetry(inputs)];
  if (inputs.validate) return undefined;
  const context = { env, log, addSecret };
  const pending: Promise<void>[] = [];
  return {
    step(text) {
      if (news !== undefined)
        pending.push(news.notifyStep(news.targets, inputs.notifyOn, { action, step, run, text }, context));
    },
    async end(judged, outputs) {
      const { repository } = run;
      const { releaseRecord } = inputs;
      await Promise.all([
        ...pending,
        news?.notify(news.targets, inputs.notifyOn, { action, ...judged, outputs, step, run }, context),
        figures?.sendTelemetry(
          figures.targets,
          { ...{ action, step, repository, run, startedAt, outputs, releaseRecord }, ...judged },
          context,
        ),
      ]);
    },
  };
}

async function openNews({ notify: given, notifyOn }: CommonInputs) {
  if (given.length === 0) return undefined;
  const { notify, notifyStep, readTargets } = await import('@sluice/notify/send');
  return { notify, notifyStep, targets: readTargets(given, notifyOn, addSecret) };
}

async function openTelemetry({ telemetry }: CommonInputs) {
  if (telemetry.length === 0) return undefined;
  const { readTelemetry, sendTelemetry } = await import('@sluice/telemetry/send');
  return { sendTelemetry, targets: readTelemetry(telemetry, addSecret) };
}
