import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type ConnectOptions } from '@sluice/kubernetes/connect';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import { findKubeconfig } from '@sluice/kubernetes/kubeconfig';
import type { KubeApi } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';

let server: KubeApiServer;
let folder: string;
const lines: string[] = [];
const { signal } = new AbortController();
const log = plainLogger((line) => lines.push(line));
const open = (options: Partial<ConnectOptions> = {}): Promise<KubeApi> =>
  connect({ kubeconfig: server.kubeconfig, log, signal, patienceMs: 3000, ...options });
const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' } });
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name });

beforeAll(async () => {
  server = await startKubeApi({ namespaces: ['prod'] });
  folder = await mkdtemp(join(tmpdir(), 'connect-'));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

describe('what is wrong is named', () => {
  test.each<[string, () => Partial<ConnectOptions>, RegExp]>([
    [
      'a context',
      () => ({ context: 'prod-eu' }),
      /^context: "prod-eu" isn't in the kubeconfig; it has emulator$/,
    ],
    [
      'a namespace',
      () => ({ namespace: 'staging' }),
      /^namespace: there is no "staging" in cluster emulator \(context emulator\); it has default, kube-system, prod$/,
    ],
    ['a name that is none', () => ({ namespace: '../x' }), /^namespace: "\.\.\/x" is no name of a namespace/],
    ['a file', () => ({ kubeconfig: '/nowhere/config' }), /^kubeconfig: there is no file \/nowhere\/config$/],
    ['a text', () => ({ kubeconfig: 'a: b\nc: d\n' }), /^kubeconfig is no kubeconfig: it has no lists/],
  ])('%s', async (_what, options, message) => {
    await expect(open(options())).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
  });

  test('a token that is not let in is not told', async () => {
    const kubeconfig = await server.writeKubeconfig({ token: 'wrong-token-0123456789' });
    const error: unknown = await open({ kubeconfig }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/doesn't let user "emulator" in \(401\)/),
    });
    expect(JSON.stringify([String(error), lines])).not.toContain('wrong-token');
  });

  test('a server that is not there, a certificate of another authority, plain http to elsewhere', async () => {
    const text = (await findKubeconfig(server.kubeconfig)) ?? { clusters: [], contexts: [], users: [] };
    const write = async (cluster: object): Promise<string> => {
      const path = join(folder, 'config');
      await writeFile(path, JSON.stringify({ ...text, clusters: [{ name: 'emulator', cluster }] }));
      return path;
    };
    const patienceMs = 400;
    await expect(
      open({ kubeconfig: await write({ server: 'https://127.0.0.1:1' }), patienceMs }),
    ).rejects.toMatchObject({
      name: 'InfraError',
      message: expect.stringMatching(
        /^cluster emulator \(https:\/\/127\.0\.0\.1:1\) can't be reached: .*ECONNREFUSED/,
      ),
    });
    await expect(open({ kubeconfig: await write({ server: server.origin }) })).rejects.toMatchObject({
      name: 'InfraError',
      message: expect.stringMatching(/certificate of https:\/\/127\.0\.0\.1:\d+ is not trusted/),
    });
    await expect(
      open({ kubeconfig: await write({ server: 'http://cluster.example' }) }),
    ).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/plain http/),
    });
  });
});

