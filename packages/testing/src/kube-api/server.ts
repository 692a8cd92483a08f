/** A Kubernetes API server for tests, in memory and on loopback over TLS; held to the real one by ./conformance.ts. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';
import { makeCertificate } from '../certificate.ts';
import { badRequest, notFound, Refused } from './answers.ts';
import { groupList, KINDS, type KindEntry, resourceList } from './kinds.ts';
import { parsePath, type Target } from './paths.ts';
import { isFields, type Fields } from './patches.ts';
import { authorize, mayDo, type User } from './rbac.ts';
import { Store } from './store.ts';
import { carryOut, verbOf, type Call } from './verbs.ts';

export interface ProxyAsked {
  kind: 'pods' | 'services';
  namespace: string;
  name: string;
  port: string;
}

export interface KubeApiOptions {
  /** Besides `default` and `kube-system`. */
  namespaces?: string[];
  /** API groups of custom resources that this cluster has; default all that are known. */
  customGroups?: string[];
  /** The loopback port behind a pod's or service's port; undefined: nothing listens. */
  proxy?: (asked: ProxyAsked) => number | undefined;
}

/** What a test does to a request before it is carried out: an answer, a cut connection, or a wait. */
export type Fault =
  { status: number; body?: string; headers?: Record<string, string> } | 'cut' | 'cut-after' | undefined;

