/** The server under test: a running one, or one that is started here and ended with the step. */
import type { ActionContext } from '@sluice/runtime/action';
import { InfraError } from '@sluice/runtime/errors';
import type { Target } from '@sluice/inference/clients/openai-request';
import type { Inputs } from './inputs.gen.ts';

export interface TestServer {
  target: Target;
  healthPath: string;
  /** Where its metrics are, when not at `/metrics` of its address. */
  metricsUrl?: string | undefined;
  /** The unit's `engine`; null for an endpoint, whose engine nobody told. */
  engine: string | null;
  /** The unit's `image`; null when it is no container. */
  image: string | null;
  /** null: it ran already. */
  startupMs: number | null;
  /** The end of its log; empty for an endpoint. */
  logTail(): Promise<string>;
  /** Why it is gone; undefined while it runs, or when nobody here knows. */
  ended(): Promise<string | undefined>;
  /** Ends what was started here, unless it has to go on. */
  close(): Promise<void>;
}

const DEFAULT_HEALTH = '/health';

/** `prefix` is of the inputs that name it, for messages: with `baseline-` they are `baseline-endpoint` and so on. */
export async function connectServer(
  inputs: Inputs,
  context: ActionContext,
  prefix: '' | 'baseline-' = '',
): Promise<TestServer> {
  const { serverBase } = await import('@sluice/inference/clients/openai-request');
  const { findModelName, whyUnwell } = await import('@sluice/inference/clients/openai-server');
  const http = plainHttp(inputs);
  const origin = http === undefined ? serverBase(inputs.endpoint ?? '') : (inputs.endpoint ?? '');
  const address = { origin, token: inputs.endpointToken, ...(http === undefined ? {} : { http }) };
  const healthPath = inputs.healthPath ?? DEFAULT_HEALTH;
  const asked = { ...address, modelName: inputs.modelName ?? '' };
  const why = await whyUnwell(asked, healthPath, context.signal);
  if (why !== undefined)
    throw new InfraError(`input \`${prefix}endpoint\` = "${origin}": the server isn't well: ${why}`);
  // A plain server isn't asked what it serves: nothing says where it tells.
  const modelName =
    inputs.modelName ??
    (http === undefined
      ? await findModelName(address, context.signal, prefix === '' ? 'model-name' : 'baseline-model')
      : 'model');
  return {
    target: { ...address, modelName },
    healthPath,
    engine: null,
    image: null,
    startupMs: null,
    logTail: () => Promise.resolve(''),
    ended: () => Promise.resolve(undefined),
    close: () => Promise.resolve(),
  };
}

function plainHttp({ protocol, request, response }: Inputs): Target['http'] {
  return protocol === 'http' && request !== undefined ? { request, response } : undefined;
}