test('a credential program is run with what the protocol gives it, again when its token is refused', async () => {
  const [first, second] = [server.tokenFor('prod', 'ci'), server.tokenFor('prod', 'ci')];
  const program = join(folder, 'get-token');
  await writeFile(
    program,
    `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *ExecCredential*) ;; *) exit 3;; esac\necho "{\\"apiVersion\\":\\"$1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$(cat '${folder}/token')\\"}}"\n`,
  );
  await chmod(program, 0o755);
  await writeFile(join(folder, 'token'), 'stale');
  const apiVersion = 'client.authentication.k8s.io/v1';
  const kubeconfig = await server.writeKubeconfig({
    exec: { apiVersion, command: program, args: [apiVersion] },
  });
  await expect(open({ kubeconfig })).rejects.toThrow(/401/);
  await writeFile(join(folder, 'token'), first);
  const api = await open({ kubeconfig });
  await expect(api.get(ref('x'))).rejects.toThrow(/cannot get resource "configmaps"/);
  await writeFile(join(folder, 'token'), second);
  await expect(api.list({ apiVersion: 'v1', kind: 'Secret' })).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringMatching(
      /add to its Role: \{apiGroups: \[""\], resources: \["secrets"\], verbs: \["list"\]\}/,
    ),
  });
  await rm(program);
  await expect(open({ kubeconfig })).rejects.toThrow(
    /credential program ".*get-token" of user emulator failed: .*ENOENT/,
  );
  await api.close();
});

describe('an API server that comes and goes', () => {
  test('a request waits for its restart', async () => {
    const api = await open();
    await server.stop();
    setTimeout(() => void server.start(), 300);
    expect(await api.get(ref('none'))).toBeUndefined();
    await api.close();
  });

  test('a create that was carried out, but not answered, is no conflict with itself; with another it is', async () => {
    const api = await open();
    let cuts = 1;
    server.intercept = ({ method }) => (method === 'POST' && cuts-- > 0 ? 'cut-after' : undefined);
    expect((await api.create(map('cut'))).metadata.uid).toBeDefined();
    cuts = 1;
    await api.create(map('taken'));
    cuts = 1;
    await expect(api.create({ ...map('taken'), data: { a: '2' } })).rejects.toBeInstanceOf(KubeConflictError);
    server.intercept = undefined;
    await api.close();
  });

  test('what it says of waiting is obeyed, and what would add twice is not repeated', async () => {
    const api = await open();
    const asked: number[] = [];
    server.intercept = () => {
      asked.push(Date.now());
      return asked.length === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined;
    };
    await api.list({ apiVersion: 'v1', kind: 'Pod' });
    expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThan(950);
    asked.length = 2;
    let patches = 0;
    server.intercept = ({ method }) => {
      if (method !== 'PATCH') return undefined;
      patches += 1;
      return 'cut';
    };
    const operations = [{ op: 'add' as const, path: '/data/-', value: 'x' }];
    await expect(api.patch(ref('cut'), { type: 'json', operations })).rejects.toThrow(
      /whether it was carried out is not known/,
    );
    expect(patches).toBe(1);
    server.intercept = undefined;
    await api.close();
  });
});

test('the proxy streams both ways, and keeps our token from the pod', async () => {
  const seen: unknown[] = [];
  const pod = createServer((request, response) => {
    seen.push(request.headers.authorization, request.url, request.headers['x-ours']);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: 1\n\n');
    request.on('data', (part: Buffer) => response.end(`data: ${part.toString()}\n\n`));
  });
  await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
  server.proxy = () => (pod.address() as AddressInfo).port;
  const api = await open({ namespace: 'prod' });
  const spec = { containers: [{ name: 'main', image: 'x:1' }] };
  await api.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'llm-1' }, spec });
  const target = { kind: 'pods' as const, namespace: 'prod', name: 'llm-1', port: 8000 };
  const headers = { 'x-ours': 'yes', authorization: 'Bearer of-the-pod' };
  const answer = await api.proxy(target, '/v1/chat?x=1', { method: 'POST', body: 'two', headers });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(await answer.text()).toBe('data: 1\n\ndata: two\n\n');
  expect(seen).toEqual([undefined, '/v1/chat?x=1', 'yes']);
  await api.close();
  pod.closeAllConnections();
  await new Promise((resolve) => pod.close(resolve));
});

