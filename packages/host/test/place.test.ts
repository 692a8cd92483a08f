import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withFileLock } from '@sluice/runtime/files';
import { cleanEnv } from '../src/clean-env.ts';
import { connectHost, ensureHost } from '../src/client.ts';
import { controlRequest } from '../src/control-client.ts';
import { refuseEphemeral } from '../src/ephemeral.ts';
import { installBundle } from '../src/install.ts';
import { defaultStateDir, hostLayout, reachSocket } from '../src/layout.ts';
import { parseListen } from '../src/listen-address.ts';
import { capLog, lastLines } from '../src/log-file.ts';
import { emptyState, parseState } from '../src/state.ts';
import { DEFAULT_TIMINGS, restartDelay } from '../src/timings.ts';
import { unitFile } from '../src/unit-file.ts';
import { quietLog } from '@sluice/testing/quiet-log';
import { TestHost } from './support.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-place-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('the environment loses what belongs to the job and what looks like a secret', () => {
  const kept = {
    PATH: '/bin',
    HOME: '/h',
    LANG: 'C',
    CUDA_VISIBLE_DEVICES: '0',
    LD_LIBRARY_PATH: '/l',
    TOKENIZERS_PARALLELISM: 'false',
    PWD: '/x',
    HF_HOME: '/hf',
    https_proxy: 'http://proxy:3128',
  };
  const dropped = {
    ...{
      RUNNER_TRACKING_ID: 'x',
      RUNNER_TEMP: 'x',
      INPUT_MODEL: 'x',
      GITHUB_SHA: 'x',
      ACTIONS_CACHE_URL: 'x',
      STATE_a: 'x',
    },
    ...{
      HF_TOKEN: 'x',
      AWS_SECRET_ACCESS_KEY: 'x',
      AWS_ACCESS_KEY_ID: 'x',
      db_password: 'x',
      OPENAI_API_KEY: 'x',
      NODE_OPTIONS: '-r /w/x',
    },
    ...{ INNOCENT: 'ghs_abc', ALSO: 'https://user:pass@host/', CERT: '-----BEGIN PRIVATE KEY-----' },
  };
  expect(cleanEnv({ ...kept, ...dropped })).toEqual(kept);
});

describe('refuseEphemeral', () => {
  test.each([
    { RUNNER_ENVIRONMENT: 'github-hosted' },
    { RUNNER_EPHEMERAL: 'true' },
    { EPHEMERAL: '1' },
    { RUNNER_TEMP: '/__w/_temp' },
    { ACTIONS_RUNNER_POD_NAME: 'runner-abc' },
    { GITHUB_ACTIONS_RUNNER_EXTRA_USER_AGENT: 'actions-runner-controller/0.15.0' },
    { ACTIONS_RUNNER_INPUT_JITCONFIG: 'e30=' },
  ])('%j', (env) => {
    const message = refuseEphemeral({ RUNNER_ENVIRONMENT: 'self-hosted', ...env });
    expect(message).toContain('target: host');
    expect(message).toContain('self-hosted runner that stays');
  });

  test.each([
    {},
    { ACT: 'true', RUNNER_TEMP: '/home/runner/work/_temp' },
    { RUNNER_ENVIRONMENT: 'self-hosted', EPHEMERAL: 'false' },
    { RUNNER_EPHEMERAL: 'false', GITHUB_ACTIONS_RUNNER_EXTRA_USER_AGENT: 'actions-runner-controller/0.27' },
  ])('lets %j pass', (env) => {
    expect(refuseEphemeral(env)).toBeUndefined();
  });
});

