/** How a hub's files are had: over HTTP, or from its Xet storage where HTTP isn't given. */
import type { ListedFile } from '@sluice/model-store/snapshot-files';
import type { HubClient } from '@sluice/sources/hub-client';
import { openXet, xetFrom } from '@sluice/sources/xet-source';
import type { XetFile } from '@sluice/sources/xet-source';
import type { Inputs } from './inputs.gen.ts';
import type { Access, PullContext } from './pull-plan.ts';
import type { Wanted } from './wanted.ts';

/** What a hub or its CDN answers for a file that it won't give; not: unknown, not permitted, too many requests. */
const REFUSED = new Set([400, 403, 405, 413, 416, 422, 451]);

export function hubAccess(
  client: HubClient,
  repo: string,
  commit: string,
  files: readonly ListedFile[],
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
): Pick<Access, 'open' | 'locate'> {
  const { log, env } = context;
  const from = xetFrom(env);
  const byPath = new Map(files.map((file) => [file.path, file]));
  const byXet = new Set<string>();
  const overHttp = new Set<string>();
  for (const { path, bytes, xetHash } of files) if (xetHash !== null && bytes >= from) byXet.add(path);
  if (byXet.size > 0) log.info(`${byXet.size} of the files come from the hub's Xet storage, for their size`);
  const options = {
    endpoint: client.endpoint,
    token: wanted.token,
    tokenUrl: client.xetTokenUrl(repo, commit),
    log,
    stallTimeoutMs: inputs.timeout,
    addSecret: (value: string) => context.addSecret(value),
  };
  const open: Access['open'] = async (path, range, signal) => {
    const file = byPath.get(path);
    const start = range?.start ?? 0;
    const end = (range?.end ?? (file?.bytes ?? 0) - 1) + 1;
    const xet = async (one: XetFile) => ({
      body: await openXet(one, start, end, options, signal),
      whole: false,
    });
    if (isXet(file) && byXet.has(path)) return xet(file);
    try {
      const { response } = await client.openFile(repo, commit, path, start, signal, range?.end);
      overHttp.add(path);
      return { body: response.body, whole: response.status !== 206 };
    } catch (error) {
      const refused = REFUSED.has(statusOf(error) ?? 0) && !overHttp.has(path);
      if (signal.aborted || !refused || !isXet(file)) throw error;
      // The first refusal is what counts, should the storage refuse it too.
      const opened = await xet(file).catch(() => undefined);
      if (!opened) throw error;
      if (!byXet.has(path))
        log.notice(`${path}: the hub refuses it over HTTP; it comes from its Xet storage`);
      byXet.add(path);
      return opened;
    }
  };
  return {
    open,
    locate: (path, signal) =>
      byXet.has(path) ? Promise.resolve(undefined) : client.locateFile(repo, commit, path, signal),
  };
}

function isXet(file: ListedFile | undefined): file is ListedFile & { xetHash: string } {
  return typeof file?.xetHash === 'string';
}

function statusOf(error: unknown): number | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' ? status : undefined;
}
