/** What the code that starts model servers shares: what is asked for, and what is to be run. */
import type { Logger } from '@sluice/runtime/logger';
import type { Cause } from './startup-cause.ts';

export const SERVER_NAMES = ['vllm', 'sglang', 'tgi', 'llama-server', 'ollama', 'triton'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];
export type EngineName = 'embedded' | 'command' | ServerName;

/** What every engine has a flag of its own for. */
export interface EngineSettings {
  /** Tokens that prompt and answer may have together. */
  contextLength?: number | undefined;
  /** GPUs that the weights are split over. */
  tensorParallel?: number | undefined;
}

export interface EngineRequest extends EngineSettings {
  engine: EngineName;
  /** A GGUF file, or a folder that holds exactly one (embedded, llama-server); whatever the engine understands otherwise. */
  modelPath: string;
  /** undefined: the engine's own way to name it, else by the path. */
  modelName?: string | undefined;
  /** A LoRA adapter. */
  adapterPath?: string | undefined;
  engineArgs: readonly string[];
  engineCommand?: readonly string[] | undefined;
  /** A number, or '{port}' where a supervisor picks it later, and `{spare-port-1}` and so on besides. */
  port: number | '{port}';
  /** Absolute path of the JS file whose roles `embedded-server` and `ollama-server` serve. */
  bundle: string;
  /** A folder for what the engine keeps on disk while it runs. */
  scratch: string;
}

export interface Launch {
  command: string;
  args: string[];
  env: Record<string, string>;
  healthPath: string;
  /** The unit's `engine`: name@version. */
  engine: string;
  /** What requests call the model by. */
  modelName: string;
  /** Why this engine fails to start, by its log; before the causes that all share. */
  causes: readonly Cause[];
  /** Its list of models stands in for a health page that isn't there. */
  lenientHealth: boolean;
  /** Where its metrics are, when not at `/metrics` of its port. */
  metricsUrl?: string;
}

export interface EngineContext {
  log: Logger;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
}
