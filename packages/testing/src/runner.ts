/**
 * Runs a committed bundle as the runner would: a copy of dist/ and actions/ in a folder without node_modules,
 * `main` (and `post`) of action.yml found from it, inputs as INPUT_*, command files, a workspace of its own.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../../..');

export interface ActionRun {
  inputs?: Record<string, string>;
  env?: Record<string, string>;
  /** What `${{ github.token }}` is in the defaults; none in a job that has no token. */
  jobToken?: string;
  /** The workspace; default: a new folder. */
  cwd?: string;
  /** What main saved: makes this the post step. */
  state?: Record<string, string>;
  post?: boolean;
  timeoutMs?: number;
  /** Signal sent after `killAfterMs`, when stdout first matches `killWhen`, or when `killOn` resolves. */
  killSignal?: NodeJS.Signals;
  killAfterMs?: number;
  killWhen?: RegExp;
  killOn?: Promise<unknown>;
  onStdout?: (text: string) => void;
}

export interface ActionOutcome {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  outputs: Record<string, string>;
  summary: string;
  state: Record<string, string>;
  workspace: string;
  wallMs: number;
}

/** For `env`: what this machine says of hubs and caches does not count. */
export const NO_HUB_SETTINGS = {
  HF_TOKEN: '',
  HF_ENDPOINT: '',
  HF_HUB_CACHE: '',
  HF_HOME: '',
  HF_HUB_OFFLINE: '',
};

let copied: string | undefined;
const temporary: string[] = [];

/** A folder that goes when this process ends: by a process of its own, because thousands of files take a moment. */
function temporaryFolder(prefix: string): string {
  if (temporary.length === 0) {
    process.on('exit', () => spawn('rm', ['-rf', ...temporary], { detached: true, stdio: 'ignore' }).unref());
  }
  const folder = mkdtempSync(join(tmpdir(), prefix));
  temporary.push(folder);
  return folder;
}

/** What the runner downloads, and nothing else. One copy for all files of a run of tests (scripts/jest), or for this process. */
export function actionsCopy(): string {
  copied ??= sharedCopy(process.env['SLUICE_ACTIONS_COPY']) ?? fillCopy(temporaryFolder('sluice-actions-'));
  return copied;
}

/** Whoever comes first makes it: it gets its name when it is whole. */
function sharedCopy(place: string | undefined): string | undefined {
  if (place === undefined || existsSync(place)) return place;
  const made = fillCopy(mkdtempSync(`${place}-`));
  try {
    renameSync(made, place);
  } catch {
    rmSync(made, { recursive: true, force: true });
  }
  return place;
}

function fillCopy(folder: string): string {
  const filter = (source: string): boolean => !source.includes('node_modules');
  for (const name of ['dist', 'actions'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter });
  return folder;
}

interface Metadata {
  runs: { using: string; main: string; post?: string };
  inputs?: Record<string, { default?: unknown }>;
}

const known = new Map<string, Metadata>();

/** action.yml; read once, for it is long. */
function metadataOf(action: string, root: string): { folder: string; metadata: Metadata } {
  const folder = join(root, 'actions', action);
  const metadata = known.get(folder) ?? (parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Metadata);
  known.set(folder, metadata);
  if (metadata.runs.using !== 'node24') throw new Error(`${action}: it runs using ${metadata.runs.using}`);
  return { folder, metadata };
}

/** The bundle that action.yml names, in the copy. */
export function bundlePath(action: string, step: 'main' | 'post' = 'main', root = actionsCopy()): string {
  const { folder, metadata } = metadataOf(action, root);
  const target = metadata.runs[step];
  if (target === undefined) throw new Error(`${action} has no ${step}`);
  return resolve(folder, target);
}

export function hasPost(action: string): boolean {
  return metadataOf(action, actionsCopy()).metadata.runs.post !== undefined;
}

