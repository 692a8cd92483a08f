/** How Kubernetes tells whether a model server is up, by engine. Pure. */
import { parseDuration } from '@sluice/runtime/units';
import type { EngineName, ModelDeployment, ProbeSpec } from './model-deployment.ts';

interface Paths {
  ready: string;
  live: string;
}

/** Of the engines' own documentation; `/health` where nothing is known, as most have it. */
const PATHS: Readonly<Record<EngineName, Paths>> = {
  vllm: { ready: '/health', live: '/health' },
  sglang: { ready: '/health', live: '/health' },
  tgi: { ready: '/health', live: '/health' },
  'llama-server': { ready: '/health', live: '/health' },
  triton: { ready: '/v2/health/ready', live: '/v2/health/live' },
  ollama: { ready: '/', live: '/' },
  custom: { ready: '/health', live: '/health' },
};

const STARTUP_PERIOD_S = 10;

/** Names of engines in images that people use. */
export function guessEngine(image: string): EngineName | undefined {
  const known: [RegExp, EngineName][] = [
    [/vllm/i, 'vllm'],
    [/sglang/i, 'sglang'],
    [/text-generation-inference/i, 'tgi'],
    [/llama\.?cpp|llama-server/i, 'llama-server'],
    [/tritonserver|triton-inference-server/i, 'triton'],
    [/ollama/i, 'ollama'],
  ];
  return known.find(([pattern]) => pattern.test(image))?.[1];
}

/**
 * Startup waits as long as loading the model may take; only then do the others begin. Liveness is patient: a model server
 * under full load answers late, and ending it would make it worse.
 */
export function probesOf({ spec }: ModelDeployment): Record<string, unknown> {
  const { ready, live } = PATHS[spec.engine ?? guessEngine(spec.image ?? '') ?? 'custom'];
  const startupS = (parseDuration(spec.startupTimeout) ?? 0) / 1000;
  const { startup, readiness, liveness } = spec.probes ?? {};
  const probes = {
    startupProbe: probe(startup, ready, {
      periodSeconds: STARTUP_PERIOD_S,
      timeoutSeconds: 5,
      failureThreshold: Math.max(Math.ceil(startupS / STARTUP_PERIOD_S), 1),
    }),
    readinessProbe: probe(readiness, ready, { periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 }),
    livenessProbe: probe(liveness, live, { periodSeconds: 15, timeoutSeconds: 10, failureThreshold: 8 }),
  };
  return Object.fromEntries(Object.entries(probes).filter(([, value]) => value !== undefined));
}

function probe(
  asked: ProbeSpec | undefined,
  path: string,
  times: Record<string, number>,
): Record<string, unknown> | undefined {
  if (asked === false) return undefined;
  const { path: own, command, ...changed } = asked ?? {};
  const how =
    command === undefined ? { httpGet: { path: own ?? path, port: 'http' } } : { exec: { command } };
  return { ...how, ...times, ...changed };
}
