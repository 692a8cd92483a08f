/** Real servers, each on a free port of loopback, ended with the check that started it. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from '@sluice/process/start';
import type { Running } from '@sluice/process/start';

export interface RealServer extends AsyncDisposable {
  url: string;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program and waits until `path` answers; its log's end is told when it never does. */
export async function startServer(
  command: string,
  args: readonly string[],
  where: { port: number; path: string; folder: string; env?: Record<string, string>; timeoutMs?: number },
): Promise<RealServer> {
  const logFile = join(where.folder, 'server.log');
  const env = { PATH: process.env['PATH'] ?? '', HOME: where.folder, ...where.env };
  const running = await start(command, args, { cwd: where.folder, env, logFile });
  const url = `http://127.0.0.1:${where.port}`;
  try {
    await untilReady(`${url}${where.path}`, running, where.timeoutMs ?? 60_000);
  } catch (error) {
    await running.stop(1000);
    const log = await readFile(logFile, 'utf8').catch(() => '');
    throw new Error(`${command} did not start: ${log.slice(-500)}`, { cause: error });
  }
  return { url, [Symbol.asyncDispose]: () => running.stop(2000) };
}

async function untilReady(url: string, running: Running, timeoutMs: number): Promise<void> {
  for (const end = Date.now() + timeoutMs; ;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined && answer.status < 500) return;
    if (running.exit() !== undefined || Date.now() > end) throw new Error(`${url} never answered`);
    await sleep(100);
  }
}