/** Runs main (or post, with `post: true` and main's `state`) to its end. */
export async function runAction(action: string, options: ActionRun = {}): Promise<ActionOutcome> {
  const scratch = temporaryFolder('sluice-run-');
  const workspace = options.cwd ?? join(scratch, 'workspace');
  mkdirSync(workspace, { recursive: true });
  const files = Object.fromEntries(
    ['output', 'state', 'step_summary', 'env', 'path'].map((name) => [name, join(scratch, name)]),
  );
  for (const file of Object.values(files)) writeFileSync(file, '');
  const started = Date.now();
  const child = spawn(process.execPath, [bundlePath(action, options.post === true ? 'post' : 'main')], {
    cwd: workspace,
    env: runnerEnvironment(action, options, workspace, scratch, files),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let killed = false;
  const kill = (): void => {
    if (!killed) child.kill(options.killSignal ?? 'SIGKILL');
    killed = true;
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    options.onStdout?.(text);
    if (options.killWhen?.test(stdout) === true) kill();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const timers = [setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 120_000)];
  void options.killOn?.then(kill);
  if (options.killAfterMs !== undefined) timers.push(setTimeout(kill, options.killAfterMs));
  const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((done, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => done({ code, signal }));
  });
  timers.forEach(clearTimeout);
  return {
    exitCode: exit.code,
    signal: exit.signal,
    stdout,
    stderr,
    outputs: readCommandFile(files['output'] ?? ''),
    summary: readFileSync(files['step_summary'] ?? '', 'utf8'),
    state: readCommandFile(files['state'] ?? ''),
    workspace,
    wallMs: Date.now() - started,
  };
}

function runnerEnvironment(
  action: string,
  options: ActionRun,
  workspace: string,
  scratch: string,
  files: Record<string, string>,
): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(INPUT_|GITHUB_|STATE_|RUNNER_|ACTIONS_|NODE_OPTIONS|JEST_|SLUICE_ACTIONS_COPY)/.test(name))
      env[name] = value;
  }
  const temp = join(scratch, 'temp');
  mkdirSync(temp, { recursive: true });
  Object.assign(env, {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: action,
    GITHUB_WORKSPACE: workspace,
    GITHUB_OUTPUT: files['output'],
    GITHUB_STATE: files['state'],
    GITHUB_STEP_SUMMARY: files['step_summary'],
    GITHUB_ENV: files['env'],
    GITHUB_PATH: files['path'],
    GITHUB_REPOSITORY: 'acme/llm',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_RUN_ID: '1001',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_ACTOR: 'octocat',
    RUNNER_ENVIRONMENT: 'self-hosted',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: temp,
    RUNNER_TRACKING_ID: `github_${Math.random().toString(16).slice(2)}`,
    RUNNER_TOOL_CACHE: process.env['SLUICE_TOOL_CACHE'] ?? join(scratch, 'tool-cache'),
  });
  for (const [name, value] of Object.entries({ ...defaults(action, options.jobToken), ...options.inputs })) {
    env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  }
  for (const [name, value] of Object.entries(options.state ?? {})) env[`STATE_${name}`] = value;
  return { ...env, ...options.env };
}

/** The runner passes every input that has a default. */
function defaults(action: string, jobToken = ''): Record<string, string> {
  const { metadata } = metadataOf(action, actionsCopy());
  return Object.fromEntries(
    Object.entries(metadata.inputs ?? {}).map(([name, input]) => [
      name,
      String(input.default ?? '').replace(/^\$\{\{ github\.token \}\}$/, jobToken),
    ]),
  );
}

/** `name=value` lines and `name<<delimiter` blocks, as GITHUB_OUTPUT and GITHUB_STATE hold them. */
export function readCommandFile(path: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (let i = 0; i < lines.length; i += 1) {
    const block = /^([^=<]+)<<(.+)$/.exec(lines[i] ?? '');
    const line = /^([^=]+)=(.*)$/.exec(lines[i] ?? '');
    if (block !== null) {
      const end = lines.indexOf(block[2] ?? '', i + 1);
      values[block[1] ?? ''] = lines.slice(i + 1, end).join('\n');
      i = end;
    } else if (line !== null) {
      values[line[1] ?? ''] = line[2] ?? '';
    }
  }
  return values;
}
