/**
 * A hub for tests on three loopback ports: the hub itself and, as other origins, the CDN that LFS files are
 * redirected to, and the Xet storage. Both the Python and the JS hub client accept it. Every request is logged, so that a test can show
 * which origin saw the token.
 */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { faultAnswer, send } from './answer.ts';
import type { Fault } from './faults.ts';
import { takeFault } from './faults.ts';
import type { HubRepository, StoredFile, StoredRepository } from './repository.ts';
import { loadRepository } from './repository.ts';
import { answerCdn } from './resolve.ts';
import { answerHub, repositoryKey } from './routes.ts';
import { takeUpload } from './write.ts';
import { XetStore } from './xet-store.ts';

export interface HubOptions {
  repos: HubRepository[];
  /** The one valid token; without it every token is refused. */
  token?: string;
  /** Pace of each answer's body. */
  bytesPerSecond?: number;
  /** Delay of every answer. */
  latencyMs?: number;
  faults?: Fault[];
  /** Tree entries in one page; default 1000. */
  pageSize?: number;
  port?: number;
  cdnPort?: number;
  /** Address of another CDN, which serves `/repos/<sha256>`, or of a front before the fixture's own; asked each time. */
  cdnAt?: string | (() => string);
}

export interface LoggedRequest {
  origin: 'hub' | 'cdn' | 'xet';
  method: string;
  /** Path without the query, unescaped as it came. */
  path: string;
  range: string | null;
  /** Whether an Authorization header was present. */
  authorized: boolean;
  status: number;
  /** Body bytes that were written. */
  bytes: number;
}

export interface FixtureHub extends AsyncDisposable {
  url: string;
  cdnUrl: string;
  xet: XetStore;
  requests: LoggedRequest[];
  /** Orders faults; struck ones disappear from the list. */
  faults: Fault[];
  /** Commit id of a tag or branch; a data set is `datasets/org/name`, a space `spaces/org/name`. */
  commit(repository: string, name: string): string;
  close(): Promise<void>;
}

export async function startHub(options: HubOptions): Promise<FixtureHub> {
  const repositories = new Map<string, StoredRepository>();
  const contents = new Map<string, StoredFile>();
  const xet = new XetStore();
  for (const source of options.repos) {
    const repository = await loadRepository(source);
    repositories.set(repositoryKey(source.type ?? 'model', repository.id), repository);
    for (const commit of repository.commits) {
      for (const file of commit.files.values()) {
        if (file.lfs) contents.set(file.lfs.sha256, file);
        if (file.lfs && source.xet) file.xetHash = xet.add(file.bytes);
      }
    }
  }
  const requests: LoggedRequest[] = [];
  const faults: Fault[] = [...(options.faults ?? [])];
  let cdnUrl = '';
  let xetUrl = '';
  const cdnNow = (): string => (typeof options.cdnAt === 'function' ? options.cdnAt() : cdnUrl);

  const listener =
    (origin: LoggedRequest['origin']) => (request: IncomingMessage, response: ServerResponse) => {
      const host = request.headers.host ?? 'localhost';
      const url = new URL(request.url ?? '/', `http://${host}`);
      const method = request.method ?? 'GET';
      const log: LoggedRequest = {
        origin,
        method,
        path: url.pathname,
        range: request.headers.range ?? null,
        authorized: request.headers.authorization !== undefined,
        status: 0,
        bytes: 0,
      };
      requests.push(log);
      const handle = async () => {
        if (options.latencyMs) await sleep(options.latencyMs);
        const fault = takeFault(faults, origin, method, url.pathname, log.range !== null);
        const bytes = method === 'POST' || method === 'PUT' ? await buffer(request) : Buffer.alloc(0);
        const body = origin === 'hub' ? bytes.toString() : '';
        const answer =
          (fault && faultAnswer(fault)) ??
          (origin === 'cdn'
            ? method === 'PUT'
              ? takeUpload(url, bytes, contents)
              : answerCdn(url, contents)
            : origin === 'xet'
              ? xet.answer(url, request.headers)
              : answerHub({
                  repositories,
                  contents,
                  options,
                  request,
                  url,
                  body,
                  cdnUrl: cdnNow(),
                  xet,
                  xetUrl,
                }));
        Object.assign(log, await send(request, response, answer, fault, options.bytesPerSecond));
      };
      handle().catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(String(error));
      });
    };

  const hubServer = await listen(listener('hub'), options.port ?? 0);
  const cdnServer = await listen(listener('cdn'), options.cdnPort ?? 0);
  const xetServer = await listen(listener('xet'), 0);
  xetUrl = address(xetServer);
  const url = address(hubServer);
  const ownCdn = address(cdnServer);
  cdnUrl = typeof options.cdnAt === 'string' ? options.cdnAt : ownCdn;
  const close = async () => {
    await Promise.all([stop(hubServer), stop(cdnServer), stop(xetServer)]);
  };
  return {
    url,
    cdnUrl,
    xet,
    requests,
    faults,
    commit(repository, name) {
      const found = repositories.get(repository);
      const id = found?.branches.get(name) ?? found?.tags.get(name);
      if (!id) throw new Error(`fixture hub: no ${repository} at ${name}`);
      return id;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function listen(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  port: number,
): Promise<Server> {
  const server = createServer(handler);
  // The default of 5 s closes idle connections at the very moment in which a slow test uses one again.
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

function address(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