test('a stream outlives the token that opened it, and the answers of a pod are its own', async () => {
  let finish: (() => void) | undefined;
  const pod = createServer((request, response) => {
    if (request.url === '/busy') {
      response.writeHead(429, { 'retry-after': '1' }).end('busy');
      return;
    }
    response.write('one ');
    finish = () => void response.end('two');
  });
  await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
  server.proxy = () => (pod.address() as AddressInfo).port;
  const [first, second] = [server.tokenFor('prod', 'bound'), server.tokenFor('prod', 'bound')];
  const rule = { apiGroups: [''], resources: ['configmaps', 'pods/proxy'], verbs: ['get'] };
  const rbac = 'rbac.authorization.k8s.io';
  const admin = await open({ namespace: 'prod' });
  await admin.create({ apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: 'bound' }, rules: [rule] });
  await admin.create({
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: 'bound' },
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'bound' },
    subjects: [{ kind: 'ServiceAccount', name: 'bound', namespace: 'prod' }],
  });
  await writeFile(join(folder, 'rotated'), first);
  const kubeconfig = await server.writeKubeconfig({ tokenFile: join(folder, 'rotated') });
  const api = await open({ kubeconfig, namespace: 'prod' });
  const target = { kind: 'pods' as const, namespace: 'prod', name: 'llm-1', port: 8000 };
  const stream = await api.proxy(target, '/stream');
  server.revoke(first);
  await writeFile(join(folder, 'rotated'), second);
  expect(await api.get(ref('none'))).toBeUndefined();
  finish?.();
  expect(await stream.text()).toBe('one two');
  expect((await api.proxy(target, '/busy')).status).toBe(429);
  await Promise.all([api.close(), admin.close()]);
  pod.closeAllConnections();
  await new Promise((resolve) => pod.close(resolve));
});

test('names and paths lead nowhere else', async () => {
  const api = await open();
  for (const name of ['..', '.', '', 'a/b', '%2e%2e']) {
    await expect(api.get(ref(name))).rejects.toThrow(/no object can have this name/);
  }
  const target = { kind: 'pods' as const, namespace: 'prod', name: 'llm-1', port: 8000 };
  for (const path of ['/../../../secrets', '/%2e%2e/x', '/a/../../x']) {
    await expect(api.proxy(target, path)).rejects.toThrow(/leads out of pods\/llm-1/);
  }
  await api.close();
});

test('a long list comes in parts', async () => {
  const entry = server.kind('v1', 'ConfigMap');
  for (let index = 0; index < 1001; index += 1) {
    const made = map(`part-${index}`);
    server.store.create(
      entry,
      { ...made, metadata: { ...made.metadata, namespace: 'kube-system' } },
      { manager: 'test' },
    );
  }
  const api = await open({ namespace: 'kube-system' });
  const names = (await api.list({ apiVersion: 'v1', kind: 'ConfigMap' })).map(
    ({ metadata }) => metadata.name,
  );
  expect(new Set(names).size).toBe(1001);
  expect(server.requests.filter(({ path }) => path.endsWith('kube-system/configmaps'))).toHaveLength(3);
  await api.close();
});

test('KUBECONFIG may name several files, and the first one wins', async () => {
  const config = (name: string, server: string): string =>
    JSON.stringify({
      'current-context': name,
      clusters: [{ name: 'c', cluster: { server, 'certificate-authority': 'ca.pem' } }],
      contexts: [{ name, context: { cluster: 'c', user: 'u' } }],
      users: [{ name: 'u', user: { tokenFile: 'token' } }],
    });
  await writeFile(join(folder, 'one'), config('one', 'https://one'));
  await writeFile(join(folder, 'two'), config('two', 'https://two'));
  const paths = ['one', 'absent', 'two'].map((name) => join(folder, name)).join(':');
  const found = await findKubeconfig(undefined, { KUBECONFIG: paths });
  expect(found).toMatchObject({
    'current-context': 'one',
    clusters: [{ cluster: { server: 'https://one', 'certificate-authority': join(folder, 'ca.pem') } }],
    contexts: [{ name: 'two' }, { name: 'one' }],
    users: [{ user: { 'auth-provider': { config: { tokenFile: join(folder, 'token') } } } }],
  });
});
