/**
 * Git LFS objects by the batch API (git-lfs, docs/api/batch.md). Our credentials go to the LFS server's own origin; the
 * headers that a batch answer gives for an object go to that object's own address, and no further.
 */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { findWorkTree, lastValue, readGitConfig } from './git-config.ts';
import type { ConfigEntry } from './git-config.ts';
import { arrayOf, fieldsOf, textOf } from './json-fields.ts';
import type { LfsPointer } from './lfs-pointer.ts';
import { authorizationAt, headersAt } from './own-origin.ts';
import { fetchRemote, locateRemote, mayCarrySecrets, rangeHeader, takeBody } from './remote-http.ts';
import type { RemoteRequest } from './remote-http.ts';
import type { RemoteFile, SourceContext } from './source.ts';

export interface LfsServer {
  /** Without a trailing slash: `https://host/org/repo.git/info/lfs`. */
  url: string;
  authorization: string | undefined;
}

interface DownloadAction {
  href: URL;
  headers: Record<string, string>;
  /** Milliseconds of the clock; Infinity when the server doesn't say. */
  expires: number;
}

const MEDIA_TYPE = 'application/vnd.git-lfs+json';
/** Objects asked for at once, as git-lfs does. */
const BATCH = 100;
/** An address this close to its end isn't used any more. */
const MARGIN_MS = 60_000;

/** One file per distinct pointer; its `path` is the sha256, for the caller to replace. */
export async function resolvePointers(
  pointers: readonly LfsPointer[],
  folder: string,
  context: SourceContext,
): Promise<RemoteFile[]> {
  const workTree = await findWorkTree(folder);
  if (workTree === undefined) {
    throw new ConfigError(
      `${folder} holds Git LFS pointers instead of files, and is in no Git work tree that would name their server`,
    );
  }
  const server = findLfsServer(await readGitConfig(workTree), context);
  const distinct = [...new Map(pointers.map((pointer) => [pointer.sha256, pointer])).values()];
  const actions = new Map<string, DownloadAction>();
  for (let at = 0; at < distinct.length; at += BATCH) {
    const part = distinct.slice(at, at + BATCH);
    for (const [oid, action] of await askBatch(server, part, context)) actions.set(oid, action);
  }
  /** Where the object is now; asked anew shortly before its time ends, or when `fresh` says so. */
  const request = async (
    pointer: LfsPointer,
    signal: AbortSignal,
    fresh: boolean,
  ): Promise<RemoteRequest> => {
    let action = actions.get(pointer.sha256);
    if (!action || fresh || action.expires - MARGIN_MS < Date.now()) {
      action = (await askBatch(server, [pointer], { ...context, signal })).get(pointer.sha256);
      if (!action) throw new InfraError(`${nameOf(pointer)}: the server names no address for it`);
      actions.set(pointer.sha256, action);
    }
    const { href, headers } = action;
    return { url: href.href, authorize: headersAt(href, headers) };
  };
  return distinct.map((pointer) => ({
    path: pointer.sha256,
    bytes: pointer.bytes,
    hash: { algorithm: 'sha256', value: pointer.sha256 },
    etag: pointer.sha256,
    acceptsRanges: true,
    open: async (range, signal) => {
      for (let attempt = 0; ; attempt++) {
        const asked = await request(pointer, signal, attempt > 0);
        const response = await fetchRemote({ ...asked, headers: rangeHeader(range) }, { ...context, signal });
        // A signed address may end before its time (a token revoked, clocks apart): ask for a new one, once.
        if ((response.status === 401 || response.status === 403) && attempt === 0) {
          response.body.resume();
          continue;
        }
        return takeBody(response, range, { name: nameOf(pointer), bytes: pointer.bytes, etag: null });
      }
    },
    locate: async (signal) => {
      const asked = await request(pointer, signal, false);
      return locateRemote(asked, { bytes: pointer.bytes, etag: null }, { ...context, signal });
    },
  }));
}

function nameOf({ sha256 }: LfsPointer): string {
  return `LFS object ${sha256.slice(0, 12)}`;
}

