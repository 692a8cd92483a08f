import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findHost } from '../src/client.ts';
import { endLeftovers } from '../src/leftovers.ts';
import { quietLog } from '@sluice/testing/quiet-log';
import { alive, isClosed, specOf, TestHost, until } from './support.ts';

const prompt = { model: 'x', messages: [{ role: 'user', content: 'hi' }] };

let host: TestHost;
beforeEach(async () => {
  host = await TestHost.make();
});
afterEach(() => host.dispose());

async function serve(...versions: string[]): Promise<void> {
  await Promise.all(versions.map((version) => host.client.startServer(specOf(version), 'stable')));
  await host.client.setWeights(Object.fromEntries(versions.map((version) => [version, 1 / versions.length])));
}

async function pidOf(version: string): Promise<number> {
  const { servers } = await host.client.status();
  return servers.find((server) => server.version === version)?.pid ?? -1;
}

/** Kills a server and returns when its process is gone: nothing was in the middle of an answer. */
async function endServer(version: string): Promise<void> {
  const { servers } = await host.client.status();
  const server = servers.find((known) => known.version === version);
  // Never a default: pid -1 is every process of this machine.
  if (typeof server?.pid !== 'number') throw new Error('there is no server to kill');
  const port = server.port ?? 0;
  process.kill(server.pid, 'SIGKILL');
  await until(`${version} is gone`, () => isClosed(port));
}

/** What the runner does at the end of a job: ends every process whose environment carries its tracking id. */
async function endJob(trackingId: string): Promise<number> {
  let ended = 0;
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (!environment.includes(`RUNNER_TRACKING_ID=${trackingId}`)) continue;
    process.kill(Number(pid), 'SIGKILL');
    ended += 1;
  }
  return ended;
}

