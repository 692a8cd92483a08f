/** Runs act in host mode, with no Docker and nothing fetched, and reads its log. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessError, run } from '@sluice/process/run';
import { runtimeToken } from '../github/src/artifacts.ts';

export interface ActRequest {
  act: string;
  /** The user's repository. */
  repository: string;
  /** Folder of this run: caches, workspaces, the log. */
  work: string;
  event: 'push' | 'pull_request';
  payload: Record<string, unknown>;
  /** `owner/name@ref` to the folder that stands for it. */
  localRepositories: Record<string, string>;
  /** Address of the GitHub emulator. */
  github: string;
  token: string;
  runId: string;
  /** The runner's own environment: hub address, caches, engine. */
  env: Record<string, string>;
  timeoutMs: number;
}

export interface ActResult {
  exitCode: number;
  /** Job id to `success`, `failure`, `skipped`. A job that never started is not in it. */
  jobs: Record<string, string>;
  /** `job: step` to `success`, `failure`, `skipped`. */
  steps: Record<string, string>;
  /** Step summaries by `job: step`. */
  summaries: Record<string, string>;
  /** What the steps printed, and act's own words. */
  log: string;
}

interface LogLine {
  msg?: string;
  jobID?: string;
  step?: string;
  stepResult?: string;
  jobResult?: string;
  command?: string;
  content?: string;
}

/** Picks results and summaries out of act's JSON log. */
export function readLog(text: string): Omit<ActResult, 'exitCode'> {
  const result: Omit<ActResult, 'exitCode'> = { jobs: {}, steps: {}, summaries: {}, log: '' };
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    let entry: LogLine;
    try {
      entry = JSON.parse(line) as LogLine;
    } catch {
      result.log += `${line}\n`;
      continue;
    }
    const job = entry.jobID ?? '';
    const step = `${job}: ${entry.step ?? ''}`;
    if (entry.command === 'summary') {
      // main and post share the file: act tells it after each.
      result.summaries[step] = entry.content ?? '';
    }
    if (entry.stepResult !== undefined) result.steps[step] = entry.stepResult;
    if (entry.jobResult !== undefined) result.jobs[job] = entry.jobResult;
    if (entry.msg !== undefined) result.log += `[${job}] ${entry.msg.trimEnd()}\n`;
  }
  return result;
}

/** One workflow run. Never throws for a red run: that is a result. */
export async function runAct(request: ActRequest): Promise<ActResult> {
  const { work } = request;
  for (const folder of ['home', 'cache', 'tmp']) await mkdir(join(work, folder), { recursive: true });
  const payload = join(work, 'event.json');
  await writeFile(payload, JSON.stringify(request.payload));
  const args = [
    request.event,
    '--json',
    '--no-cache-server',
    '--use-new-action-cache',
    ...['--workflows', join(request.repository, '.github', 'workflows')],
    ...['--directory', request.repository],
    ...['--eventpath', payload],
    ...['--platform', 'self-hosted=-self-hosted'],
    ...['--action-cache-path', join(work, 'cache')],
    ...['--secret', `GITHUB_TOKEN=${request.token}`],
    ...['--env', `GITHUB_API_URL=${request.github}`, '--env', `GITHUB_RUN_ID=${request.runId}`],
    ...Object.entries(request.localRepositories).flatMap(([name, folder]) => [
      '--local-repository',
      `${name}=${folder}`,
    ]),
  ];
  const env = {
    PATH: process.env['PATH'],
    // act writes its copies, and tools their settings, below HOME: never into the user's.
    HOME: join(work, 'home'),
    XDG_CACHE_HOME: join(work, 'home', '.cache'),
    XDG_CONFIG_HOME: join(work, 'home', '.config'),
    TMPDIR: join(work, 'tmp'),
    DOCKER_HOST: 'unix:///nonexistent.sock',
    ACTIONS_RESULTS_URL: `${request.github}/`,
    ACTIONS_RUNTIME_TOKEN: runtimeToken(request.runId),
    ...request.env,
  };
  let exitCode = 0;
  let stdout: string;
  try {
    ({ stdout } = await run(request.act, args, {
      cwd: request.repository,
      env,
      timeoutMs: request.timeoutMs,
    }));
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    exitCode = error.exitCode ?? 1;
    stdout = `${error.stdout}\n${error.stderr}`;
  }
  await writeFile(join(work, 'act.log'), stdout);
  return { exitCode, ...readLog(stdout) };
}