/** Where LFS objects are, from Git's configuration (git-lfs, docs/api/server-discovery.md), and how to ask there. Pure. */
export function findLfsServer(
  config: readonly ConfigEntry[],
  { token, env }: Pick<SourceContext, 'token' | 'env'>,
): LfsServer {
  const remotes = config.filter(({ section, key }) => section === 'remote' && key === 'url');
  const remote = lastValue(config, 'remote', 'origin', 'url') ?? remotes[0]?.value;
  const given =
    lastValue(config, 'remote', 'origin', 'lfsurl') ??
    lastValue(config, 'lfs', '', 'url') ??
    (remote === undefined ? undefined : lfsUrlOf(remote));
  const url = given === undefined ? undefined : URL.parse(given);
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new ConfigError(
      'the workspace holds Git LFS pointers, but its Git configuration names no http(s) remote to fetch them from; ' +
        'check it out with `lfs: true`, or set lfs.url',
    );
  }
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  const basic = (name: string, secret: string): string =>
    `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
  // The remote's own origin decides: an address from .lfsconfig elsewhere doesn't get the checkout's credentials.
  const home = remote === undefined ? undefined : URL.parse(lfsUrlOf(remote))?.origin;
  const ours = url.origin === home;
  const candidates: (string | undefined)[] = [
    password === '' ? undefined : basic(user, password),
    token === undefined || !ours ? undefined : basic('x-access-token', token),
    extraHeader(config, url),
    githubToken(env, url, ours),
  ];
  const authorization = candidates.find((value) => value !== undefined);
  return {
    url: url.href.replace(/\/+$/, ''),
    authorization: mayCarrySecrets(url) ? authorization : undefined,
  };

  function githubToken(variables: NodeJS.ProcessEnv, target: URL, own: boolean): string | undefined {
    const secret = variables['GITHUB_TOKEN'];
    const host = URL.parse(variables['GITHUB_SERVER_URL'] ?? '')?.origin;
    return secret && own && host === target.origin ? basic('x-access-token', secret) : undefined;
  }
}

/** `<remote>.git/info/lfs`; `git@host:path` and `ssh://` stand for https on the same host. */
export function lfsUrlOf(remote: string): string {
  const scp = /^(?:[^@/:]+@)?([^/:]+):(?!\/\/)(.+)$/.exec(remote);
  const ssh = /^(?:ssh|git):\/\/(?:[^@/]+@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(remote);
  const short = scp ?? ssh;
  const http = short ? `https://${short[1] ?? ''}/${(short[2] ?? '').replace(/^\/+/, '')}` : remote;
  const bare = http.replace(/\/+$/, '');
  return `${bare}${bare.endsWith('.git') ? '' : '.git'}/info/lfs`;
}

/** `http.<url>.extraheader = AUTHORIZATION: basic …`, as actions/checkout writes it; the longest prefix counts. */
function extraHeader(config: readonly ConfigEntry[], url: URL): string | undefined {
  return config
    .filter(({ section, key }) => section === 'http' && key === 'extraheader')
    .filter(({ subsection }) => {
      const prefix = URL.parse(subsection);
      return prefix?.origin === url.origin && url.pathname.startsWith(prefix.pathname);
    })
    .sort((a, b) => b.subsection.length - a.subsection.length)
    .map(({ value }) => /^authorization:\s*(.+)$/i.exec(value)?.[1])
    .find((value) => value !== undefined);
}

async function askBatch(
  server: LfsServer,
  pointers: readonly LfsPointer[],
  context: SourceContext,
): Promise<Map<string, DownloadAction>> {
  const url = `${server.url}/objects/batch`;
  const authorize = authorizationAt(url, server.authorization);
  const response = await fetchRemote(
    {
      url,
      method: 'POST',
      headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE },
      authorize,
      body: JSON.stringify({
        operation: 'download',
        transfers: ['basic'],
        hash_algo: 'sha256',
        objects: pointers.map(({ sha256, bytes }) => ({ oid: sha256, size: bytes })),
      }),
    },
    context,
  );
  if (response.status !== 200) {
    response.body.resume();
    const who = server.authorization === undefined ? 'no token was given' : 'the credentials were refused';
    if ([401, 403, 404].includes(response.status))
      throw new ConfigError(
        `the Git LFS server ${shownUrl(url)} answered ${response.status}: ${who}; pass \`token\` for it`,
      );
    throw new InfraError(`the Git LFS server ${shownUrl(url)} answered ${response.status}`);
  }
  return readBatch(await response.json(), server.url, context);
}

function readBatch(
  answer: unknown,
  server: string,
  context: Pick<SourceContext, 'addSecret'>,
): Map<string, DownloadAction> {
  const what = `the Git LFS server ${shownUrl(server)}`;
  const actions = new Map<string, DownloadAction>();
  for (const value of arrayOf(fieldsOf(answer, what)['objects'], what)) {
    const object = fieldsOf(value, what);
    const oid = textOf(object['oid'], what, 'oid');
    const error = object['error'];
    if (error !== undefined) {
      const { code, message } = fieldsOf(error, what);
      throw new InfraError(
        `${what} has no object ${oid.slice(0, 12)}: ${JSON.stringify(message).slice(0, 200)} (${String(code)})`,
      );
    }
    const download = fieldsOf(fieldsOf(object['actions'], what)['download'], what);
    const href = URL.parse(textOf(download['href'], what, 'href'));
    if (!href || !['http:', 'https:'].includes(href.protocol))
      throw new InfraError(`${what} names no address for ${oid.slice(0, 12)}`);
    if (server.startsWith('https:') && href.protocol === 'http:')
      throw new InfraError(`${what} sends to plain http (${href.host}), which is refused`);
    const headers: Record<string, string> = {};
    for (const [name, text] of Object.entries(fieldsOf(download['header'] ?? {}, what))) {
      if (typeof text !== 'string' || !/^[\w-]+$/.test(name) || /[\r\n]/.test(text)) continue;
      headers[name.toLowerCase()] = text;
      if (name.toLowerCase() === 'authorization') context.addSecret?.(text);
    }
    actions.set(oid, { href, headers, expires: expiry(download) });
  }
  return actions;
}

function expiry(download: Record<string, unknown>): number {
  const { expires_in: seconds, expires_at: at } = download;
  if (typeof seconds === 'number' && seconds > 0) return Date.now() + seconds * 1000;
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  return Number.isNaN(time) ? Number.POSITIVE_INFINITY : time;
}
