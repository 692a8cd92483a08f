/** The docker command-line tool: the one way to containers that every runner has, with its own credentials and context. */
import { ProcessError, run } from '@sluice/process/run';
import { ConfigError, describeError } from '@sluice/runtime/errors';

export interface Docker {
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

/** Docker hands its environment to helpers for credentials: nothing of the step's own goes there. */
export function dockerEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(?:INPUT_|STATE_|ACTIONS_)/.test(name)),
  );
}

/** Output of one docker command; ProcessError when it fails. Arguments are seen by every process: no secrets. */
export async function docker(args: readonly string[], { env, signal }: Docker): Promise<string> {
  const { stdout } = await run('docker', args, { env, ...(signal === undefined ? {} : { signal }) });
  return stdout.trim();
}

/** ConfigError when there is no docker, or its engine doesn't answer. */
export async function checkDocker(options: Docker): Promise<string> {
  try {
    return await docker(['version', '--format', '{{.Server.Version}}'], options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new ConfigError(
      `input \`image\` needs docker, and it doesn't answer (${describeError(error)}): install and start it, let this user use it (group \`docker\`), or name its socket in DOCKER_HOST`,
    );
  }
}

/** JSON that `docker inspect` prints of one object; undefined when there is none. */
export async function inspect(
  kind: 'image' | 'container',
  name: string,
  options: Docker,
): Promise<Record<string, unknown> | undefined> {
  try {
    const text = await docker([kind, 'inspect', '--format', '{{json .}}', name], options);
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

export function isNotThere(error: unknown): boolean {
  return error instanceof ProcessError && /No such (?:image|container|object)/i.test(error.stderr);
}
