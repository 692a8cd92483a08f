/** Large files of sources other than a hub, through the bundle: ranges at once, and everything that can go wrong with them. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { hasWritten } from '@sluice/testing/kill-pulls';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';
import { RegistryContent, serveRegistry } from '../../../packages/sources/test/support/registry.ts';
import { serveS3 } from '../../../packages/sources/test/support/s3-server.ts';
import { sendSlowly } from '../../../packages/sources/test/support/send-slowly.ts';
import type { TestServer } from '../../../packages/sources/test/support/serve.ts';
import { sendBytes, serve, sha256Hex } from '../../../packages/sources/test/support/serve.ts';

const MIB = 1024 * 1024;
/** More than two of the engine's pieces of 32 MiB. */
const LARGE = Buffer.alloc(68 * MIB, 'all work and no play');
const SMALL = LARGE.subarray(0, 6 * MIB);
const quoted = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;
const LARGE_ETAG = quoted(LARGE);
const KEYS = { accessKeyId: 'AKID', secretAccessKey: 'wJalr/secret' };

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-ranged-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

function pull(
  model: string,
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
  killOn?: Promise<unknown>,
): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model, 'cache-dir': 'cache', 'min-free-space': '0B', safety: 'off', verify: 'fast', ...inputs },
    env: {
      ...NO_HUB_SETTINGS,
      HOME: workspace,
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      ...env,
    },
    timeoutMs: 30_000,
    ...(killOn && { killOn }),
  });
}

async function expectFile(run: ActionOutcome, name: string, bytes: Buffer): Promise<void> {
  expect(run.stdout).not.toContain('::error::');
  expect(run.outputs).toMatchObject({ outcome: 'success', 'cache-hit': 'none' });
  expect(sha256Hex(await readFile(join(run.outputs['path'] ?? '', name)))).toBe(sha256Hex(bytes));
  expect(await leftovers()).toEqual([]);
}

/** Resolves when a first range is on disk. */
async function written(): Promise<void> {
  while (!(await hasWritten(workspace))) await sleep(5);
}

async function leftovers(): Promise<string[]> {
  const names = await readdir(join(workspace, 'cache'), { recursive: true });
  return names.filter((name) => /\.(incomplete|journal|tmp)$/.test(name));
}

const ranges = (server: TestServer): string[] =>
  server.seen.flatMap(({ headers }) =>
    headers.range === undefined || headers.range === 'bytes=0-0' ? [] : [headers.range],
  );