export interface KubeApiServer {
  readonly origin: string;
  /** Path of a kubeconfig for the administrator; its context and cluster are `emulator`. */
  readonly kubeconfig: string;
  readonly store: Store;
  readonly requests: { method: string; path: string; user: string }[];
  intercept: ((asked: { method: string; path: string }) => Fault) | undefined;
  proxy: (asked: ProxyAsked) => number | undefined;
  /** Text of a container's log; `<pod>/<container>` and `<pod>/<container>/previous`. */
  readonly logs: Map<string, string>;
  kind(apiVersion: string, kind: string): KindEntry;
  hasKind(apiVersion: string, kind: string): boolean;
  addKind(entry: KindEntry): void;
  /** A kubeconfig for another token, or for none. */
  writeKubeconfig(user: Record<string, unknown>): Promise<string>;
  tokenFor(namespace: string, account: string): string;
  /** The token is refused from now on. */
  revoke(token: string): void;
  /** No connection is taken, as while the API server restarts. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function startKubeApi(options: KubeApiOptions = {}): Promise<KubeApiServer> {
  const store = new Store();
  const kinds = KINDS.filter(
    (entry) => entry.custom !== true || (options.customGroups?.includes(entry.group) ?? true),
  );
  const users = new Map<string, User>();
  const folder = await mkdtemp(join(tmpdir(), 'kube-api-'));
  const certificate = makeCertificate(['127.0.0.1', 'localhost']);
  const server = https.createServer(certificate, (request, response) => {
    void handle(request, response);
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const origin = `https://127.0.0.1:${port}`;
  const admin = randomBytes(16).toString('hex');
  users.set(admin, { admin: true });

  const findKind = (apiVersion: string, kind: string): KindEntry | undefined => {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    return kinds.find((entry) => entry.kind === kind && entry.group === group);
  };

  const api: KubeApiServer = {
    origin,
    kubeconfig: '',
    store,
    requests: [],
    intercept: undefined,
    proxy: options.proxy ?? (() => undefined),
    logs: new Map(),
    hasKind: (apiVersion, kind) => findKind(apiVersion, kind) !== undefined,
    kind(apiVersion, kind) {
      const found = findKind(apiVersion, kind);
      if (found === undefined) throw new Error(`no kind ${apiVersion} ${kind}`);
      return found;
    },
    addKind: (entry) => void kinds.push(entry),
    async writeKubeconfig(user) {
      const path = join(folder, `${randomBytes(4).toString('hex')}.yaml`);
      const cluster = {
        server: origin,
        'certificate-authority-data': Buffer.from(certificate.cert).toString('base64'),
      };
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'emulator',
        clusters: [{ name: 'emulator', cluster }],
        contexts: [{ name: 'emulator', context: { cluster: 'emulator', user: 'emulator' } }],
        users: [{ name: 'emulator', user }],
      };
      await writeFile(path, JSON.stringify(config), { mode: 0o600 });
      return path;
    },
    tokenFor(namespace, account) {
      const token = randomBytes(16).toString('hex');
      users.set(token, { admin: false, namespace, account });
      return token;
    },
    revoke: (token) => void users.delete(token),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    start: () => listen(port),
    async close() {
      if (server.listening) await api.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  Object.assign(api, { kubeconfig: await api.writeKubeconfig({ token: admin }) });
  for (const name of ['default', 'kube-system', ...(options.namespaces ?? [])]) {
    store.create(
      api.kind('v1', 'Namespace'),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
      { manager: 'test' },
    );
  }
  return api;

  async function handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin);
    const method = request.method ?? 'GET';
    const fault = api.intercept?.({ method, path: url.pathname });
    try {
      const body = await bodyOf(request);
      if (fault === 'cut') return void request.socket.destroy();
      if (fault !== undefined && fault !== 'cut-after') {
        response.writeHead(fault.status, fault.headers).end(fault.body ?? '');
        return;
      }
      const user = users.get((request.headers.authorization ?? '').replace(/^Bearer /, ''));
      api.requests.push({
        method,
        path: url.pathname,
        user: user === undefined ? '' : user.admin ? 'admin' : user.account,
      });
      if (user === undefined) throw new Refused(401, 'Unauthorized', 'Unauthorized');
      const result = answer(url, method, request, body, user);
      if (fault === 'cut-after') return void request.socket.destroy();
      if (result === 'proxied') {
        forward(url, request, response, body);
        return;
      }
      const text = typeof result.body === 'string';
      response.writeHead(result.status, { 'content-type': text ? 'text/plain' : 'application/json' });
      response.end(text ? result.body : JSON.stringify(result.body));
    } catch (error) {
      const refused =
        error instanceof Refused
          ? error
          : new Refused(500, 'InternalError', error instanceof Error ? (error.stack ?? '') : '');
      response
        .writeHead(refused.code, { 'content-type': 'application/json' })
        .end(JSON.stringify(refused.body()));
    }
  }

  function answer(
    url: URL,
    method: string,
    request: http.IncomingMessage,
    body: Buffer,
    user: User,
  ): { status: number; body: unknown } | 'proxied' {
    if (url.pathname === '/version')
      return { status: 200, body: { major: '1', minor: '35', gitVersion: 'v1.35.4' } };
    if (url.pathname === '/apis') return { status: 200, body: groupList(kinds) };
    const target = parsePath(url.pathname);
    if (target === undefined)
      throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
    const { group, version, plural } = target;
    if (plural === '') {
      const found = resourceList(kinds, group, version);
      if (found === undefined)
        throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
      return { status: 200, body: found };
    }
    const entry = kinds.find(
      (one) => one.group === group && one.plural === plural && one.versions.includes(version),
    );
    if (entry === undefined)
      throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
    const { namespace, name, subresource } = target;
    const verb = verbOf({ method, name });
    const resource = subresource === '' ? plural : `${plural}/${subresource}`;
    const scope = entry.kind === 'Namespace' ? name : namespace;
    if (entry.kind !== 'SelfSubjectAccessReview') {
      authorize(store, user, {
        verb,
        group,
        resource,
        namespace: scope,
        name: subresource === 'proxy' ? (name.split(':')[0] ?? '') : name,
      });
    }
    if (subresource === 'proxy') return 'proxied';
    if (subresource === 'log') return { status: 200, body: logOf(target, url.searchParams) };
    const parsed = parseBody(body);
    if (subresource === 'token') return { status: 201, body: tokenRequest(target, parsed) };
    if (entry.kind === 'SelfSubjectAccessReview') return { status: 201, body: review(parsed, user) };
    if (method === 'POST' && entry.namespaced) store.read(api.kind('v1', 'Namespace'), '', namespace);
    const contentType = (request.headers['content-type'] ?? 'application/json').split(';')[0] ?? '';
    const call: Call = {
      entry,
      version,
      namespace: entry.namespaced ? namespace : '',
      name,
      subresource,
      method,
      query: url.searchParams,
      contentType,
      body: parsed,
    };
    return carryOut(store, call);
  }

  function logOf({ namespace, name }: Target, query: URLSearchParams): string {
    const pod = store.read(api.kind('v1', 'Pod'), namespace, name);
    const containers = ((pod['spec'] as Fields)['containers'] ?? []) as { name: string }[];
    const container = query.get('container') ?? containers[0]?.name ?? '';
    if (!containers.some((one) => one.name === container))
      throw badRequest(`container ${container} is not valid for pod ${name}`);
    const previous = query.get('previous') === 'true';
    const text = api.logs.get(`${name}/${container}${previous ? '/previous' : ''}`);
    if (text === undefined) {
      throw badRequest(
        previous
          ? `previous terminated container "${container}" in pod "${name}" not found`
          : `container "${container}" in pod "${name}" is waiting to start: ContainerCreating`,
      );
    }
    const tail = Number(query.get('tailLines') ?? Infinity);
    const lines = text.replace(/\n$/, '').split('\n');
    return `${lines.slice(Math.max(0, lines.length - tail)).join('\n')}\n`;
  }

  function tokenRequest({ namespace, name }: Target, given: unknown): object {
    store.read(api.kind('v1', 'ServiceAccount'), namespace, name);
    const spec = isFields(given) ? given['spec'] : undefined;
    const expirationTimestamp = new Date(Date.now() + 3_600_000).toISOString();
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { name, namespace },
      spec,
      status: { token: api.tokenFor(namespace, name), expirationTimestamp },
    };
  }

  function review(given: unknown, user: User): object {
    const object = given as KubeObject;
    const { resourceAttributes: asked = {} } = object['spec'] as {
      resourceAttributes?: Record<string, string>;
    };
    const { verb = '', group = '', resource = '', subresource, namespace = '', name = '' } = asked;
    const whole = subresource === undefined ? resource : `${resource}/${subresource}`;
    const allowed = mayDo(store, user, { verb, group, resource: whole, namespace, name });
    return { ...object, metadata: {}, status: { allowed } };
  }

  function forward(
    url: URL,
    request: http.IncomingMessage,
    response: http.ServerResponse,
    body: Buffer,
  ): void {
    const [, namespace = '', kind = '', name = '', to = '', rest = '/'] =
      /^\/api\/v1\/namespaces\/([^/]+)\/(pods|services)\/([^/:]+):?([^/]*)\/proxy(\/.*)?$/.exec(
        decodeURIComponent(url.pathname),
      ) ?? [];
    const entry = api.kind('v1', kind === 'pods' ? 'Pod' : 'Service');
    if (store.find(entry, namespace, name) === undefined) throw notFound(kind, name);
    const loopback = api.proxy({ kind: kind as 'pods' | 'services', namespace, name, port: to });
    if (loopback === undefined) {
      throw new Refused(503, 'ServiceUnavailable', `no endpoints available for service "${name}"`);
    }
    const headers = without(request.headers, 'authorization', 'host');
    const onward = http.request(
      { host: '127.0.0.1', port: loopback, path: `${rest}${url.search}`, method: request.method, headers },
      (answered) => {
        response.writeHead(answered.statusCode ?? 502, answered.headers);
        answered.pipe(response);
      },
    );
    onward.on('error', (error) => {
      const refused = new Refused(
        503,
        'ServiceUnavailable',
        `error trying to reach service: ${error.message}`,
      );
      response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(refused.body()));
    });
    response.on('close', () => onward.destroy());
    onward.end(body);
  }
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw badRequest('the body is no JSON');
  }
}
