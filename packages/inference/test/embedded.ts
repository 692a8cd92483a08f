/** Starts the real embedded server from the sources, for tests. */
import { freePort } from '@sluice/process/free-port';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { plainLogger } from '@sluice/runtime/logger';
import { prepareEngine } from '../src/engines/engine.ts';
import { startServer, type ServerProcess } from '../src/engines/server-process.ts';

const ROOT = resolve(import.meta.dirname, '../../..');

export const modelFolder = (version: string): string => join(ROOT, 'fixtures/models', version);

export async function startEmbedded(version: string, engineArgs: string[] = []): Promise<ServerProcess> {
  const { signal } = new AbortController();
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'sluice-embedded-test-'));
  const launch = await prepareEngine(
    {
      engine: 'embedded',
      modelPath: modelFolder(version),
      modelName: version,
      engineArgs,
      port,
      bundle: join(ROOT, 'packages/inference/src/engines/embedded/main.ts'),
      scratch: folder,
    },
    { log: plainLogger(() => undefined), env: process.env, signal },
  );
  return startServer({
    launch,
    port,
    logFile: join(folder, 'server.log'),
    timeoutMs: 30_000,
    env: process.env,
    signal,
    outlivesStep: false,
    onSpawn: () => Promise.resolve(),
  });
}
