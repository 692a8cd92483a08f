/** Containers on a real docker engine: pulled by digest from a registry, started, watched, removed. */
import { mkdir } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  listLeftovers,
  RUN_LABEL,
  readExit,
  removeContainer,
  startContainer,
  type ContainerPlan,
} from '@sluice/inference/containers/container';
import { docker } from '@sluice/inference/containers/docker';
import { resolveImage } from '@sluice/inference/containers/image';
import { StartupError } from '@sluice/inference/engines/wait-until-well';
import { freePort } from '@sluice/process/free-port';
import { run } from '@sluice/process/run';
import { start, type Running } from '@sluice/process/start';
import { plainLogger } from '@sluice/runtime/logger';
import { checkCancelled } from './cancelled.ts';
import type { Counter } from './checks.ts';

const CACHE = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice');
const PACKAGES = ['docker.io', 'containerd', 'runc', 'iptables'];
const STARTS_WITHIN_MS = 60_000;
const ALL_OURS = ['ps', '--all', '--quiet', '--filter', `label=${RUN_LABEL}`];
const { signal } = new AbortController();
const log = plainLogger(() => undefined);

interface Engine {
  env: NodeJS.ProcessEnv;
  /** undefined: the machine's own goes on. */
  running?: Running;
}

const answers = (env: NodeJS.ProcessEnv): Promise<boolean> =>
  docker(['version', '--format', '{{.Server.Version}}'], { env }).then(
    () => true,
    () => false,
  );

/** The machine's engine where it answers, else one of our own: Debian's, unpacked into the cache. */
async function startEngine(scratch: string): Promise<Engine> {
  if (await answers(process.env)) return { env: process.env };
  const root = join(CACHE, 'debian-docker');
  if (!existsSync(join(root, 'usr/sbin/dockerd'))) {
    await mkdir(join(root, 'packages'), { recursive: true });
    const cwd = join(root, 'packages');
    await run('apt-get', ['download', ...PACKAGES], { cwd });
    await run('sh', ['-c', 'for file in *.deb; do dpkg -x "$file" ..; done'], { cwd });
  }
  const bin = ['usr/sbin', 'usr/bin', 'sbin'].map((folder) => join(root, folder)).join(':');
  const socket = join(scratch, 'docker.sock');
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: join(scratch, 'config'),
  };
  const folders = ['data', 'exec'].flatMap((name) => [`--${name}-root`, join(scratch, name)]);
  const flags = ['--host', `unix://${socket}`, ...folders, '--pidfile', join(scratch, 'docker.pid')];
  const lean = ['--iptables=false', '--ip6tables=false', '--storage-driver', 'vfs'];
  const running = await start('dockerd', [...flags, ...lean], { env, logFile: join(scratch, 'dockerd.log') });
  const deadline = Date.now() + STARTS_WITHIN_MS;
  for (;;) {
    if (await answers(env)) return { env, running };
    if (running.exit() !== undefined || Date.now() > deadline) {
      await running.stop();
      const tail = (await run('tail', ['-n', '5', join(scratch, 'dockerd.log')])).stdout;
      throw new Error(`dockerd does not start: ${tail}`);
    }
    await sleep(200);
  }
}

/** An image with nothing but our server in it, as `docker import` makes it. */
async function importImage(
  here: string,
  scratch: string,
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<void> {
  const binary = join(scratch, 'image/server');
  await mkdir(join(scratch, 'image'));
  await run('go', ['build', '-o', binary, join(here, 'server.go')], {
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  const tar = join(scratch, 'image.tar');
  await run('tar', ['-C', join(scratch, 'image'), '-cf', tar, '.']);
  const changes = ['EXPOSE 8000/tcp', 'ENTRYPOINT ["/server"]'].flatMap((change) => ['--change', change]);
  await docker(['import', ...changes, tar, name], { env });
}

export async function checkContainers(
  { check, tell }: Counter,
  here: string,
  scratch: string,
): Promise<void> {
  const engine = await startEngine(scratch);
  const { env } = engine;
  try {
    await importImage(here, scratch, env, 'sluice-test/server:v1');
    const options = { env, signal, log };
    const image = await resolveImage('sluice-test/server:v1', options);
    tell('docker: an image that is only here is named by its Id, with its port', image.digest.startsWith('sha256:') && image.ports[0] === 8000, JSON.stringify(image)); // prettier-ignore
    const planned = async (name: string, more: Partial<ContainerPlan> = {}): Promise<ContainerPlan> => {
      const folder = join(scratch, name);
      await mkdir(folder);
      return {
        name,
        runUrl: 'https://run.test/1',
        image: image.reference,
        args: [],
        port: 8000,
        hostPort: await freePort(),
        env: ['HF_TOKEN=hf_secret', 'DELAY_MS=500'],
        gpus: undefined,
        mounts: [here],
        scratch: folder,
        ...more,
      };
    };
    const watch = { healthPath: '/health', lenientHealth: false, timeoutMs: 30_000 };
    await check('docker: a container is well after its delay, has its environment, and is removed', async () => {
      const plan = await planned('sluice-good');
      const ms = await startContainer(plan, watch, options);
      const models = await (await fetch(`http://127.0.0.1:${plan.hostPort}/v1/models`)).text();
      const left = await listLeftovers(options);
      const exit = await readExit(plan.name, options);
      const removed = await removeContainer(plan.name, env);
      const again = await removeContainer(plan.name, env);
      const ok = ms >= 400 && models.includes('token-9') && left[0]?.includes('sluice-good (https://run.test/1') === true && exit === undefined && removed && !again;
      return ok || JSON.stringify({ ms, models, left, exit, removed, again });
    }); // prettier-ignore
    await check('docker: one that ends is told by its last lines and the likely cause, and is gone', async () => {
      const plan = await planned('sluice-bad', { args: ['--fail'] });
      const error: unknown = await startContainer(plan, watch, options).catch((reason: unknown) => reason);
      const there = await docker(ALL_OURS, { env });
      const said = error instanceof StartupError ? `${error.message}\n${error.logTail}` : String(error);
      return (/exit code 1\); likely cause: the memory/.test(said) && said.includes('pwned') && there === '') || `${said} ${there}`;
    }); // prettier-ignore
    await check('docker: one that is never well is removed at the time-out', async () => {
      const plan = await planned('sluice-slow', { env: ['DELAY_MS=60000'] });
      const error: unknown = await startContainer(plan, { ...watch, timeoutMs: 2_000 }, options).catch(
        (reason: unknown) => reason,
      );
      const there = await docker(ALL_OURS, { env });
      return (error instanceof StartupError && there === '') || `${String(error)} ${there}`;
    });
    await check('docker: an image that is nowhere is a wrong input, or the registry is away', async () => {
      const error: unknown = await resolveImage('127.0.0.1:9/acme/none:1', options).catch(
        (reason: unknown) => reason,
      );
      return /could not be pulled|can't be pulled/.test(String(error)) || String(error);
    });
    await checkCancelled(check, 'sluice-test/server:v1', env);
  } finally {
    await engine.running?.stop(20_000);
  }
}
