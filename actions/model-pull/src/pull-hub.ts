/** A pull from a hub into the cache, or from the cache alone when offline. */
import { join } from 'node:path';
import type { RepoFolder } from '@sluice/model-store/layout';
import { isCommit, repoFolder } from '@sluice/model-store/layout';
import { findOffline, readListing } from '@sluice/model-store/offline-snapshot';
import { selectPaths } from '@sluice/model-store/patterns';
import { refuseOutsidePaths } from '@sluice/model-store/pull-snapshot';
import type { ListedFile } from '@sluice/model-store/snapshot-files';
import { ConfigError } from '@sluice/runtime/errors';
import { formatBytes } from '@sluice/runtime/units';
import type { HubSource, RepoType } from '@sluice/sources/grammar';
import { HubClient } from '@sluice/sources/hub-client';
import type { HubScan } from './hub-scan.ts';
import { startScan } from './hub-scan.ts';
import { hubAccess } from './hub-access.ts';
import type { Inputs } from './inputs.gen.ts';
import { pullPlan } from './pull-plan.ts';
import type { PullContext } from './pull-plan.ts';
import type { Inspect, Pulled } from './pulled.ts';
import { totalBytes } from './pulled.ts';
import { readHub } from './read-part.ts';
import type { Wanted } from './wanted.ts';

interface Listing {
  commit: string;
  files: ListedFile[];
  /** Whether `files` is all that the commit has. */
  complete: boolean;
  /** The hub's reading of the model card, where it was asked. */
  cardData?: unknown;
}

export async function pullHub(
  { repo, repoType }: HubSource,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  const { log } = context;
  const folder = repoFolder(wanted.cache.path, repo, repoType);
  const client = wanted.offline ? undefined : connect(repoType, wanted, inputs, context);
  if (!client) log.info('offline: no network is asked, the cache alone is used');
  const listing: Listing = client
    ? await listOnline(client, repo, wanted.revision, folder)
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
  const etags = new Map(files.map(({ path, etag }) => [path, etag]));
  const kept = (path: string): string => join(folder.blobs, etags.get(path) ?? '');
  await wanted.look?.(files, readHub(client, repo, listing.commit, kept, context.signal), listing.commit);
  let asked: Promise<HubScan> | undefined;
  const pulled = await pullPlan(
    {
      folder,
      commit: listing.commit,
      ref: isCommit(wanted.revision) ? null : wanted.revision,
      files,
      whole: listing.complete && files.length === listing.files.length,
      ...(listing.complete && { listing: listing.files }),
    },
    {
      offline: !client,
      // While the files come; a full hit costs no request.
      ...(client &&
        inputs.safety !== 'off' && {
          onMissing: () => void (asked = startScan(() => client.listScans(repo, listing.commit))),
        }),
      contents: files,
      ...(client
        ? hubAccess(client, repo, listing.commit, files, wanted, inputs, context)
        : { open: (path) => Promise.reject(missingOffline(path, repo, folder)) }),
    },
    inputs,
    context,
    inspect && (async (placed) => inspect(placed, await asked)),
  );
  const scan = await asked;
  return { ...pulled, revision: listing.commit, cardData: listing.cardData, ...(scan && { scan }) };
}

function connect(
  repoType: RepoType,
  wanted: Wanted,
  inputs: Inputs,
  { log, signal }: PullContext,
): HubClient {
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
    input: wanted.input,
    repoType,
    token: wanted.token,
    log,
    signal,
    stallTimeoutMs: inputs.timeout,
  });
}

/** A commit's files never change: a list that is kept is not asked for again, and no request is left for a commit id. */
async function listOnline(
  client: HubClient,
  repo: string,
  revision: string,
  folder: RepoFolder,
): Promise<Listing> {
  const kept = isCommit(revision) ? await readListing(folder, revision) : undefined;
  if (kept) return { commit: revision, files: kept, complete: true };
  const { commit, cardData } = await client.resolveRevision(repo, revision);
  const files = (await readListing(folder, commit)) ?? (await client.listTree(repo, commit));
  return { commit, files, complete: true, cardData };
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
