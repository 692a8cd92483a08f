/** A host service for tests: the supervisor runs from source through a bundle folder that is written for it. */
import { errnoCode } from '@sluice/runtime/files';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { quietLog } from '@sluice/testing/quiet-log';
import { connectHost, ensureHost } from '../src/client.ts';
import type { HostClient } from '../src/client.ts';
import { endLeftovers } from '../src/leftovers.ts';
import { freePort } from '@sluice/process/free-port';
import type { HostTimings } from '../src/timings.ts';
import type { ServerSpec } from '../src/types.ts';

const folder = import.meta.dirname;
const model = join(folder, 'fixtures', 'model-server.mjs');
const supervisor = pathToFileURL(resolve(folder, '..', 'src', 'supervisor.ts')).href;

export const FAST: Partial<HostTimings> = {
  healthIntervalMs: 50,
  healthTimeoutMs: 1_000,
  restartBaseMs: 20,
  graceMs: 2_000,
  waitForServerMs: 3_000,
};

export function specOf(version: string, ...flags: string[]): ServerSpec {
  return {
    version,
    releaseDigest: `sha256:${version}`,
    unit: {} as ServerSpec['unit'],
    command: process.execPath,
    args: [model, '--port={port}', `--name=${version}`, ...flags],
    env: {},
    healthPath: '/health',
    modelPath: '/models/x',
    modelName: 'x',
    startupTimeoutMs: 10_000,
  };
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** Milliseconds from the request to each piece, with the piece. */
  pieces: [number, string][];
  complete: boolean;
}

export class TestHost {
  readonly root: string;
  readonly port: number;
  readonly bundle: string;
  client!: HostClient;

  private constructor(root: string, port: number) {
    this.root = root;
    this.port = port;
    this.bundle = join(root, 'dist', 'canary-deploy', 'index.js');
  }

  static async make(): Promise<TestHost> {
    const host = new TestHost(await mkdtemp(join(tmpdir(), 'sluice-host-')), await freePort());
    await mkdir(join(host.root, 'dist', 'canary-deploy'), { recursive: true });
    await mkdir(join(host.root, 'dist', 'kubernetes'));
    await mkdir(join(host.root, 'dist', 'other-action'));
    await writeFile(join(host.root, 'dist', 'kubernetes', 'index.js'), 'export const shared = true;\n');
    await writeFile(join(host.root, 'dist', 'canary-deploy', 'package.json'), '{"type":"module"}');
    await writeFile(
      host.bundle,
      `import { superviseHost } from '${supervisor}';\n` +
        `const later = () => import('../kubernetes/index.js');\n` +
        `if (process.argv[2] !== '--role=host-supervisor') throw new Error('no such role');\n` +
        `await superviseHost(process.argv.slice(3));\n`,
    );
    return host;
  }

  get stateDir(): string {
    return join(this.root, 'state');
  }

  get listen(): string {
    return `127.0.0.1:${this.port}`;
  }

  async ensure(
    options: { env?: NodeJS.ProcessEnv; timings?: Partial<HostTimings> } = {},
  ): Promise<HostClient> {
    const { stateDir, listen, bundle } = this;
    this.client = await ensureHost({
      ...{ stateDir, service: 'llm', listen, bundle, log: quietLog },
      signal: AbortSignal.timeout(30_000),
      timings: { ...FAST, ...options.timings },
      env: options.env ?? process.env,
    });
    return this.client;
  }

  /** Sends a request through the router, or to `port`. */
  ask(
    body: unknown,
    options: { path?: string; headers?: Record<string, string>; port?: number; leaveAfter?: number } = {},
  ): Promise<Answer> {
    const startedAt = performance.now();
    return new Promise((done, fail) => {
      const request = httpRequest(
        {
          host: '127.0.0.1',
          port: options.port ?? this.port,
          method: body === undefined ? 'GET' : 'POST',
          path: options.path ?? '/v1/chat/completions',
          headers: { 'content-type': 'application/json', ...options.headers },
          agent: false,
        },
        (response) => {
          const pieces: [number, string][] = [];
          const answer = (complete: boolean): void =>
            done({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: pieces.map(([, piece]) => piece).join(''),
              pieces,
              complete,
            });
          response.on('data', (chunk: Buffer) => {
            pieces.push([performance.now() - startedAt, chunk.toString()]);
            if (pieces.length === options.leaveAfter) {
              request.destroy();
              answer(false);
            }
          });
          response.on('end', () => answer(response.complete));
          response.on('error', () => answer(false));
        },
      );
      request.on('error', fail);
      request.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
    });
  }

  async dispose(): Promise<void> {
    const place = { stateDir: this.stateDir, service: 'llm' };
    const client = await connectHost(place).catch(() => undefined);
    await client?.shutdown().catch(() => undefined);
    // What a failed test may have left: only processes that name this test's own folder.
    for (const pid of await processesNaming(this.root)) kill(pid);
    await endLeftovers(place).catch(() => undefined);
    await rm(this.root, { recursive: true, force: true });
  }
}

/** SIGKILL, for a process that may just be ending by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errnoCode(error) !== 'ESRCH') throw error;
  }
}

/** True when nobody listens: the process is gone with all its threads, not only its first one. */
export function isClosed(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error) => resolve(errnoCode(error) === 'ECONNREFUSED'));
  });
}

async function processesNaming(root: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (command.includes(root) && Number(name) !== process.pid) found.push(Number(name));
  }
  return found;
}

/** A zombie, which a container without an init process keeps, is not alive. */
export async function alive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** Polls until `check` is true. */
export async function until(
  what: string,
  check: () => Promise<boolean> | boolean,
  timeoutMs = 8_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await sleep(15);
  }
}