describe('places', () => {
  test('a service name that is no folder name is refused', () => {
    expect(() => hostLayout('/x', '../y')).toThrow("input `service`: '../y'");
    expect(() => hostLayout('/x', 'bin')).toThrow('`service`:');
    expect(hostLayout('/x', 'llm').socket).toBe('/x/llm/control.sock');
  });

  test('the system folder when it can be written, else the home folder', async () => {
    await expect(defaultStateDir(join(root, 'sluice'), '/home/a')).resolves.toBe(join(root, 'sluice'));
    await writeFile(join(root, 'file'), '');
    await expect(defaultStateDir(join(root, 'file', 'sluice'), '/home/a')).resolves.toBe(
      '/home/a/.local/state/sluice',
    );
  });

  test('a socket works however long its path is', async () => {
    const folder = join(root, 'x'.repeat(120));
    await mkdir(folder);
    const path = join(folder, 'control.sock');
    const server = createHttpServer((_request, response) => response.end('{}'));
    const bound = await reachSocket(path);
    await new Promise<void>((resolve) => server.listen(bound.path, resolve));
    await bound.close();
    expect((await stat(path)).isSocket()).toBe(true);
    await expect(controlRequest(path, 'GET', '/')).resolves.toEqual({});
    await new Promise((resolve) => server.close(resolve));
    await expect(connectHost({ stateDir: root, service: 'nobody' })).resolves.toBeUndefined();
  });

  test.each([
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['[::1]:80', { host: '::1', port: 80 }],
    [':9000', { host: '127.0.0.1', port: 9000 }],
    ['0.0.0.0:1', { host: '0.0.0.0', port: 1 }],
  ])('listen %s', (text, address) => {
    expect(parseListen(text)).toEqual(address);
  });

  test.each(['8080', 'a:b', 'x:0', 'x:70000', '::1:80', ''])("listen '%s' is refused", (text) => {
    expect(() => parseListen(text)).toThrow(`input \`listen\`: '${text}' is not host:port`);
  });
});

test('the bundle is copied whole with the folders it names, once', async () => {
  const dist = join(root, 'dist');
  for (const name of ['deploy', 'kubernetes', 'unrelated'])
    await mkdir(join(dist, name), { recursive: true });
  await writeFile(
    join(dist, 'deploy', 'index.js'),
    "import('../kubernetes/index.js');import('../gone/x.js')",
  );
  await writeFile(join(dist, 'deploy', '123.index.js'), 'chunk');
  await writeFile(join(dist, 'kubernetes', 'index.js'), 'shared');
  const bin = join(root, 'bin');
  const [first, second] = await Promise.all(
    [1, 2].map(() => installBundle(bin, join(dist, 'deploy', 'index.js'))),
  );
  expect(first).toBe(second);
  expect(await readFile(join(first ?? '', '..', '123.index.js'), 'utf8')).toBe('chunk');
  expect(await readFile(join(first ?? '', '..', '..', 'kubernetes', 'index.js'), 'utf8')).toBe('shared');
  await expect(stat(join(first ?? '', '..', '..', 'unrelated'))).rejects.toThrow('ENOENT');
  await expect(installBundle(bin, first ?? '')).resolves.toBe(first);
  await writeFile(join(dist, 'kubernetes', 'index.js'), 'changed');
  await expect(installBundle(bin, join(dist, 'deploy', 'index.js'))).resolves.not.toBe(first);
});

test('a log is cut in place while its process writes on, and read at its end', async () => {
  const path = join(root, 'server.log');
  expect(await lastLines(path)).toEqual([]);
  await writeFile(path, Array.from({ length: 3_000 }, (_, index) => `line ${index}\n`).join(''));
  expect(await lastLines(path, 2)).toEqual(['line 2998', 'line 2999']);
  await expect(capLog(path, 1_000_000)).resolves.toBe(false);
  await expect(capLog(path, 1_000)).resolves.toBe(true);
  await appendFile(path, 'after\n');
  expect(await readFile(path, 'utf8')).toBe('after\n');
  expect((await lastLines(`${path}.1`, 1))[0]).toBe('line 2999');
});

test('a broken state is said, never taken for an empty one', () => {
  expect(parseState(JSON.stringify(emptyState('llm')), 's')).toEqual(emptyState('llm'));
  expect(() => parseState('{"schemaVersion":1', '/s/state.json')).toThrow("/s/state.json can't be read");
  expect(() => parseState(JSON.stringify({ ...emptyState('llm'), servers: [{}] }), 's')).toThrow(
    'servers[0].spec',
  );
  expect(() => parseState(JSON.stringify({ ...emptyState('llm'), schemaVersion: 2 }), 's')).toThrow(
    'schemaVersion 2',
  );
});

