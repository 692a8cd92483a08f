/**
 * Where each protocol keeps what a hostile request changes, and where its servers differ in what they refuse. Only what a
 * protocol's servers agree on is demanded: llama.cpp answers `temperature: "hot"` with 200, vLLM with 400, and both are
 * right about it as long as they live; a body that is no JSON is refused by all.
 */
import type { Protocol } from '../suites/types.ts';
import type { Demand, Path } from './types.ts';

export interface Profile {
  /** The question's own key at the top of the body. */
  input: Path;
  maxTokens?: Path;
  temperature?: Path;
  stop?: Path;
  model?: Path;
  /** A message's role, of protocols with messages. */
  role?: Path;
  /** OpenAI's further keys: n, stream, logit_bias, response_format. */
  isOpenAi?: true;
  demands: {
    /** The question has another type. */
    inputType: Demand;
    inputMissing: Demand;
    negativeTokens: Demand;
    overlong: Demand;
    unknownModel: Demand;
    /** A body that is no JSON. */
    broken: Demand;
  };
}

const STRICT: Profile['demands'] = {
  inputType: 'refused',
  inputMissing: 'refused',
  negativeTokens: 'refused',
  overlong: 'refused',
  unknownModel: 'handled',
  broken: 'refused',
};

/** Protocols that aren't named here are asked only what any server can be asked. */
export const PROFILES: Readonly<Partial<Record<string, Profile>>> = {
  'openai-chat': {
    input: ['messages'],
    role: ['messages', 0, 'role'],
    maxTokens: ['max_tokens'],
    temperature: ['temperature'],
    stop: ['stop'],
    model: ['model'],
    isOpenAi: true,
    demands: STRICT,
  },
  'openai-completions': {
    input: ['prompt'],
    maxTokens: ['max_tokens'],
    temperature: ['temperature'],
    stop: ['stop'],
    model: ['model'],
    isOpenAi: true,
    demands: STRICT,
  },
  tgi: {
    input: ['inputs'],
    maxTokens: ['parameters', 'max_new_tokens'],
    temperature: ['parameters', 'temperature'],
    stop: ['parameters', 'stop'],
    demands: STRICT,
  },
  // Ollama cuts what is too long, reads a chat without messages as "load the model", and takes -1 as "without limit".
  ollama: {
    input: ['messages'],
    role: ['messages', 0, 'role'],
    temperature: ['options', 'temperature'],
    maxTokens: ['options', 'num_predict'],
    model: ['model'],
    demands: {
      ...STRICT,
      inputMissing: 'handled',
      negativeTokens: 'survived',
      overlong: 'handled',
      unknownModel: 'refused',
    },
  },
  // What a model does with its parameters is the model's own affair.
  'open-inference-v2': {
    input: ['text_input'],
    maxTokens: ['parameters', 'max_tokens'],
    temperature: ['parameters', 'temperature'],
    demands: { ...STRICT, inputType: 'handled', negativeTokens: 'survived', overlong: 'handled' },
  },
};

/** Of a server that nobody described: it may do anything with a request, but not die of it. */
export const ANY_SERVER: Pick<Profile, 'demands'> = {
  demands: {
    inputType: 'handled',
    inputMissing: 'handled',
    negativeTokens: 'handled',
    overlong: 'survived',
    unknownModel: 'handled',
    broken: 'handled',
  },
};

/** Why a protocol's requests have no such key, for the reader of the report. */
export function whyNone(protocol: Protocol, key: string): string {
  return `${protocol} has no key for ${key}`;
}
