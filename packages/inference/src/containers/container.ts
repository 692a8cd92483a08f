/** A container with a model server: made, started, watched, removed. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Exit } from '@sluice/process/start';
import { ConfigError } from '@sluice/runtime/errors';
import { run } from '@sluice/process/run';
import { waitUntilWell } from '../engines/wait-until-well.ts';
import { docker, inspect, isNotThere, type Docker } from './docker.ts';
import { gpusFlag } from './settings.ts';

/** On every container of ours; its value is the address of the run. */
export const RUN_LABEL = 'sluice.run';

export interface ContainerPlan {
  name: string;
  /** The run that it belongs to. */
  runUrl: string;
  image: string;
  /** Arguments behind the image's name. */
  args: readonly string[];
  /** Port inside, and the loopback port outside. */
  port: number;
  hostPort: number;
  env: readonly string[];
  gpus: string | undefined;
  /** Seen inside at the same path, read-only. */
  mounts: readonly string[];
  /** A folder of ours, for the file with the environment. */
  scratch: string;
}

export interface ContainerWatch {
  healthPath: string;
  lenientHealth: boolean;
  timeoutMs: number;
}

const STOP_SECONDS = 3;
const INSPECT_EVERY_MS = 500;
const LOG_LINES = 400;
/** Servers on several GPUs share tensors through /dev/shm, of which docker gives 64 MB. */
const SHARED_MEMORY = '16g';

/** The arguments of `docker create`; the environment comes from a file, for a command line is seen by everybody. */
export function createArgs(plan: ContainerPlan, envFile: string): string[] {
  return [
    ...['create', '--name', plan.name, '--label', `${RUN_LABEL}=${plan.runUrl}`],
    ...['--publish', `127.0.0.1:${plan.hostPort}:${plan.port}`],
    ...(plan.env.length === 0 ? [] : ['--env-file', envFile]),
    ...(plan.gpus === undefined ? [] : ['--gpus', gpusFlag(plan.gpus), '--shm-size', SHARED_MEMORY]),
    ...plan.mounts.flatMap((path) => ['--mount', `type=bind,source=${path},target=${path},readonly`]),
    plan.image,
    ...plan.args,
  ];
}

/** Time until it was well, ms. StartupError when it never is; it is removed then. */
export async function startContainer(
  plan: ContainerPlan,
  watch: ContainerWatch,
  options: Docker & { signal: AbortSignal },
): Promise<number> {
  const comma = plan.mounts.find((path) => path.includes(','));
  if (comma !== undefined)
    throw new ConfigError(
      `'${comma}' holds a comma, which docker can't mount; move the model to another path`,
    );
  const envFile = join(plan.scratch, 'container.env');
  await writeFile(envFile, `${plan.env.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    try {
      await docker(createArgs(plan, envFile), options);
    } finally {
      await rm(envFile, { force: true });
    }
    await docker(['start', plan.name], options);
    return await waitUntilWell({
      ...watch,
      origin: `http://127.0.0.1:${plan.hostPort}`,
      signal: options.signal,
      causes: [],
      exit: rarely(() => readExit(plan.name, options)),
      readLog: () => readContainerLog(plan.name, options.env),
    });
  } catch (error) {
    await removeContainer(plan.name, options.env);
    throw error;
  }
}

/** undefined while it runs. */
export async function readExit(name: string, options: Docker): Promise<Exit | undefined> {
  const state = (await inspect('container', name, options))?.['State'];
  if (typeof state !== 'object' || state === null) return { code: null, signal: 'SIGKILL' };
  const { Running: isRunning, ExitCode: code, OOMKilled: isOut } = state as Record<string, unknown>;
  if (isRunning === true) return undefined;
  if (isOut === true) return { code: 137, signal: null };
  return { code: typeof code === 'number' ? code : null, signal: null };
}

/** The last lines that it wrote, both streams; hostile text. */
export async function readContainerLog(name: string, env: NodeJS.ProcessEnv): Promise<string> {
  const args = ['logs', '--tail', String(LOG_LINES), name];
  const said = await run('docker', args, { env }).catch((error: unknown) => ({
    stdout: '',
    stderr: String(error),
  }));
  return `${said.stdout}${said.stderr}`;
}

/** Ends and removes it, with its volumes; true when there was one. Not cancelled by anything: it is the clean-up. */
export async function removeContainer(name: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    await docker(['stop', '--time', String(STOP_SECONDS), name], { env });
  } catch (error) {
    if (isNotThere(error)) return false;
  }
  try {
    await docker(['rm', '--force', '--volumes', name], { env });
    return true;
  } catch (error) {
    if (isNotThere(error)) return false;
    throw error;
  }
}

/** Containers of ours that still run: `name (run)` each. */
export async function listLeftovers(options: Docker): Promise<string[]> {
  const format = `{{.Names}} ({{.Label "${RUN_LABEL}"}}, {{.Status}})`;
  const text = await docker(['ps', '--filter', `label=${RUN_LABEL}`, '--format', format], options);
  return text === '' ? [] : text.split('\n');
}

/** Asks at most every half second: each answer is a process. */
function rarely<T>(ask: () => Promise<T>): () => Promise<T> {
  let last: { at: number; answer: Promise<T> } | undefined;
  return () => {
    if (last === undefined || performance.now() - last.at > INSPECT_EVERY_MS)
      last = { at: performance.now(), answer: ask() };
    return last.answer;
  };
}
