/** llama.cpp through node-llama-cpp, loaded at run time from the folder that the installer made. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ServerFlags } from './flags.ts';

/** Those parts of node-llama-cpp 3.21 that are used; the library is no dependency of the bundle. */
type Token = number;
interface LlamaSequence {
  evaluate(tokens: Token[], options: SamplingOptions): AsyncGenerator<Token, void>;
  clearHistory(): Promise<void>;
}
interface LlamaContext {
  readonly contextSize: number;
  getSequence(): LlamaSequence;
}
interface LlamaModel {
  readonly trainContextSize: number;
  readonly tokens: {
    bos: Token | null;
    bosString: string | null;
    eosString: string | null;
    shouldPrependBosToken: boolean;
  };
  readonly fileInfo: { metadata: { tokenizer?: { chat_template?: unknown } } };
  tokenize(text: string, specialTokens: boolean): Token[];
  detokenize(tokens: readonly Token[], specialTokens?: boolean, lastTokens?: readonly Token[]): string;
  createContext(options: object): Promise<LlamaContext>;
}
interface NodeLlamaCpp {
  getLlama(options: object): Promise<{ loadModel(options: object): Promise<LlamaModel> }>;
}
interface Jinja {
  Template: new (source: string) => { render(values: object): string };
}

export interface SamplingOptions {
  temperature: number;
  topP?: number;
  topK?: number;
  minP?: number;
  seed?: number;
}

export interface ChatMessage {
  role: string;
  content: string;
}

/** One loaded model with its sequences; tokens in, tokens out. */
export interface LlamaEngine {
  /** Tokens of one sequence: prompt and answer together. */
  readonly contextSize: number;
  readonly hasChatTemplate: boolean;
  tokenizePrompt(prompt: string): number[];
  /** Throws when the template refuses the messages. */
  renderChat(messages: readonly ChatMessage[]): string;
  /** The text that `tokens` add after `before`; ends in U+FFFD while a character is incomplete. */
  textOf(tokens: readonly number[], before: readonly number[]): string;
  /** Samples tokens until the model ends its answer; stop by leaving the loop. `slot` is 0 … parallel-1. */
  generate(slot: number, tokens: number[], sampling: SamplingOptions): AsyncGenerator<number, void>;
}

const DEFAULT_CONTEXT = 4096;

/** Loads the model; throws what llama.cpp throws. */
export async function loadLlama(folder: string, flags: ServerFlags): Promise<LlamaEngine> {
  const library = (await importFrom(folder, 'node-llama-cpp/dist/index.js')) as NodeLlamaCpp;
  const llama = await library.getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    maxThreads: flags.threads,
    logLevel: 'warn',
    logger: (level: string, message: string) =>
      void process.stderr.write(`llama.cpp ${level}: ${message.trim()}\n`),
  });
  const model = await llama.loadModel({ modelPath: flags.model });
  const context = await model.createContext({
    contextSize: flags.ctx ?? Math.min(model.trainContextSize, DEFAULT_CONTEXT),
    sequences: flags.parallel,
    threads: flags.threads,
  });
  const sequences = Array.from({ length: flags.parallel }, () => context.getSequence());
  const template = model.fileInfo.metadata.tokenizer?.chat_template;
  const chat = typeof template === 'string' ? await compileTemplate(folder, template) : undefined;
  const { bos, bosString, eosString, shouldPrependBosToken } = model.tokens;

  return {
    contextSize: flags.ctx ?? context.contextSize,
    hasChatTemplate: chat !== undefined,
    tokenizePrompt(prompt) {
      // Special tokens in the text count as such, as in llama.cpp's own server.
      const tokens = model.tokenize(prompt, true);
      return bos !== null && shouldPrependBosToken && tokens[0] !== bos ? [bos, ...tokens] : tokens;
    },
    renderChat(messages) {
      if (chat === undefined) throw new Error('the model has no chat template');
      return chat.render({
        messages,
        add_generation_prompt: true,
        bos_token: bosString ?? '',
        eos_token: eosString ?? '',
        tools: null,
      });
    },
    textOf: (tokens, before) => model.detokenize(tokens, false, before),
    async *generate(slot, tokens, sampling) {
      const sequence = sequences[slot];
      if (sequence === undefined) throw new Error(`there is no slot ${slot}`);
      // Nothing of the request before may be reused: time to the first token would not be real.
      await sequence.clearHistory();
      yield* sequence.evaluate(tokens, sampling);
    },
  };
}

async function compileTemplate(
  folder: string,
  source: string,
): Promise<{ render(values: object): string } | undefined> {
  const { Template } = (await importFrom(folder, '@huggingface/jinja/dist/index.js')) as Jinja;
  try {
    return new Template(source);
  } catch (error) {
    process.stderr.write(`the model's chat template can't be read, chat is off: ${String(error)}\n`);
    return undefined;
  }
}

function importFrom(folder: string, path: string): Promise<unknown> {
  const url = pathToFileURL(join(folder, 'node_modules', ...path.split('/'))).href;
  return import(/* webpackIgnore: true */ url);
}