describe('what ends around a host service', () => {
  test('the supervisor: the client in hand starts it again, and its servers are adopted', async () => {
    await host.ensure();
    await serve('v1');
    const before = await pidOf('v1');
    const { supervisor } = await host.client.status();
    process.kill(supervisor.pid, 'SIGKILL');
    await until('the router is gone', () => isClosed(host.port));
    const status = await host.client.status();
    expect(status.supervisor.pid).not.toBe(supervisor.pid);
    expect(status.servers.map(({ version, pid }) => [version, pid])).toEqual([['v1', before]]);
    expect((await host.ask(prompt)).headers['x-sluice-version']).toBe('v1');
  });

  test('the supervisor, when nobody is at it: whoever looks next brings it back, unless it was removed', async () => {
    await host.ensure();
    await serve('v1');
    process.kill((await host.client.status()).supervisor.pid, 'SIGKILL');
    await until('the router is gone', () => isClosed(host.port));
    const options = {
      ...{ stateDir: host.stateDir, service: 'llm', bundle: host.bundle, log: quietLog },
      signal: AbortSignal.timeout(20_000),
    };
    const found = await findHost(options);
    expect((await found?.status())?.listen).toBe(host.listen);
    const other = await findHost(options);
    await found?.shutdown();
    expect(await findHost(options)).toBeUndefined();
    await expect(other?.status()).rejects.toThrow('the service llm was removed meanwhile');
  });

  test('the job: processes by tracking id and the action folder go, the service stays', async () => {
    const trackingId = `github_${process.pid}_${Date.now()}`;
    const env = {
      ...process.env,
      ...{ RUNNER_TRACKING_ID: trackingId, INPUT_TOKEN: 'a', GITHUB_TOKEN: 'b', ACTIONS_RUNTIME_TOKEN: 'c' },
      ...{
        HF_TOKEN: 'd',
        MY_PASSWORD: 'e',
        NPM_CONFIG_KEY: 'ghp_0123',
        CUDA_VISIBLE_DEVICES: '0',
        TOKENIZERS_PARALLELISM: 'false',
      },
    };
    await host.ensure({ env });
    await serve('v1');
    expect(await endJob(trackingId)).toBe(0);
    await rm(join(host.root, 'dist'), { recursive: true });
    const answer = await host.ask(undefined, { path: '/echo' });
    const { env: seen } = JSON.parse(answer.text) as { env: Record<string, string> };
    expect(seen).toMatchObject({
      CUDA_VISIBLE_DEVICES: '0',
      TOKENIZERS_PARALLELISM: 'false',
      PATH: process.env['PATH'],
    });
    expect(
      Object.keys(seen).filter((name) => /^(RUNNER|INPUT|GITHUB|ACTIONS|HF|MY|NPM_CONFIG_KEY)/.test(name)),
    ).toEqual([]);
    const { supervisor } = await host.client.status();
    expect(supervisor.bundle).toMatch(/\/state\/bin\/[0-9a-f]{64}\/canary-deploy\/index\.js$/);
    expect(await readdir(join(supervisor.bundle, '..', '..'))).toEqual(['canary-deploy', 'kubernetes']);
    // Ended and started again from the copy alone.
    await endServer('v1');
    expect((await host.ask(prompt)).status).toBe(200);
  });

  test('the supervisor, by SIGKILL: the next one adopts its servers and their shares', async () => {
    await host.ensure();
    await serve('v1', 'v2');
    const before = await host.client.status();
    process.kill(before.supervisor.pid, 'SIGKILL');
    await until('the port is closed', () =>
      host.ask(prompt).then(
        () => false,
        () => true,
      ),
    );
    await host.ensure();
    const after = await host.client.status();
    expect(after.supervisor.pid).not.toBe(before.supervisor.pid);
    const facts = (status: typeof after): unknown =>
      status.servers.map(({ version, pid, weight, phase, track }) => [version, pid, weight, phase, track]);
    expect(facts(after)).toEqual(facts(before));
    expect((await host.ask(prompt)).status).toBe(200);
    // An adopted server is no child: its end is seen all the same.
    await endServer('v1');
    const answers = await Promise.all(Array.from({ length: 8 }, () => host.ask(prompt)));
    expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    await until('v1 is back', async () => {
      const { servers } = await host.client.status();
      return (
        servers.every((server) => server.phase === 'ready') && servers.some((server) => server.restarts === 1)
      );
    });
  });

  test('everything, as at a reboot: the next deploy restores it from state.json', async () => {
    await host.ensure();
    await serve('v1');
    const { supervisor } = await host.client.status();
    const server = await pidOf('v1');
    process.kill(supervisor.pid, 'SIGKILL');
    process.kill(server, 'SIGKILL');
    await host.ensure();
    const status = await host.client.status();
    expect(status.servers).toMatchObject([{ version: 'v1', phase: 'ready', weight: 1 }]);
    expect(status.servers[0]?.pid).not.toBe(server);
    expect((await host.ask(prompt)).headers['x-sluice-version']).toBe('v1');
  });

  test('the supervisor, and nobody wants the service any more: its servers are ended', async () => {
    await host.ensure();
    await serve('v1');
    const { supervisor } = await host.client.status();
    const server = await pidOf('v1');
    const place = { stateDir: host.stateDir, service: 'llm' };
    await expect(endLeftovers(place)).rejects.toThrow('locked by process');
    process.kill(supervisor.pid, 'SIGKILL');
    await until('it is gone', async () => !(await alive(supervisor.pid)));
    await expect(endLeftovers(place)).resolves.toEqual(['v1']);
    expect(await alive(server)).toBe(false);
    await host.ensure();
    expect((await host.client.status()).servers).toEqual([]);
  });

  test('the supervisor, by SIGTERM: its servers end with it and come back', async () => {
    await host.ensure();
    await serve('v1');
    const { supervisor } = await host.client.status();
    const server = await pidOf('v1');
    process.kill(supervisor.pid, 'SIGTERM');
    await until('both are gone', async () => !(await alive(supervisor.pid)) && !(await alive(server)));
    await host.ensure();
    expect((await host.ask(prompt)).status).toBe(200);
  });

  test('one server: nobody notices, and it is started again', async () => {
    await host.ensure();
    await serve('v1', 'v2');
    let asking = true;
    const statuses: number[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (asking) statuses.push((await host.ask(undefined, { path: '/v1/models' })).status);
    });
    await until('some are answered', () => statuses.length > 20);
    // What is in the middle of an answer when its server dies is lost, and counted: at most one of each client.
    await endServer('v2');
    await until('v2 is back', async () => {
      const status = await host.client.status();
      return status.servers.some((server) => server.restarts > 0 && server.phase === 'ready');
    });
    asking = false;
    await Promise.all(clients);
    const lost = statuses.filter((status) => status !== 200).length;
    const { totals } = await host.client.status();
    expect(lost).toBe((totals['v2']?.lost ?? 0) + (totals['v1']?.lost ?? 0));
    expect(lost).toBeLessThanOrEqual(4);
  });

  test('the only server: requests wait for it to come back', async () => {
    await host.ensure();
    await serve('v1');
    await endServer('v1');
    const answers = await Promise.all(Array.from({ length: 5 }, () => host.ask(prompt)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200, 200, 200]);
  });

  test('a server that turns sick: its share goes to the other one', async () => {
    await host.ensure();
    await serve('v1', 'v2');
    await host.ask(undefined, { path: '/sick', headers: { 'x-sluice-probe': 'v1' } });
    await until('it is seen', async () =>
      (await host.client.status()).servers.some((server) => server.phase === 'unhealthy'),
    );
    const answers = await Promise.all(Array.from({ length: 10 }, () => host.ask(prompt)));
    expect(new Set(answers.map((answer) => answer.headers['x-sluice-version']))).toEqual(new Set(['v2']));
  });

  test('connections that a server drops while idle: no request is lost to them', async () => {
    await host.ensure();
    await host.client.startServer(specOf('v1', '--mode=drop-idle'), 'stable');
    await host.client.setWeights({ v1: 1 });
    const statuses: number[] = [];
    for (let index = 0; index < 20; index += 1) statuses.push((await host.ask(prompt)).status);
    expect(statuses).toEqual(Array(20).fill(200));
    const { totals } = await host.client.status();
    expect(totals['v1']).toEqual({ requests: 20, errors: 0, lost: 0, failovers: 10 });
  });

  test('a silent server: 504 in the form that clients read', async () => {
    await host.ensure({ timings: { silenceMs: 200 } });
    await host.client.startServer(specOf('v1', '--mode=silent'), 'stable');
    await host.client.setWeights({ v1: 1 });
    const answer = await host.ask(prompt);
    expect([answer.status, answer.headers['x-sluice-version']]).toEqual([504, 'v1']);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'server_silent', param: null } });
    expect((await host.client.status()).totals['v1']).toEqual({
      requests: 1,
      errors: 1,
      lost: 1,
      failovers: 0,
    });
  });
});
