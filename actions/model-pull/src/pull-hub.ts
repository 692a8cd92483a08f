/** A pull from a hub into the cache, or from the cache alone when offline. */
import { requireSpace } from '@sluice/model-store/disk-space';
import type { RepoFolder } from '@sluice/model-store/layout';
import { isCommit, repoFolder } from '@sluice/model-store/layout';
import { findOffline } from '@sluice/model-store/offline-snapshot';
import { selectPaths } from '@sluice/model-store/patterns';
import { pullSnapshot, refuseOutsidePaths } from '@sluice/model-store/pull-snapshot';
import type { ListedFile } from '@sluice/model-store/snapshot-files';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import { HubClient } from '@sluice/sources/hub-client';
import type { Inputs } from './inputs.gen.ts';
import type { Pulled } from './pulled.ts';
import { megabytesPerSecond, totalBytes } from './pulled.ts';
import type { Wanted } from './wanted.ts';

type PullContext = Pick<ActionContext, 'log' | 'env' | 'signal'>;
const PROGRESS_MS = 10_000;

interface Listing {
  commit: string;
  files: ListedFile[];
  /** Whether `files` is all that the commit has. */
  complete: boolean;
}

export async function pullHub(
  repo: string,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
): Promise<Pulled> {
  const { log, signal, env } = context;
  const folder = repoFolder(wanted.cache.path, repo);
  const client = wanted.offline ? undefined : connect(wanted, inputs, context);
  if (!client) log.info('offline: no network is asked, the cache alone is used');
  const listing = client
    ? await listOnline(client, repo, wanted.revision)
    : await findOffline(folder, repo, wanted.revision);
  refuseOutsidePaths(listing.files);
  const files = selectFiles(listing.files, inputs, repo);
  log.info(
    `${repo} at ${wanted.revision} is commit ${listing.commit}: ` +
      `${files.length} of ${listing.files.length} files, ${formatBytes(totalBytes(files))}`,
  );
  if (!client && !listing.complete) {
    log.notice(
      `${repo}: the cache has no full file list of this commit; what lies in the snapshot is taken as all`,
    );
  }
  log.info(`cache ${folder.root} (from ${wanted.cache.from})`);
  let fetchStart = 0;
  let toFetch = 0;
  const progress = progressLine((text) => log.info(text));
  const result = await pullSnapshot(
    {
      folder,
      commit: listing.commit,
      ref: isCommit(wanted.revision) ? null : wanted.revision,
      files,
      whole: listing.complete && files.length === listing.files.length,
    },
    {
      connections: inputs.connections,
      log,
      signal,
      env,
      open: async (path, start, ended) => {
        if (!client) throw missingOffline(path, repo, folder);
        const opened = await client.openFile(repo, listing.commit, path, start, ended);
        return { body: opened.response.body, start: opened.start };
      },
      beforeFetch: async (missing) => {
        fetchStart = performance.now();
        toFetch = missing.bytes;
        const there = files.length - missing.files;
        log.info(
          `${there} of ${files.length} files are in the cache and verified, ${formatBytes(missing.bytes)} to fetch`,
        );
        if (missing.files > 0 && client)
          await requireSpace(folder.cacheDir, missing.bytes, inputs.minFreeSpace);
      },
      onProgress: progress,
    },
  );
  const fetchMs = result.files.some((file) => !file.fromCache) ? performance.now() - fetchStart : 0;
  if (fetchMs > 0) {
    const speed = megabytesPerSecond(toFetch, fetchMs);
    const rate = speed === null ? '' : ` (${speed.toFixed(1)} MB/s)`;
    log.info(
      `fetched ${formatBytes(toFetch)} in ${formatDuration(fetchMs)}${rate}, each file's hash is right`,
    );
  }
  return {
    folder: result.snapshot,
    path: result.snapshot,
    revision: listing.commit,
    files: result.files,
    downloadedBytes: result.downloadedBytes,
    fetchMs,
    repaired: result.repaired,
  };
}

function connect(wanted: Wanted, inputs: Inputs, { log, signal }: PullContext): HubClient {
  const who = wanted.token ? `token from ${wanted.token.from}` : 'no token';
  log.info(`hub ${wanted.endpoint.value} (from ${wanted.endpoint.from}), ${who}`);
  const { protocol, hostname } = new URL(wanted.endpoint.value);
  if (wanted.token && protocol === 'http:' && !/^(localhost|127\..*|\[::1\])$/.test(hostname)) {
    log.warning(
      `the token goes to ${hostname} unencrypted, as the endpoint is http://; use https:// where you can`,
    );
  }
  return new HubClient({
    endpoint: wanted.endpoint.value,
    token: wanted.token,
    log,
    signal,
    stallTimeoutMs: inputs.timeout,
  });
}

async function listOnline(client: HubClient, repo: string, revision: string): Promise<Listing> {
  const { commit } = await client.resolveRevision(repo, revision);
  return { commit, files: await client.listTree(repo, commit), complete: true };
}

function selectFiles(files: ListedFile[], inputs: Inputs, repo: string): ListedFile[] {
  const selected = selectPaths(files, inputs.include, inputs.exclude);
  if (selected.length > 0) return selected;
  if (files.length === 0)
    throw new ConfigError(`input \`model\` = ${JSON.stringify(repo)} has no files at this revision`);
  const some = files.slice(0, 8).map(({ path }) => path);
  throw new ConfigError(
    `inputs \`include\` = ${JSON.stringify(inputs.include.join(', '))} and \`exclude\` = ` +
      `${JSON.stringify(inputs.exclude.join(', '))} select none of the ${files.length} files, such as ${some.join(', ')}`,
  );
}

function missingOffline(path: string, repo: string, folder: RepoFolder): ConfigError {
  return new ConfigError(
    `offline (input \`offline\` or \`HF_HUB_OFFLINE\`): ${path} of ${repo} is missing or spoilt in ${folder.root}; ` +
      'pull it once without `offline`, or leave it out by `exclude`',
  );
}

/** A line now and then, so that a person who looks at the log sees that it moves. */
function progressLine(print: (text: string) => void): (done: number, total: number) => void {
  const start = performance.now();
  let last = start;
  return (done, total) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    const left = ((now - start) / done) * (total - done);
    const share = Math.floor((100 * done) / total);
    print(
      `${share}% of ${formatBytes(total)}, ${formatBytes((done / (now - start)) * 1000)}/s, about ${formatDuration(left)} left`,
    );
  };
}
