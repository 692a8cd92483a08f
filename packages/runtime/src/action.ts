/**
 * Runs an action: inputs, main or post with a time-out, verdict, outcome, outputs, summary, exit code.
 * The one place where an error becomes an exit code, by DESIGN's table.
 */
import * as core from '@actions/core';
import {
  classifyError,
  ConfigError,
  describeError,
  InfraError,
  type Outcome,
  type Verdict,
} from './errors.ts';
import type { CommonInputs } from './inputs.ts';
import { actionsLogger } from './log.ts';
import { disarm, type Logger } from './logger.ts';
import { addSecret } from './secrets.ts';
import { savedState, saveState } from './state.ts';
import { appendSummary } from './summary.ts';
import { escapeMarkdown } from '@sluice/report/markdown';

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

/** A self-hosted job may last five days; a step that waits on people or traffic may need most of it. */
const MAIN_TIMEOUT_MS = 5 * 24 * 3_600_000;
const POST_TIMEOUT_MS = 5 * 60_000;
/** The runner sends SIGTERM 7.5 s after SIGINT: everything must be written before. */
const CANCEL_GRACE_MS = 6_500;

/** Runs main or post of an action, or one of its roles; sets `process.exitCode`. Never throws. */
export async function runAction<I extends CommonInputs>(action: ActionDefinition<I>): Promise<void> {
  const role = process.argv.find((word) => word.startsWith('--role='))?.slice('--role='.length);
  if (role !== undefined) {
    await runRole(action.roles?.[role], role);
    return;
  }
  const state = savedState(process.env);
  if (state['phase'] === 'main') await runPost(action, state);
  else await runMain(action);
  leaveSoon();
}

async function runRole(role: ((argv: string[]) => Promise<void>) | undefined, name: string): Promise<void> {
  if (role === undefined) {
    process.stderr.write(`no role '${name}' in this bundle\n`);
    process.exitCode = 1;
    return;
  }
  await role(process.argv.slice(2).filter((word) => !word.startsWith('--role=')));
}

async function runMain<I extends CommonInputs>(action: ActionDefinition<I>): Promise<void> {
  saveState('phase', 'main');
  const scope = new Scope(action.timeouts?.mainMs ?? MAIN_TIMEOUT_MS, `${action.name} ran into its time-out`);
  const context = makeContext(scope);
  let inputs: I | undefined;
  let result: ActionResult | undefined;
  let failure: unknown;
  try {
    inputs = action.readInputs(process.env);
    result = await scope.run(action.run(inputs, context));
  } catch (error) {
    failure = error;
  } finally {
    scope.close();
  }
  await conclude(action.name, context.log, inputs, result, failure);
}

async function conclude(
  name: string,
  log: Logger,
  inputs: CommonInputs | undefined,
  result: ActionResult | undefined,
  failure: unknown,
): Promise<void> {
  const { verdict, outcome } = result === undefined ? classifyError(failure) : judge(result);
  const reasons = result?.reasons ?? errorLines(failure);
  for (const [key, value] of Object.entries(result?.outputs ?? {})) core.setOutput(key, value);
  core.setOutput('verdict', verdict);
  core.setOutput('outcome', outcome);
  if (result?.report !== undefined) core.setOutput('report', result.report);

  const reportOnly = inputs?.enforce === 'report' && outcome === 'gate-failed';
  for (const reason of reasons) {
    const line = disarm(reason);
    if (reportOnly || (outcome === 'success' && verdict === 'inconclusive')) log.warning(line);
    else if (outcome === 'success') log.info(line);
    else log.error(line);
  }
  if (outcome === 'infra-error' && failure instanceof Error) log.debug(failure.stack ?? '');
  if (reportOnly) log.warning('enforce: report, so this step stays green');
  log.info(`${name}: verdict ${verdict}, outcome ${outcome}`);
  if (inputs?.summary !== false) await writeSummary(name, verdict, outcome, reasons, result?.summary);
  process.exitCode = outcome === 'success' || reportOnly ? 0 : 1;
}