describe('S3', () => {
  const s3 = (send = sendBytes, bytes = LARGE, etag = LARGE_ETAG) => {
    const objects = new Map([['m/a.bin', { bytes, headers: { etag } }]]);
    return { objects, started: serveS3({ bucket: 'b', objects, credentials: KEYS, send }) };
  };

  test('signed ranges come over several connections; each is bound to the ETag', async () => {
    const slow = sendSlowly(sendBytes, () => 100 * MIB);
    await using server = await s3(slow.send).started;
    await expectFile(await pull('s3://b/m/a.bin', { endpoint: server.url }), 'a.bin', LARGE);
    expect(slow.sent.atOnce).toBeGreaterThan(1);
    expect(slow.sent.bytes).toBe(LARGE.length);
    const asked = server.seen.filter(({ headers }) => headers.range !== undefined);
    expect(new Set(ranges(server)).size).toBe(3);
    // Threads brought them: this thread's client calls itself otherwise.
    expect(asked.every(({ headers }) => headers['user-agent'] === 'sluice-model-pull/0.1')).toBe(true);
    for (const { headers } of asked) {
      expect(headers['if-match']).toBe(LARGE_ETAG);
      // One signature is good for any range of this object: that is what lets a thread ask for them.
      expect(headers.authorization).not.toMatch(/SignedHeaders=[^,]*range/);
    }
    expect((await pull('s3://b/m/a.bin', { endpoint: server.url })).outputs['cache-hit']).toBe('full');
  });

  test('a signature that is refused is made anew', async () => {
    let refusals = 2;
    await using server = await s3((request, response, ...rest) => {
      if (request.headers.range === undefined || refusals-- <= 0) sendBytes(request, response, ...rest);
      else response.writeHead(403).end('<Error><Code>RequestTimeTooSkewed</Code></Error>');
    }).started;
    await expectFile(await pull('s3://b/m/a.bin', { endpoint: server.url }), 'a.bin', LARGE);
  });

  test('killed in the middle it goes on there; when the object has changed meanwhile it begins anew', async () => {
    let speed = 6 * MIB;
    const slow = sendSlowly(sendBytes, () => speed);
    // An object in parts: its ETag is no hash, and alone says which content it is.
    const { objects, started } = s3(slow.send, SMALL, '"one-2"');
    await using server = await started;
    const inputs = { endpoint: server.url };
    const begun = async (): Promise<void> => {
      speed = 6 * MIB;
      expect((await pull('s3://b/m/a.bin', inputs, {}, written())).signal).toBe('SIGKILL');
      expect(await leftovers()).toHaveLength(2);
      speed = 0;
    };
    await begun();
    const before = slow.sent.bytes;
    const second = await pull('s3://b/m/a.bin', inputs);
    await expectFile(second, 'a.bin', SMALL);
    expect(second.stdout).toContain('that an ended download left');
    expect(slow.sent.bytes - before).toBeLessThan(SMALL.length);
    expect(ranges(server).at(-1)).toMatch(/^bytes=[1-9]/);

    await rm(join(workspace, 'cache'), { recursive: true });
    await begun();
    const other = Buffer.alloc(SMALL.length, 'dull boy');
    objects.set('m/a.bin', { bytes: other, headers: { etag: '"two-2"' } });
    const anew = await pull('s3://b/m/a.bin', inputs);
    await expectFile(anew, 'a.bin', other);
    expect(anew.stdout).not.toContain('that an ended download left');
  });

  test('an object that changes while it is read, and a byte that flips on the way, never get the name', async () => {
    let hurt: (bytes: Buffer) => { bytes: Buffer; etag: string } = (bytes) => ({
      bytes,
      etag: quoted(bytes),
    });
    await using server = await s3(
      (request, response, bytes, etag, more) => {
        const changed = request.method === 'GET' ? hurt(bytes) : { bytes, etag: etag ?? '' };
        sendBytes(request, response, changed.bytes, changed.etag, { ...more, etag: changed.etag });
      },
      SMALL,
      quoted(SMALL),
    ).started;
    const inputs = { endpoint: server.url };
    hurt = (bytes) => ({ bytes: Buffer.alloc(bytes.length, 'dull'), etag: '"other"' });
    const changed = await pull('s3://b/m/a.bin', inputs);
    expect(changed.outputs).toMatchObject({ outcome: 'infra-error' });
    expect(changed.stdout).toContain('it changed on the server since it was listed');
    hurt = (bytes) => {
      const flipped = Buffer.from(bytes);
      flipped[4 * MIB] = (flipped[4 * MIB] ?? 0) ^ 1;
      return { bytes: flipped, etag: quoted(SMALL) };
    };
    const flipped = await pull('s3://b/m/a.bin', inputs);
    expect(flipped.outputs).toMatchObject({ outcome: 'infra-error' });
    expect(flipped.stdout).toMatch(/whose md5 is [0-9a-f]{32}, the source says/);
    for (const { outputs } of [changed, flipped]) expect(outputs['path']).toBeUndefined();
    hurt = (bytes) => ({ bytes, etag: quoted(bytes) });
    await expectFile(await pull('s3://b/m/a.bin', inputs), 'a.bin', SMALL);
  });

  test('the bandwidth limit holds, and a disk that is too small is told before the first byte', async () => {
    await using server = await s3(sendBytes, SMALL, quoted(SMALL)).started;
    const full = await pull('s3://b/m/a.bin', { endpoint: server.url, 'min-free-space': '900TB' });
    expect(full.outputs['outcome']).toBe('infra-error');
    expect(full.stdout).toContain('`min-free-space` keeps');
    expect(ranges(server)).toEqual([]);
    const started = performance.now();
    const limited = await pull('s3://b/m/a.bin', { endpoint: server.url, 'bandwidth-limit': '6MB' });
    await expectFile(limited, 'a.bin', SMALL);
    expect(performance.now() - started).toBeGreaterThan(700);
  });
});

