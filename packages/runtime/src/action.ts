/**
 * Runs an action: its inputs, then main or post within their bounds (scope.ts), then verdict, outcome, outputs,
 * summary and exit code (conclude.ts).
 */
import * as core from '@actions/core';
import { conclude, errorLines } from './conclude.ts';
import type { ActionContext, ActionDefinition, ActionResult } from './definition.ts';
import { describeError } from './errors.ts';
import type { CommonInputs } from './inputs.ts';
import { actionsLogger } from './log.ts';
import { disarm } from './logger.ts';
import { Scope } from './scope.ts';
import { addSecret, hideSecrets } from './secrets.ts';
import { savedState, saveState } from './state.ts';
import { openAudience, type Audience } from './tell.ts';

export type { ActionContext, ActionDefinition, ActionResult, RunIdentity } from './definition.ts';

/** A self-hosted job may last five days; a step that waits on people or traffic may need most of it. */
const MAIN_TIMEOUT_MS = 5 * 24 * 3_600_000;
const POST_TIMEOUT_MS = 5 * 60_000;

/** Runs main or post of an action, or one of its roles; sets `process.exitCode`. Never throws. */
export async function runAction<I extends CommonInputs>(action: ActionDefinition<I>): Promise<void> {
  const role = process.argv.find((word) => word.startsWith('--role='))?.slice('--role='.length);
  if (role !== undefined) {
    await runRole(action.roles?.[role], role);
    return;
  }
  // A runner that died breaks the pipe: what is left to do is done all the same.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  try {
    const state = savedState(process.env);
    if (state['phase'] === 'main') await runPost(action, state);
    else await runMain(action);
  } catch (error) {
    core.error(disarm(hideSecrets(describeError(error))));
    process.exitCode = 1;
  }
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
  const scope = new Scope(action.timeouts?.mainMs ?? MAIN_TIMEOUT_MS, `${action.name} ran into its time-out`);
  const context = makeContext(scope);
  let inputs: I | undefined;
  let result: ActionResult | undefined;
  let failure: unknown;
  let audience: Audience | undefined;
  const startedAt = Date.now();
  try {
    saveState('phase', 'main');
    inputs = action.readInputs(process.env);
    const { env, log, run } = context;
    audience = await openAudience(inputs, { action: action.name, env, log, run, startedAt });
    if (audience !== undefined) context.tellStep = audience.step;
    if (inputs.vaultReferences.length > 0 && !inputs.validate) {
      const { readVaultTokens } = await import('@sluice/vault/read-tokens');
      const tokens = await scope.run(readVaultTokens(inputs, context));
      inputs = action.readInputs({ ...process.env, ...tokens });
    }
    result = await scope.run(action.run(inputs, context));
  } catch (error) {
    failure = error;
  }
  const judged = await conclude({ name: action.name, log: context.log, inputs, result, failure });
  // A run that somebody cancels is no news, and the runner leaves no time for it.
  if (!context.signal.aborted) await audience?.end(judged, result?.outputs ?? {});
  scope.close();
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
    tellStep: () => undefined,
    setOutput: (name, value) => core.setOutput(name, hideSecrets(value)),
    saveState,
    addSecret,
    run: {
      url: id === '' ? '' : `${server}/${repository}/actions/runs/${id}`,
      id,
      attempt: Math.max(1, Number.parseInt(env['GITHUB_RUN_ATTEMPT'] ?? '', 10) || 1),
      sha: env['GITHUB_SHA'] ?? '',
      repository,
      actor: env['GITHUB_ACTOR'] ?? '',
      eventName: env['GITHUB_EVENT_NAME'] ?? '',
      ref: env['GITHUB_REF'] ?? '',
    },
    bundle: process.argv[1] ?? '',
  };
}

/** An open handle somewhere must not hang the job (setup-uv#588): after 2 s it is cut off. */
function leaveSoon(): void {
  setTimeout(() => process.exit(), 2_000).unref();
}
