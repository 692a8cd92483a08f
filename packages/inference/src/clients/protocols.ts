/** All protocols: from a question to its request, and how the answer is read. */
import type { Protocol, TestOptions } from '../suites/types.ts';
import { ollamaBody, OLLAMA } from './ollama.ts';
import { openInferenceRequest, OPEN_INFERENCE } from './open-inference.ts';
import { buildOpenAi, type BuiltRequest, type Target } from './openai-request.ts';
import { fillRequest, plainDialect, splitRequest } from './plain-http.ts';
import { predictBody, PREDICT, TORCHSERVE } from './predict.ts';
import { tgiBody, TGI } from './tgi.ts';

type Build = (target: Target, prompt: string, options: TestOptions, seed: number | undefined) => BuiltRequest;

const BUILDERS: Readonly<Record<Protocol, Build>> = {
  'openai-chat': (...given) => buildOpenAi('openai-chat', ...given),
  'openai-completions': (...given) => buildOpenAi('openai-completions', ...given),
  tgi: ({ origin }, ...given) => ({
    url: `${origin}/generate_stream`,
    body: record(tgiBody(...given)),
    dialect: TGI,
  }),
  ollama: ({ origin, modelName }, ...given) => ({
    url: `${origin}/api/chat`,
    body: record(ollamaBody(modelName, ...given)),
    dialect: OLLAMA,
  }),
  'open-inference-v2': ({ origin, modelName }, ...given) => {
    const { path, body } = openInferenceRequest(modelName, ...given);
    return { url: `${origin}${path}`, body: record(body), dialect: OPEN_INFERENCE };
  },
  'kserve-v1': ({ origin, modelName }, prompt, options) => predict(origin, modelName, prompt, options),
  'tf-serving': ({ origin, modelName }, prompt, options) => predict(origin, modelName, prompt, options),
  torchserve: ({ origin, modelName }, prompt, options) => ({
    url: `${origin}/predictions/${encodeURIComponent(modelName)}`,
    // A handler gets the bytes as they are; `options.body` is sent as JSON.
    ...(options.body === undefined ? { body: {}, text: prompt } : { body: {} }),
    dialect: TORCHSERVE,
  }),
  http: ({ origin, modelName, http = { request: '{"prompt": {{prompt}}}' } }, prompt, options, seed) => {
    const { max_tokens, temperature, top_p, stop, system } = options;
    const values = {
      prompt,
      model: modelName,
      max_tokens,
      temperature,
      top_p,
      stop,
      system,
      seed: options.seed ?? seed,
    };
    const { path, template } = splitRequest(http.request);
    const body = fillRequest(template, values);
    return {
      url: path === undefined ? origin : new URL(path, origin).href,
      body: record(body),
      dialect: plainDialect(http.response),
    };
  },
};

/** `seed` is used where the case has none; `body` of the options has the last word, key by key. */
export function buildRequest(
  target: Target,
  protocol: Protocol,
  prompt: string,
  options: TestOptions,
  seed: number | undefined,
): BuiltRequest {
  const built = BUILDERS[protocol](target, prompt, options, seed);
  return { ...built, body: { ...built.body, ...options.body } };
}

function predict(origin: string, model: string, prompt: string, options: TestOptions): BuiltRequest {
  const url = `${origin}/v1/models/${encodeURIComponent(model)}:predict`;
  return { url, body: record(predictBody(prompt, options)), dialect: PREDICT };
}

/** Keys without a value are left out, one level down too: servers check types. */
function record(body: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(body)) as Record<string, unknown>;
}
