/** The listening side of a host service: chooses a server for each request and counts what comes of it. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { meantFor, userOf } from './arrangement.ts';
import { chooseVersion, makeSequence } from './choose.ts';
import { PROBE_HEADER, sendError } from './http-messages.ts';
import { Mirror } from './mirror.ts';
import type { ServerPool } from './pool.ts';
import { attempt } from './proxy.ts';
import type { Exchange } from './proxy.ts';
import { ReplayBody } from './replay-body.ts';
import type { ModelServer } from './server.ts';
import type { HostTimings } from './timings.ts';
import { NO_VERSION } from './traffic.ts';
import type { Traffic } from './traffic.ts';

export interface RouterOptions {
  pool: ServerPool;
  traffic: Traffic;
  timings: HostTimings;
}

/** Between two tries of a request that waits for a server to come back. */
const RETRY_MS = 250;

export function createRouter(options: RouterOptions): Server {
  const nextPoint = makeSequence();
  // One of its own: which requests are copied must not hang on which version answers them.
  const nextCopy = makeSequence();
  const mirror = new Mirror(options.traffic);
  const server = createServer((request, response) => {
    response.on('error', () => {});
    request.on('error', () => {});
    if (request.url?.startsWith('/-/') === true) answerOwn(options, request, response);
    else void route(options, { nextPoint, nextCopy, mirror }, request, response);
  });
  // Clients with connection pools keep them for a minute or so: they, not we, shall close first.
  server.keepAliveTimeout = 75_000;
  // An upload may be long and slow.
  server.requestTimeout = 0;
  return server;
}

function answerOwn(
  { pool, traffic }: RouterOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = request.url?.split('?')[0];
  if (path === '/-/healthz') {
    const able = pool.servers.some((server) => server.phase === 'ready' && server.weight > 0);
    response.writeHead(able ? 200 : 503, { 'content-type': 'text/plain' });
    response.end(able ? 'ok\n' : 'no healthy server has a weight\n');
  } else if (path === '/-/metrics') {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    const servers = pool.servers.map((server) => ({
      version: server.spec.version,
      track: server.track,
      phase: server.phase,
      weight: server.weight,
      openStreams: server.openStreams,
      restarts: server.restarts,
    }));
    response.end(traffic.metricsText(servers));
  } else {
    sendError(response, 404, `there is no ${path ?? ''} here`, { code: 'not_found' });
  }
}

interface Chances {
  nextPoint: () => number;
  nextCopy: () => number;
  mirror: Mirror;
}

async function route(
  { pool, traffic, timings }: RouterOptions,
  { nextPoint, nextCopy, mirror }: Chances,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const startedAt = performance.now();
  const wanted = request.headers[PROBE_HEADER];
  const probed = typeof wanted === 'string' ? wanted : undefined;
  const exchange: Exchange = {
    request,
    response,
    body: new ReplayBody(request),
    probe: probed !== undefined,
    startedAt,
    traffic,
    silenceMs: timings.silenceMs,
  };
  const { arrangement } = pool;
  const who =
    arrangement?.sticky === undefined || probed !== undefined
      ? undefined
      : userOf(request.headers, arrangement.sticky, arrangement.id);
  if (arrangement !== null && who !== undefined) exchange.user = { who, split: arrangement.id };
  const meant = arrangement === null ? undefined : meantFor(request.headers, arrangement, who);
  const point = who?.point ?? nextPoint();
  if (probed === undefined && nextCopy() < (arrangement?.mirror ?? 0) && request.method === 'POST')
    exchange.body.whenWhole((body) => {
      const copied = pool.get(arrangement?.version ?? '');
      if (copied?.phase === 'ready') mirror.copy(request, body, copied, timings.silenceMs);
    });
  const unreachable = new Set<string>();
  const choose = (): ModelServer | undefined => {
    if (probed !== undefined) {
      const server = pool.get(probed);
      return server?.phase === 'ready' && !unreachable.has(probed) ? server : undefined;
    }
    // One that is not there leaves its users to the others: an answer by the wrong version beats none.
    const marked = meant === undefined || unreachable.has(meant) ? undefined : pool.get(meant);
    if (marked?.phase === 'ready') return marked;
    const version = chooseVersion(
      pool.servers.map((server) => ({
        version: server.spec.version,
        weight: server.weight,
        ready: server.phase === 'ready' && !unreachable.has(server.spec.version),
      })),
      point,
    );
    return version === undefined ? undefined : pool.get(version);
  };
  const deadline = startedAt + timings.waitForServerMs;
  let stale: ModelServer | undefined;
  let attempts = 0;
  while (!response.destroyed) {
    const server = stale ?? choose();
    if (server === undefined) {
      const left = deadline - performance.now();
      if (left <= 0 || probed !== undefined) break;
      // A server may be on its way back: a request that waits is better than one that fails.
      await pool.change(Math.min(left, RETRY_MS));
      unreachable.clear();
      continue;
    }
    const ending = await attempt(exchange, server, attempts > 0);
    attempts += 1;
    if (ending === 'settled') return;
    traffic.failover(server.spec.version);
    stale = ending === 'stale' ? server : undefined;
    if (ending === 'unreachable') {
      unreachable.add(server.spec.version);
      server.checkNow();
    }
  }
  if (response.destroyed) return;
  const message =
    probed === undefined
      ? 'no server with a weight is healthy; try again soon'
      : `version ${probed} is not there or not healthy`;
  if (probed === undefined) traffic.unserved(503);
  sendError(response, 503, message, { code: 'no_healthy_server', version: NO_VERSION });
}