describe('a web server', () => {
  const cutAt = (bytes: number) => {
    let requests = 0;
    return serve((request, response) => {
      requests += 1;
      // The first asks for the facts.
      if (requests !== 2) response.writeHead(200, { 'content-type': 'x/y' }).end(SMALL);
      else
        response
          .writeHead(200)
          .write(SMALL.subarray(0, bytes), () => setTimeout(() => response.destroy(), 30));
    });
  };

  test('without ranges, length and ETag starts over after a break, and is right', async () => {
    await using server = await cutAt(2 * MIB);
    const run = await pull(`${server.url}/a.bin`);
    await expectFile(run, 'a.bin', SMALL);
    expect(run.stdout).toContain('nothing says that another brings the same bytes');
    expect(server.seen).toHaveLength(3);
  });

  test('without ranges but with a hash keeps what came', async () => {
    await using server = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': String(SMALL.length), etag: '"a"' }).end(SMALL);
    });
    const run = await pull(`${server.url}/a.bin#sha256=${sha256Hex(SMALL)}`, { connections: '8' });
    await expectFile(run, 'a.bin', SMALL);
    expect(server.seen).toHaveLength(2);
  });

  test('429 is waited for; the token stays at its origin when the file lies elsewhere', async () => {
    let storms = 2;
    await using store = await serve((request, response) => {
      if (request.headers.range !== 'bytes=0-0' && storms-- > 0)
        response.writeHead(429, { 'retry-after': '0' }).end();
      else sendBytes(request, response, LARGE, LARGE_ETAG);
    });
    await using server = await serve((_request, response) => {
      response.writeHead(302, { location: `${store.url}/blob?signature=1` }).end();
    });
    await expectFile(await pull(`${server.url}/a.bin`, { token: 'mine-alone' }), 'a.bin', LARGE);
    expect(new Set(ranges(store)).size).toBe(3);
    expect(server.seen.every(({ headers }) => headers.authorization === 'Bearer mine-alone')).toBe(true);
    expect(store.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
  });
});

test('Git LFS addresses that end are asked for again', async () => {
  let [batches, left] = [0, 0];
  await using lfs = await serve((request, response) => {
    const good = request.url.searchParams.get('batch') === String(batches) && left-- > 0;
    if (request.method === 'GET' && good) sendBytes(request, response, LARGE);
    else if (request.method === 'GET') response.writeHead(403).end();
    else {
      [batches, left] = [batches + 1, 3];
      const href = `http://${request.headers.host ?? ''}/object?batch=${batches}`;
      const header = { 'X-Ticket': `ticket-${batches}` };
      const object = { oid: sha256Hex(LARGE), size: LARGE.length, actions: { download: { href, header } } };
      response.writeHead(200).end(JSON.stringify({ objects: [object] }));
    }
  });
  await mkdir(join(workspace, '.git'));
  await writeFile(join(workspace, '.git/config'), `[remote "origin"]\n\turl = ${lfs.url}/org/repo\n`);
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256Hex(LARGE)}\nsize ${LARGE.length}\n`;
  await mkdir(join(workspace, 'm'));
  await writeFile(join(workspace, 'm/a.bin'), pointer);
  await expectFile(await pull('file:m'), 'a.bin', LARGE);
  expect(batches).toBeGreaterThan(1);
  const gets = lfs.seen.filter(({ method }) => method === 'GET');
  expect(gets.every(({ headers }) => String(headers['x-ticket']).startsWith('ticket-'))).toBe(true);
});

test('a registry’s blob comes in ranges from the store it redirects to, which never sees the bearer', async () => {
  const content = new RegistryContent();
  const title = { 'org.opencontainers.image.title': 'a.bin' };
  const digest = content.tag('v1', { layers: [content.layer(LARGE, 'application/octet-stream', title)] });
  await using store = await serve((request, response) => sendBytes(request, response, LARGE));
  await using registry = await serveRegistry(content, { login: { user: 'u', password: 'p' }, store });
  const run = await pull(`oci://${new URL(registry.url).host}/org/model:v1`, { token: 'u:p' });
  await expectFile(run, 'a.bin', LARGE);
  expect(run.outputs['revision']).toBe(digest);
  expect(new Set(ranges(store)).size).toBe(3);
  expect(store.seen.some(({ headers }) => headers.authorization !== undefined)).toBe(false);
});
