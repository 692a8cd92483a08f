/** Which program serves, and of which version it is. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ProcessError, run } from '@sluice/process/run';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { findProgram } from '../program.ts';
import type { EngineContext, ServerName } from '../types.ts';
import type { ServerDescription, VersionQuestion } from './description.ts';

export interface FoundServer {
  program: string;
  lead: readonly string[];
  /** The unit's `engine`. */
  engine: string;
}

/** Python servers import half of CUDA before they tell it. */
const VERSION_TIMEOUT_MS = 180_000;

/** ConfigError with the way to install it when it isn't on PATH; InfraError when it can't tell its version. */
export async function findServer(
  engine: ServerName,
  { programs, install }: ServerDescription,
  { env, signal }: EngineContext,
): Promise<FoundServer> {
  for (const [at, { name, lead, version }] of programs.entries()) {
    const program = await findProgram(name, env);
    if (program === undefined) continue;
    const told = await askVersion(program, version, env, signal).catch((error: unknown) => {
      // A general program (python3) that lacks the server's package.
      if (at > 0 && error instanceof ProcessError) return undefined;
      throw new InfraError(
        `${program} doesn't tell its version, so the release can't be named: ${String(error)}`,
      );
    });
    if (told !== undefined) return { program, lead, engine: `${engine}@${told}` };
  }
  const names = programs.map(({ name }) => name).join(' or ');
  throw new ConfigError(
    `input \`engine\` = "${engine}": there is no ${names} on PATH that serves; ${install}, or use \`engine: command\``,
  );
}

async function askVersion(
  program: string,
  question: VersionQuestion,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<string> {
  if ('variable' in question) {
    const told = /^\d+\.\d[\w.+-]*$/.exec(env[question.variable] ?? '')?.[0];
    return told ?? fileDigest(program);
  }
  const { stdout, stderr } = await run(program, question.args, {
    env,
    signal,
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  const told = question.pattern.exec(`${stdout}\n${stderr}`)?.[1];
  if (told === undefined) throw new InfraError(`it said ${JSON.stringify(stdout.trim().slice(0, 200))}`);
  return told;
}

/** The first 12 hex digits of its sha256: two builds are two engines. */
async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 12);
}
