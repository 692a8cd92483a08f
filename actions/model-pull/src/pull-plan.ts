/** What every pull but that of files on this machine does: the store is asked, room is made, the engine brings the rest. */
import { requireSpace } from '@sluice/model-store/disk-space';
import { pullSnapshot } from '@sluice/model-store/pull-snapshot';
import type { PullOptions, PullPlan } from '@sluice/model-store/pull-snapshot';
import type { Content } from '@sluice/actions-cache/entries';
import type { ActionContext } from '@sluice/runtime/action';
import { isReachedDirectly } from '@sluice/http/proxy-rules';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import { countRestored, putCacheInFront } from './actions-cache.ts';
import type { Inputs } from './inputs.gen.ts';
import { makeRoom } from './make-room.ts';
import { ProgressLines } from './progress.ts';
import type { Inspect, Inspected, Pulled } from './pulled.ts';
import { megabytesPerSecond } from './pulled.ts';

export type PullContext = Pick<ActionContext, 'log' | 'env' | 'signal' | 'bundle' | 'addSecret'>;

/** How the bytes are had; offline, `open` says what is missing. */
export interface Access extends Pick<PullOptions, 'open' | 'locate'> {
  offline: boolean;
  /** Called when there is something to fetch, before it is. */
  onMissing?: () => void;
  /** Files whose etag is a hash of their bytes: what GitHub's cache may keep, and give back. */
  contents?: readonly Content[];
}

export async function pullPlan(
  plan: PullPlan,
  access: Access,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Omit<Pulled, 'revision'>> {
  const { folder, commit, files } = plan;
  const { log, signal, env, bundle } = context;
  const cached = access.offline ? undefined : putCacheInFront(access, inputs, context);
  const origin = cached?.front ?? access;
  let inspected: Inspected | undefined;
  let fetchStart = 0;
  const progress = new ProgressLines((text) => log.info(text));
  const result = await pullSnapshot(plan, {
    connections: inputs.connections,
    bandwidthLimit: inputs.bandwidthLimit,
    verify: inputs.verify,
    workerScript: bundle,
    stallMs: inputs.timeout,
    log,
    signal,
    env,
    open: (path, range, ended) => origin.open(path, range, ended),
    // Threads reach the net by themselves, and know of no proxy.
    locate: async (path, ended) => {
      const located = await origin.locate?.(path, ended);
      return located && isReachedDirectly(new URL(located.url), env) ? located : undefined;
    },
    distrust: (path) => cached?.front.distrust(path) ?? false,
    beforeFetch: async (missing) => {
      fetchStart = performance.now();
      const there = files.length - missing.files;
      const how = inputs.verify === 'full' ? 'hashed and right' : 'as they were when they were hashed';
      log.info(
        `${there} of ${files.length} files are in the cache, ${how}; ${formatBytes(missing.bytes)} to fetch`,
      );
      await makeRoom(inputs, folder, commit, missing.bytesToWrite, log);
      if (missing.files > 0 && !access.offline)
        await requireSpace(folder.cacheDir, missing.bytesToWrite, inputs.minFreeSpace);
      if (missing.files > 0) access.onMissing?.();
      progress.begin(missing.bytes);
    },
    onProgress: (done) => progress.update(done),
    ...(inspect && {
      beforeLink: async (placed) => {
        inspected = await inspect(placed);
        return inspected.admitted;
      },
    }),
  }).finally(() => progress.end());
  const fetchMs = result.downloadedBytes > 0 ? performance.now() - fetchStart : 0;
  if (fetchMs > 0) {
    const speed = megabytesPerSecond(result.downloadedBytes, fetchMs);
    const rate = speed === null ? '' : ` (${speed.toFixed(1)} MB/s)`;
    const rest =
      result.resumedBytes > 0 ? `, ${formatBytes(result.resumedBytes)} were there from before` : '';
    log.info(
      `fetched ${formatBytes(result.downloadedBytes)} in ${formatDuration(fetchMs)}${rate}${rest}, each file's hash is right`,
    );
  }
  if (result.joined > 0) log.info(`${result.joined} files were brought by another job meanwhile`);
  const toKeep = inspected?.admitted === false ? undefined : await cached?.toKeep(folder.blobs);
  return {
    folder: result.snapshot,
    path: result.snapshot,
    files: cached ? countRestored(result.files, cached, log) : result.files,
    downloadedBytes: result.downloadedBytes,
    fetchMs,
    repaired: result.repaired,
    ...(toKeep && { toKeep }),
    ...(inspected && { inspected }),
  };
}
