/** Which image is run and how: against the docker command line's own words (`servers/docker.mjs`). */
import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { ConfigError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import { startContainer, readExit, removeContainer } from '../src/containers/container.ts';
import { checkDocker } from '../src/containers/docker.ts';
import { resolveImage } from '../src/containers/image.ts';
import { findEnvFaults, findGpuFaults, gpusFlag } from '../src/containers/settings.ts';
import { StartupError } from '../src/engines/wait-until-well.ts';
import { makeStubs } from './servers/stubs.ts';

const { signal } = new AbortController();
const DIGEST = `sha256:${'ab'.repeat(32)}`;

interface Fake {
  home: string;
  said: string[];
  options: Parameters<typeof resolveImage>[1] & { signal: AbortSignal };
  calls: () => string[][];
}

function fakeDocker(env: Record<string, string> = {}): Fake {
  const home = mkdtempSync(join(tmpdir(), 'sluice-docker-test-'));
  const said: string[] = [];
  const stubs = makeStubs(['docker'], { FAKE_DOCKER: home, ...env });
  return {
    home,
    said,
    options: { env: stubs.env, signal, log: plainLogger((line) => void said.push(line)) },
    calls: () =>
      readFileSync(join(home, 'calls.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string[]),
  };
}

describe('the image', () => {
  test('a tag is pulled each time and becomes a digest; a digest that is here is not pulled again', async () => {
    const { options, calls, said } = fakeDocker();
    const image = await resolveImage('registry.test/acme/good:v1', options);
    expect(image).toEqual({ reference: `registry.test/acme/good@${DIGEST}`, digest: DIGEST, ports: [8000] });
    expect(said.join('')).toContain(`image: registry.test/acme/good@${DIGEST}`);
    await resolveImage('registry.test/acme/good:v1', options);
    await resolveImage(image.reference, options);
    expect(calls().filter(([command]) => command === 'pull')).toHaveLength(2);
  });

  test('one that was built here stands for itself', async () => {
    const { options, calls, said } = fakeDocker();
    const id = `sha256:${'cd'.repeat(32)}`;
    expect(await resolveImage('local/server:dev', options)).toMatchObject({ reference: id, digest: id });
    expect(calls().some(([command]) => command === 'pull')).toBe(false);
    expect(said.join('')).toContain('its Id stands for its digest');
  });

  test('one that is nowhere, and a docker that does not answer, are wrong inputs', async () => {
    const nowhere: unknown = await resolveImage('acme/nowhere:1', fakeDocker().options).catch(
      (e: unknown) => e,
    );
    expect(nowhere).toBeInstanceOf(ConfigError);
    expect((nowhere as Error).message).toMatch(
      /`image` = "acme\/nowhere:1" can't be pulled \(.*manifest unknown/,
    );
    const down: unknown = await checkDocker(fakeDocker({ FAKE_DOCKER_DOWN: '1' }).options).catch(
      (e: unknown) => e,
    );
    expect((down as Error).message).toMatch(/needs docker.*Is the docker daemon running/);
    const none: unknown = await checkDocker({ env: { PATH: '' } }).catch((e: unknown) => e);
    expect((none as Error).message).toMatch(/needs docker.*could not be started/);
  });
});

describe('the container', () => {
  const plan = async ({ home }: Fake, image: string) => {
    const scratch = join(home, 'scratch');
    mkdirSync(scratch);
    return {
      name: 'sluice-1001-ab',
      runUrl: 'https://run.test/1001',
      image,
      args: ['--max-model-len', '512'],
      port: 8000,
      hostPort: await freePort(),
      env: ['HF_TOKEN=hf_secret', 'MODE=a=b'],
      gpus: 'device=0,1',
      mounts: ['/models/x'],
      scratch,
    };
  };
  const watch = { healthPath: '/health', lenientHealth: false, timeoutMs: 10_000 };

  test('gets label, loopback port, GPUs, model and environment, and no secret stands on a command line', async () => {
    const fake = fakeDocker();
    const wanted = await plan(fake, 'acme/good:1');
    expect(await startContainer(wanted, watch, fake.options)).toBeGreaterThan(0);
    const create = fake
      .calls()
      .find(([command]) => command === 'create')
      ?.join(' ');
    expect(create).toBe(
      `create --name sluice-1001-ab --label sluice.run=https://run.test/1001 --publish 127.0.0.1:${wanted.hostPort}:8000 --env-file ${wanted.scratch}/container.env --gpus "device=0,1" --shm-size 16g --mount type=bind,source=/models/x,target=/models/x,readonly acme/good:1 --max-model-len 512`,
    );
    expect(JSON.stringify(fake.calls())).not.toContain('hf_secret');
    const made = JSON.parse(
      readFileSync(join(fake.home, 'containers/sluice-1001-ab.json'), 'utf8'),
    ) as object;
    expect(made).toMatchObject({ env: ['HF_TOKEN=hf_secret', 'MODE=a=b'], mode: '600' });
    expect(readdirSync(wanted.scratch)).toEqual([]);
    expect(await readExit(wanted.name, fake.options)).toBeUndefined();
    expect(await removeContainer(wanted.name, fake.options.env)).toBe(true);
    expect(await removeContainer(wanted.name, fake.options.env)).toBe(false);
    await expect(fetch(`http://127.0.0.1:${wanted.hostPort}/health`)).rejects.toThrow();
  });

  test.each([
    ['acme/dies:1', 10_000, /ended before it was well \(exit code 1\); likely cause: the memory/],
    ['acme/never:1', 800, /was not well within/],
  ])('%s is removed, and its last lines are told', async (image, timeoutMs, message) => {
    const fake = fakeDocker();
    const error: unknown = await startContainer(
      await plan(fake, image),
      { ...watch, timeoutMs },
      fake.options,
    ).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StartupError);
    expect((error as StartupError).message).toMatch(message);
    expect((error as StartupError).logTail).toMatch(/CUDA out of memory|listening/);
    expect(readdirSync(join(fake.home, 'containers'))).toEqual([]);
  });
});

test('what is said about a container is checked; a value is never shown', () => {
  expect(findEnvFaults(['A=1', 'B_2=x y', 'EMPTY='])).toEqual([]);
  expect(findEnvFaults(['hf_secret', '1A=2'])).toEqual([
    expect.stringContaining('line 1: write NAME=value'),
    expect.stringContaining('line 2'),
  ]);
  expect(findEnvFaults(['hf_secret']).join()).not.toContain('hf_secret');
  for (const gpus of ['all', '2', 'device=0', 'device=0,1', 'device=GPU-ab:0'])
    expect(findGpuFaults(gpus)).toEqual([]);
  for (const gpus of ['0', 'device=', 'all --privileged', '"all"'])
    expect(findGpuFaults(gpus)).toHaveLength(1);
  expect([gpusFlag('all'), gpusFlag('device=0,1')]).toEqual(['all', '"device=0,1"']);
});
