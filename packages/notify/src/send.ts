/** Sends news to everybody who asked for it. What can't be delivered is a warning: it changes no verdict. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from '@sluice/http/client';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import { errnoCode } from '@sluice/runtime/files';
import type { Logger } from '@sluice/runtime/logger';
import { eventFaults, newsOf, newsOfStep, type Ended, type News, type Step } from './news.ts';
import { payloadFor } from './payloads.ts';
import { parseTarget, secretsOf, type NotifyTarget } from './target.ts';

/** A receiver that is down must not hold a job up. */
const PATIENCE_MS = 15_000;
const RETRIES = 2;

/**
 * The targets, each once, with their secrets masked.
 *
 * @throws ConfigError with every fault of `notify` and `notify-on`, none of them with a value
 */
export function readTargets(
  notify: readonly string[],
  notifyOn: readonly string[],
  addSecret: (value: string) => void,
): NotifyTarget[] {
  const faults = eventFaults(notifyOn);
  const targets = new Map<string, NotifyTarget>();
  notify.forEach((given, index) => {
    const parsed = parseTarget(given);
    if ('fault' in parsed) faults.push(`input \`notify\`, entry ${index + 1}, ${parsed.fault}`);
    else targets.set(JSON.stringify(parsed.target), parsed.target);
  });
  if (faults.length > 0) throw new ConfigError(faults);
  const all = [...targets.values()];
  for (const target of all) secretsOf(target).forEach(addSecret);
  return all;
}

export async function notify(
  targets: readonly NotifyTarget[],
  wanted: readonly string[],
  ended: Ended,
  context: { env: NodeJS.ProcessEnv; log: Logger },
): Promise<void> {
  await send(targets, newsOf(ended, wanted), context);
}

/** News of a step under way. */
export async function notifyStep(
  targets: readonly NotifyTarget[],
  wanted: readonly string[],
  step: Step,
  context: { env: NodeJS.ProcessEnv; log: Logger },
): Promise<void> {
  await send(targets, newsOfStep(step, wanted), context);
}

async function send(
  targets: readonly NotifyTarget[],
  news: News | undefined,
  context: { env: NodeJS.ProcessEnv; log: Logger },
): Promise<void> {
  if (news === undefined) return;
  await Promise.all(targets.map((target) => deliver(target, news, context)));
}

async function deliver(
  target: NotifyTarget,
  news: News,
  { env, log }: { env: NodeJS.ProcessEnv; log: Logger },
): Promise<void> {
  const { host } = new URL(target.url);
  try {
    if (!(await isFirst(target, news, env))) {
      log.info(`notify ${target.kind} at ${host}: told already in this run`);
      return;
    }
    const { body, headers } = payloadFor(target, news, new Date());
    const response = await request(target.url, {
      method: 'POST',
      body,
      headers,
      retries: RETRIES,
      stallTimeoutMs: PATIENCE_MS / 2,
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirects: 'manual',
    });
    const said = await response.text();
    if (response.status >= 300) throw new Error(`HTTP ${response.status}: ${said.trim().slice(0, 200)}`);
    log.info(`notify ${target.kind} at ${host}: told (${news.events.join(', ')})`);
  } catch (error) {
    // The path of an address is mostly its key.
    const why = secretsOf(target).reduce(
      (text, secret) => text.replaceAll(secret, '***'),
      describeError(error),
    );
    log.warning(`notify ${target.kind} at ${host}: it was not told: ${why}`);
  }
}

/** Steps of one job that say the same say it once: a file in the job's own folder remembers. */
async function isFirst(target: NotifyTarget, news: News, env: NodeJS.ProcessEnv): Promise<boolean> {
  const folder = env['RUNNER_TEMP'] ?? '';
  if (folder === '') return true;
  const what = JSON.stringify([target, news.key, news.run.attempt, news.events, news.reasons]);
  const name = `sluice-told-${createHash('sha256').update(what).digest('hex').slice(0, 32)}`;
  try {
    await writeFile(join(folder, name), '', { flag: 'wx' });
    return true;
  } catch (error) {
    return errnoCode(error) !== 'EEXIST';
  }
}
