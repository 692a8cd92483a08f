/** Emulators of Google Cloud Storage and Azure Blob Storage, brought into the cache by their registries' own clients. */
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { freePort, startServer } from './servers.ts';
import type { RealServer } from './servers.ts';

const GCS_VERSION = '1.56.1';
/** 3.37.0 wants telemetry packages of versions that not every mirror has. */
const AZURITE_VERSION = '3.36.0';

const cache = (name: string): string =>
  join(process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'), name);

/** fake-gcs-server, built from its Go module. */
export async function findGcsServer(): Promise<string> {
  const folder = cache(`fake-gcs-server-${GCS_VERSION}`);
  const binary = join(folder, 'fake-gcs-server');
  if (await stat(binary).catch(() => undefined)) return binary;
  const env = { ...process.env, GOBIN: folder };
  const module = `github.com/fsouza/fake-gcs-server@v${GCS_VERSION}`;
  await run('go', ['install', module], { env, timeoutMs: 500_000 });
  return binary;
}

/** Azurite's blob service, from npm. */
export async function findAzurite(): Promise<string> {
  const folder = cache(`azurite-${AZURITE_VERSION}`);
  const main = join(folder, 'node_modules/azurite/dist/src/blob/main.js');
  if (await stat(main).catch(() => undefined)) return main;
  const part = `${folder}.${process.pid}`;
  await mkdir(part, { recursive: true });
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefix', part];
  await run('npm', ['install', ...flags, `azurite@${AZURITE_VERSION}`], { cwd: part, timeoutMs: 300_000 });
  await rename(part, folder).catch(() => rm(part, { recursive: true, force: true }));
  return main;
}

export async function startGcs(folder: string): Promise<RealServer> {
  const port = await freePort();
  const options = { scheme: 'http', host: '127.0.0.1', port: String(port), backend: 'memory' };
  const args = Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]);
  return startServer(await findGcsServer(), args, { port, path: '/storage/v1/b', folder });
}

export async function startAzurite(folder: string): Promise<RealServer> {
  const port = await freePort();
  const own = [
    '--location',
    join(folder, 'azurite'),
    '--silent',
    '--disableTelemetry',
    '--skipApiVersionCheck',
  ];
  const args = [await findAzurite(), '--blobHost', '127.0.0.1', '--blobPort', String(port), ...own];
  return startServer(process.execPath, args, { port, path: '/devstoreaccount1?comp=list', folder });
}