test('pauses before restarts double up to the maximum', () => {
  const delays = [0, 1, 2, 6, 7, 50].map((attempt) => restartDelay(attempt, DEFAULT_TIMINGS));
  expect(delays).toEqual([250, 500, 1_000, 16_000, 30_000, 30_000]);
});

test('the unit file starts the installed copy and leaves model servers to the next supervisor', () => {
  const options = { stateDir: '/var/lib/sluice', service: 'llm', listen: '127.0.0.1:8080', user: 'runner' };
  const text = unitFile({ ...options, bundle: '/var/lib/a b/index.js', node: '/opt/node%1' });
  expect(text).toContain(
    'ExecStart=/opt/node%%1 "/var/lib/a b/index.js" --role=host-supervisor --state-dir=/var/lib/sluice --service=llm --listen=127.0.0.1:8080\n',
  );
  expect(text).toContain('KillMode=process');
});

describe('ensureHost says what is wrong', () => {
  let host: TestHost;
  beforeAll(async () => {
    host = await TestHost.make();
  });
  afterAll(() => host.dispose());

  test('an address that another program has', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(host.port, '127.0.0.1', resolve));
    await expect(host.ensure()).rejects.toThrow(
      `input \`listen\`: ${host.listen} is taken by another program`,
    );
    await new Promise((resolve) => other.close(resolve));
  });

  test('two runs at once get one supervisor; another address is refused', async () => {
    const clients = await Promise.all([host.ensure(), host.ensure()]);
    const pids = await Promise.all(clients.map(async (client) => (await client.status()).supervisor.pid));
    expect(pids[0]).toBe(pids[1]);
    const options = { stateDir: host.stateDir, service: 'llm', listen: '127.0.0.1:1', bundle: host.bundle };
    await expect(
      ensureHost({ ...options, log: quietLog, signal: AbortSignal.timeout(5_000) }),
    ).rejects.toThrow(`input \`listen\`: service llm runs on ${host.listen}, not on 127.0.0.1:1`);
  });

  test('a supervisor of another version than the action goes on, and the log says what to do', async () => {
    const { supervisor } = await (await host.ensure()).status();
    const notices: string[] = [];
    const log = { ...quietLog, notice: (text: string) => void notices.push(text) };
    const { stateDir, listen, bundle } = host;
    const options = {
      ...{ stateDir, service: 'llm', listen, bundle, log },
      signal: AbortSignal.timeout(5_000),
    };
    await ensureHost(options);
    expect(notices).toEqual([]);
    await appendFile(bundle, '// newer\n');
    const after = await (await ensureHost(options)).status();
    expect(after.supervisor.pid).toBe(supervisor.pid);
    expect(notices.join()).toMatch(
      new RegExp(
        `process ${supervisor.pid}, since .* runs another version than this action .*kill ${supervisor.pid}`,
      ),
    );
    expect(supervisor.node).toMatch(/\/bin\/node-v/);
  });

  test('a supervisor that is just ending is waited for, not taken for one that runs', async () => {
    await host.client.shutdown();
    // What is left of it for a while: the lock, and nobody who answers.
    const lock = hostLayout(host.stateDir, 'llm').lock;
    const locked = Promise.withResolvers<void>();
    const hold = (): Promise<void> => {
      locked.resolve();
      return new Promise((done) => setTimeout(done, 1_500));
    };
    const held = withFileLock(lock, hold, { timeoutMs: 20_000 });
    // Only then: a supervisor that starts now must find the lock taken.
    await locked.promise;
    const started = Date.now();
    await host.ensure();
    await held;
    expect(Date.now() - started).toBeLessThan(15_000);
  });

  test('a state that cannot be read', async () => {
    await host.client.shutdown();
    const path = join(host.stateDir, 'llm', 'state.json');
    await writeFile(path, '{');
    await chmod(path, 0o600);
    await expect(host.ensure()).rejects.toThrow(
      /did not start; its last log lines:[\s\S]*mend it, or put a backup in its place/,
    );
  });
});
