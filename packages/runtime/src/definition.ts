/** What an action is made of, what its code is handed, and what it gives back. */
import type { Outcome } from './errors.ts';
import type { CommonInputs } from './inputs.ts';
import type { Logger } from './logger.ts';

export interface ActionResult {
  verdict: 'pass' | 'fail' | 'inconclusive';
  /** Only to override the table: inconclusive under the policy `warn` is 'success'. */
  outcome?: Outcome;
  /** One sentence each; printed and put on top of the summary. Escaped here. */
  reasons: string[];
  outputs: Record<string, string>;
  /** Markdown, escaped already. */
  summary?: string;
  /** Path of a report file. */
  report?: string;
}

export interface RunIdentity {
  url: string;
  id: string;
  attempt: number;
  sha: string;
  repository: string;
  actor: string;
  eventName: string;
  ref: string;
}

export interface ActionContext {
  log: Logger;
  env: NodeJS.ProcessEnv;
  /** Aborted at SIGINT, SIGTERM and at the time-out. */
  signal: AbortSignal;
  setOutput(name: string, value: string): void;
  /** A step of a longer way, such as a share of traffic: news for whoever asked for `notify-on: step`. Never waits, never throws. */
  tellStep(text: string): void;
  /** Kept for `post`; a value that holds a masked secret is refused. */
  saveState(key: string, value: unknown): void;
  addSecret(value: string): void;
  run: RunIdentity;
  /** The running bundle: `process.execPath, [bundle, '--role=x']` starts one of its roles. */
  bundle: string;
}

export interface ActionDefinition<I extends CommonInputs> {
  name: string;
  readInputs(env: NodeJS.ProcessEnv): I;
  run(inputs: I, context: ActionContext): Promise<ActionResult>;
  post?(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void>;
  roles?: Record<string, (argv: string[]) => Promise<void>>;
  timeouts?: { mainMs?: number; postMs?: number };
}
