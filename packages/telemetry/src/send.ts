/** Sends a step's figures to every address of `telemetry`. What can't be delivered is a warning: it changes no verdict. */
import { request } from '@sluice/http/client';
import { readRecord } from '@sluice/release/record';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';
import { headersOf, otlpRequest, rejectedBy } from './otlp.ts';
import { pointsOf, type Point, type StepEnd } from './points.ts';
import { groupPath, prometheusText } from './pushgateway.ts';
import { parseTelemetry, type TelemetryTarget } from './target.ts';

/** A receiver that is down must not hold a job up. */
const PATIENCE_MS = 15_000;
const RETRIES = 2;

/**
 * The targets, each once, with their logins masked.
 *
 * @throws ConfigError with every fault, none of them with a value
 */
export function readTelemetry(
  given: readonly string[],
  addSecret: (value: string) => void,
): TelemetryTarget[] {
  const faults: string[] = [];
  const targets = new Map<string, TelemetryTarget>();
  given.forEach((entry, index) => {
    const parsed = parseTelemetry(entry);
    if ('fault' in parsed) faults.push(`input \`telemetry\`, entry ${index + 1}, ${parsed.fault}`);
    else targets.set(JSON.stringify(parsed.target), parsed.target);
  });
  if (faults.length > 0) throw new ConfigError(faults);
  for (const { authorization } of targets.values()) {
    if (authorization === undefined) continue;
    addSecret(authorization.replace('Basic ', ''));
    const password = Buffer.from(authorization.slice(6), 'base64')
      .toString()
      .replace(/^[^:]*:/u, '');
    if (password !== '') addSecret(password);
  }
  return [...targets.values()];
}

export interface Sending extends Omit<StepEnd, 'stages' | 'endedAt'> {
  /** Whose stages of this step are told. */
  releaseRecord: string;
}

export async function sendTelemetry(
  targets: readonly TelemetryTarget[],
  { releaseRecord, ...step }: Sending,
  context: { env: NodeJS.ProcessEnv; log: Logger; addSecret: (value: string) => void },
): Promise<void> {
  const end: StepEnd = { ...step, endedAt: Date.now(), stages: await stagesOf(releaseRecord, step) };
  const points = pointsOf(end);
  await Promise.all(targets.map((target) => deliver(target, end, points, context)));
}

/** Those that this step appended; a record that can't be read has said so elsewhere. */
async function stagesOf(
  path: string,
  { action, run, startedAt }: Omit<Sending, 'releaseRecord'>,
): Promise<StepEnd['stages']> {
  try {
    const stages = (await readRecord(path))?.stages ?? [];
    return stages.filter(
      (stage) =>
        stage.action === action &&
        stage.run.id === run.id &&
        stage.run.attempt === run.attempt &&
        Date.parse(stage.at) >= startedAt,
    );
  } catch {
    return [];
  }
}

async function deliver(
  target: TelemetryTarget,
  end: StepEnd,
  points: readonly Point[],
  { env, log, addSecret }: { env: NodeJS.ProcessEnv; log: Logger; addSecret: (value: string) => void },
): Promise<void> {
  const { host } = new URL(target.url);
  try {
    const headers = {
      ...(target.authorization === undefined ? {} : { authorization: target.authorization }),
    };
    const options = {
      retries: RETRIES,
      stallTimeoutMs: PATIENCE_MS / 2,
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirects: 'manual' as const,
    };
    if (target.kind === 'pushgateway') {
      const response = await request(`${target.url}${groupPath(end)}`, {
        ...options,
        method: 'PUT',
        body: prometheusText(points),
        headers: { ...headers, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
      });
      refuse(response.status, await response.text());
    } else {
      const own = headersOf(env['OTEL_EXPORTER_OTLP_HEADERS']);
      for (const value of Object.values(own)) addSecret(value);
      const response = await request(target.url, {
        ...options,
        method: 'POST',
        body: JSON.stringify(otlpRequest(points, end, end.endedAt)),
        headers: { ...own, ...headers, 'content-type': 'application/json' },
      });
      const said = await response.text();
      refuse(response.status, said);
      const rejected = rejectedBy(asJson(said));
      if (rejected !== undefined) throw new Error(rejected);
    }
    log.info(`telemetry ${target.kind} at ${host}: ${points.length} points sent`);
  } catch (error) {
    log.warning(`telemetry ${target.kind} at ${host}: nothing was recorded there: ${describeError(error)}`);
  }
}

function refuse(status: number, said: string): void {
  if (status >= 300) throw new Error(`HTTP ${status}: ${said.trim().slice(0, 200)}`);
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
