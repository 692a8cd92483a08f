/** Debian's docker-registry on loopback, behind a login, by plain HTTP. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { freePort, startServer, type RealServer } from './servers.ts';

/** User and password. */
export const REGISTRY_LOGIN = 'oracle:oracle';
/** The same, with bcrypt of the password. */
const HTPASSWD = 'oracle:$2b$05$EgyhXPYgoiXdT2Cb182DFuMHmrRmNFq0h3803QnmDd0qIqP..JF/K\n';

/** @param folder an own one, for its data and its log */
export async function startOciRegistry(folder: string): Promise<RealServer> {
  const port = await freePort();
  const config = [
    'version: 0.1',
    `storage: {filesystem: {rootdirectory: ${join(folder, 'data')}}}`,
    `http: {addr: "127.0.0.1:${port}"}`,
    `auth: {htpasswd: {realm: oracle, path: ${join(folder, 'htpasswd')}}}`,
  ];
  await writeFile(join(folder, 'config.yml'), `${config.join('\n')}\n`);
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  const args = ['serve', join(folder, 'config.yml')];
  return startServer(await findRegistry(), args, { port, path: '/v2/', folder });
}

/** Debian's docker-registry, unpacked into the cache, not installed. */
async function findRegistry(): Promise<string> {
  const folder = join(process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'), 'docker-registry');
  const binary = join(folder, 'root/usr/bin/docker-registry');
  if (await stat(binary).catch(() => undefined)) return binary;
  await mkdir(folder, { recursive: true });
  const fetchPackage = () =>
    run('apt-get', ['download', 'docker-registry'], { cwd: folder, timeoutMs: 120_000 });
  await fetchPackage().catch(async () => {
    await run('apt-get', ['update', '-qq'], { timeoutMs: 240_000 });
    await fetchPackage();
  });
  await run('bash', ['-c', 'dpkg -x docker-registry_*.deb root'], { cwd: folder, timeoutMs: 60_000 });
  await stat(binary);
  return binary;
}
