/** The supervisor's side of the control socket: JSON over HTTP, for the owner of the folder only. */
import { addToHistory } from './history.ts';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { chmod, rm } from 'node:fs/promises';
import { ConfigError, describeError } from '@sluice/runtime/errors';
import type { HostLayout } from './layout.ts';
import { reachSocket } from './layout.ts';
import type { ServerPool } from './pool.ts';
import {
  orNull,
  readArrangement,
  readHistory,
  readNumber,
  readObject,
  readQuarantine,
  readRollout,
  readSpec,
  readString,
  readTrack,
  readWeights,
} from './read.ts';
import type { StateStore } from './state.ts';
import type { Traffic } from './traffic.ts';
import type { HostStatus } from './types.ts';

export interface ControlOptions {
  layout: HostLayout;
  listen: string;
  bundle: string;
  startedAt: number;
  pool: ServerPool;
  store: StateStore;
  traffic: Traffic;
  /** Ends servers and supervisor, after the answer was sent. */
  shutdown: () => void;
}

type Handler = (options: ControlOptions, input: unknown, query: URLSearchParams) => Promise<unknown>;

/** A record with a release's texts may be large; nothing that is sent here is larger. */
const BODY_LIMIT = 64 * 1024 * 1024;

const HANDLERS: Record<string, Handler> = {
  'GET /status': (options) => readStatus(options),

  'POST /servers': ({ pool }, input) => {
    const body = readObject(input, 'body');
    return pool.startServer(readSpec(body['spec']), readTrack(body['track']));
  },

  'POST /servers/stop': async ({ pool }, input) => {
    const body = readObject(input, 'body');
    const cut = await pool.stopServer(
      readString(body['version'], 'version'),
      readNumber(body['drainMs'], 'drainMs'),
    );
    return { cut };
  },

  'PUT /weights': ({ pool }, input) => pool.setWeights(readWeights(input)),

  'PUT /tracks': ({ pool }, input) => {
    const body = readObject(input, 'body');
    return pool.setTracks({
      stable: orNull(body['stable'], 'stable', readString),
      canary: orNull(body['canary'], 'canary', readString),
    });
  },

  'PUT /arrangement': ({ pool }, input) => pool.arrange(orNull(input, 'arrangement', readArrangement)),

  'PUT /rollout': ({ store }, input) => {
    const rollout = orNull(input, 'rollout', readRollout);
    return store.update((draft) => {
      draft.rollout = rollout;
    });
  },

  'GET /samples': ({ traffic }, _input, query) => {
    const limit = query.get('limit');
    const after = readNumber(Number(query.get('after') ?? '0'), 'after');
    return Promise.resolve(
      traffic.samples.read(after, limit === null ? undefined : readNumber(Number(limit), 'limit')),
    );
  },

  'POST /quarantine': ({ store }, input) => {
    const entry = readQuarantine(input);
    return store.update((draft) => {
      draft.quarantine = draft.quarantine.filter((known) => known.releaseDigest !== entry.releaseDigest);
      draft.quarantine.push(entry);
    });
  },

  'POST /unquarantine': ({ store }, input) => {
    const digest = readString(readObject(input, 'body')['releaseDigest'], 'releaseDigest');
    return store.update((draft) => {
      draft.quarantine = draft.quarantine.filter((known) => known.releaseDigest !== digest);
    });
  },

  'POST /history': ({ store }, input) => {
    const entry = readHistory(input);
    return store.update((draft) => {
      draft.history = addToHistory(draft.history, entry);
    });
  },

  'POST /shutdown': async ({ pool, store, shutdown }) => {
    // First: a driver that looks now shall see that the service goes, and not that its version died.
    await store.update((draft) => {
      draft.rollout = null;
    }, true);
    await pool.shutdown(0, true);
    // Its answer shall still go out.
    setTimeout(shutdown, 50);
  },
};

async function readStatus({
  layout,
  listen,
  bundle,
  startedAt,
  pool,
  store,
  traffic,
}: ControlOptions): Promise<HostStatus> {
  const { stable, canary, rollout, quarantine, history } = store.state;
  return {
    service: layout.service,
    listen,
    supervisor: { pid: process.pid, startedAt, bundle, node: process.execPath },
    servers: await Promise.all(pool.servers.map((server) => server.status())),
    stable,
    canary,
    rollout,
    quarantine,
    history,
    totals: traffic.totals,
    arrangement: pool.arrangement,
    users: traffic.users.users,
    unsaved: store.unsaved,
  };
}

/** Listens on the socket. The caller holds the service's lock, so a socket that is there has no owner. */
export async function listenControl(options: ControlOptions): Promise<Server> {
  const server = createServer((request, response) => void handle(options, request, response));
  // Starting a server with a large model takes minutes: the answer comes when it is healthy.
  server.requestTimeout = 0;
  await rm(options.layout.socket, { force: true });
  const reach = await reachSocket(options.layout.socket);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(reach.path, resolve);
    });
  } finally {
    await reach.close();
  }
  await chmod(options.layout.socket, 0o600);
  return server;
}

async function handle(
  options: ControlOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.on('error', () => {});
  try {
    const url = new URL(request.url ?? '/', 'http://control');
    const handler = HANDLERS[`${request.method ?? ''} ${url.pathname}`];
    if (handler === undefined) {
      answer(response, 404, {
        error: {
          kind: 'config',
          message: `the running supervisor (${options.bundle}) knows no ${url.pathname}`,
        },
      });
      return;
    }
    const text = await readBody(request);
    const result = await handler(options, text === '' ? undefined : JSON.parse(text), url.searchParams);
    answer(response, 200, result ?? {});
  } catch (error) {
    const kind = error instanceof ConfigError ? 'config' : 'infra';
    answer(response, kind === 'config' ? 400 : 500, { error: { kind, message: describeError(error) } });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT) throw new ConfigError(`a control message may have ${BODY_LIMIT} bytes at most`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}
