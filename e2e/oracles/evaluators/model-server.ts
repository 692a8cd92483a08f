/** The tiny model on a free port of loopback, served by the engine that inference-test brings along. */
import { join } from 'node:path';
import { prepareEngine } from '@sluice/inference/engines/engine';
import { start } from '@sluice/process/start';
import { plainLogger } from '@sluice/runtime/logger';
import { bundlePath } from '@sluice/testing/runner';
import { freePort } from '../sources/servers.ts';

export async function serveTinyModel(
  modelPath: string,
  modelName: string,
  scratch: string,
): Promise<{ url: string; stop(): Promise<void> }> {
  const port = await freePort();
  const context = {
    log: plainLogger(() => undefined),
    env: {
      RUNNER_TOOL_CACHE: join(process.env['HOME'] ?? scratch, '.cache/sluice/tool-cache'),
      ...process.env,
    },
    signal: new AbortController().signal,
  };
  const request = {
    engine: 'embedded',
    modelPath,
    modelName,
    engineArgs: [],
    port,
    bundle: bundlePath('inference-test'),
    scratch,
  } as const;
  const launch = await prepareEngine({ ...request, engineArgs: [] }, context);
  const env = { PATH: process.env['PATH'] ?? '', HOME: scratch, ...launch.env };
  const running = await start(launch.command, launch.args, {
    cwd: scratch,
    env,
    logFile: join(scratch, 'server.log'),
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}${launch.healthPath}`).catch(() => undefined);
    if (answer?.ok === true) break;
    if (running.exit() !== undefined || tries > 600)
      throw new Error(`the model server did not come up on ${url}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, stop: () => running.stop(2000).then(() => undefined) };
}