function judge(result: ActionResult): { verdict: Verdict; outcome: Outcome } {
  const outcome = result.outcome ?? (result.verdict === 'pass' ? 'success' : 'gate-failed');
  return { verdict: result.verdict, outcome };
}

function errorLines(error: unknown): string[] {
  return error instanceof ConfigError ? [...error.faults] : [describeError(error)];
}

const MARKS: Record<Verdict, string> = { pass: '✅', fail: '❌', inconclusive: '❔', error: '⚠️' };

async function writeSummary(
  name: string,
  verdict: Verdict,
  outcome: Outcome,
  reasons: readonly string[],
  body = '',
): Promise<void> {
  const lines = reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n');
  const head = `## ${MARKS[verdict]} ${name}: ${verdict}${outcome === 'success' ? '' : ` (${outcome})`}`;
  try {
    await appendSummary([head, lines, body].filter((part) => part !== '').join('\n\n'));
  } catch (error) {
    core.warning(`the job summary could not be written: ${describeError(error)}`);
  }
}

async function runPost<I extends CommonInputs>(
  action: ActionDefinition<I>,
  state: Readonly<Record<string, unknown>>,
): Promise<void> {
  if (action.post === undefined) return;
  const scope = new Scope(
    action.timeouts?.postMs ?? POST_TIMEOUT_MS,
    `${action.name}'s clean-up ran into its time-out`,
  );
  const context = makeContext(scope);
  try {
    await scope.run(action.post(state, context));
  } catch (error) {
    for (const line of errorLines(error)) context.log.error(disarm(line));
    process.exitCode = 1;
  } finally {
    scope.close();
  }
}

function makeContext(scope: Scope): ActionContext {
  const env = process.env;
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const repository = env['GITHUB_REPOSITORY'] ?? '';
  const id = env['GITHUB_RUN_ID'] ?? '';
  return {
    log: actionsLogger(),
    env,
    signal: scope.signal,
    setOutput: (name, value) => core.setOutput(name, value),
    saveState,
    addSecret,
    run: {
      url: id === '' ? '' : `${server}/${repository}/actions/runs/${id}`,
      id,
      attempt: Number(env['GITHUB_RUN_ATTEMPT'] ?? '1'),
      sha: env['GITHUB_SHA'] ?? '',
      repository,
      actor: env['GITHUB_ACTOR'] ?? '',
      eventName: env['GITHUB_EVENT_NAME'] ?? '',
      ref: env['GITHUB_REF'] ?? '',
    },
    bundle: process.argv[1] ?? '',
  };
}

/** One abort signal for cancellation and time-out, and a race so that work which ignores it can't hang the step. */
class Scope {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onSignal: (name: NodeJS.Signals) => void;
  #grace: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, message: string) {
    this.#timer = setTimeout(
      () => this.#controller.abort(new InfraError(message)),
      Math.min(timeoutMs, 2 ** 31 - 1),
    );
    this.#onSignal = (name) => this.#controller.abort(new InfraError(`cancelled by ${name}`));
    process.on('SIGINT', this.#onSignal);
    process.on('SIGTERM', this.#onSignal);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  run<T>(work: Promise<T>): Promise<T> {
    const cut = new Promise<never>((_, reject) => {
      const onAbort = (): void => {
        this.#grace = setTimeout(() => reject(this.signal.reason as Error), CANCEL_GRACE_MS);
      };
      if (this.signal.aborted) onAbort();
      else this.signal.addEventListener('abort', onAbort, { once: true });
    });
    return Promise.race([work, cut]);
  }

  close(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#grace);
    process.off('SIGINT', this.#onSignal);
    process.off('SIGTERM', this.#onSignal);
  }
}

/** An open handle somewhere must not hang the job (setup-uv#588): after 2 s it is cut off. */
function leaveSoon(): void {
  setTimeout(() => process.exit(), 2_000).unref();
}
