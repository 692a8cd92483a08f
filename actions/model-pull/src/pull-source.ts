/** A pull from any source but a hub: resolved to its immutable revision, fetched beside the cache's hub models. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { requireSpace } from '@sluice/model-store/disk-space';
import { holdSnapshot } from '@sluice/model-store/hold';
import type { RepoFolder } from '@sluice/model-store/layout';
import { selectPaths } from '@sluice/model-store/patterns';
import { mapPool } from '@sluice/model-store/pool';
import { VerifiedBlobs } from '@sluice/model-store/verified';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { withFileLock } from '@sluice/runtime/files';
import { formatBytes } from '@sluice/runtime/units';
import { resolveSource } from '@sluice/sources/resolve-source';
import { saveFiles } from '@sluice/sources/save-files';
import type { DrivenSource, RemoteFile, ResolvedSource } from '@sluice/sources/source';
import type { Inputs } from './inputs.gen.ts';
import { makeRoom } from './make-room.ts';
import { readFolder, readRemote } from './read-part.ts';
import { ProgressLines } from './progress.ts';
import type { Inspect, Pulled, PulledFile } from './pulled.ts';
import { totalBytes } from './pulled.ts';
import {
  checkKept,
  identityOf,
  lastRevision,
  openStage,
  placeKept,
  readNote,
  snapshotName,
  sourceFolder,
  writeNote,
} from './source-store.ts';
import type { KeptFile } from './source-store.ts';
import type { Wanted } from './wanted.ts';

type PullContext = Pick<ActionContext, 'log' | 'env' | 'signal' | 'addSecret'>;

/** Another job that pulls the same source is waited for. */
const LOCK_MS = 24 * 3_600_000;

/** Variables that say whose bucket or model a name is. */
const S3_SERVERS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'MLFLOW_TRACKING_URI'];
const SERVERS: Partial<Record<DrivenSource['kind'], readonly string[]>> = {
  s3: S3_SERVERS,
  mlflow: S3_SERVERS,
  lakefs: ['LAKECTL_SERVER_ENDPOINT_URL'],
};

export async function pullSource(
  parsed: DrivenSource,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  const { env, log } = context;
  const given = parsed.kind === 'file' ? parsed.path : parsed.given;
  // Of two jobs in two workspaces each has its own `dvc:model`; so have two servers their own bucket of one name.
  const local = parsed.kind === 'file' || parsed.kind === 'dvc' ? wanted.workspace : null;
  const servers = SERVERS[parsed.kind]?.map((name) => (env[name] ?? '').replace(/\/\/[^/]*@/, '//'));
  const address = given.replace(/#sha256[=:][0-9a-f]*$/i, '');
  const folder = sourceFolder(wanted.cache.path, [
    parsed.kind,
    address,
    local,
    inputs.endpoint ?? null,
    inputs.dvcRemote ?? null,
    servers ?? null,
  ]);
  log.info(`cache ${folder.root} (from ${wanted.cache.from})`);
  // The hash in an address says which revision is meant.
  const asked = `${wanted.revision}${given.slice(address.length)}`;
  if (wanted.offline) return pullOffline(folder, asked, wanted, inputs, context);
  const resolved = await resolveSource(parsed, {
    env,
    log,
    signal: context.signal,
    workspace: wanted.workspace,
    addSecret: (value) => context.addSecret(value),
    stallTimeoutMs: inputs.timeout,
    ...(wanted.token && { token: wanted.token.value }),
    ...(inputs.endpoint !== undefined && { endpoint: inputs.endpoint }),
    ...(inputs.dvcRemote !== undefined && { dvcRemote: inputs.dvcRemote }),
    ...(wanted.revision !== '' && { revision: wanted.revision }),
  });
  const selected = select(resolved.files, inputs, resolved.source);
  await wanted.look?.(selected, readRemote(selected, context.signal), resolved.revision);
  return withFileLock(
    join(folder.locks, 'source.lock'),
    () => pullResolved(folder, resolved, asked, inputs, context, inspect),
    { timeoutMs: LOCK_MS },
  );
}

async function pullResolved(
  folder: RepoFolder,
  resolved: ResolvedSource,
  asked: string,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  const { log, signal } = context;
  const commit = snapshotName(resolved.revision);
  const chosen = select(resolved.files, inputs, resolved.source);
  log.info(`${resolved.source} is at revision ${resolved.revision}: ${chosen.length} files`);
  await holdSnapshot(folder, commit, signal);
  const note = await readNote(folder, commit);
  const known = new Map(note?.files.map((file) => [file.path, file]));
  const verified = await VerifiedBlobs.open(folder);
  const repaired: string[] = [];
  const states = await mapPool(chosen, inputs.connections, signal, async (file, stop) => {
    const kept = known.get(file.path);
    const identity = identityOf(file);
    if (!kept || identity === null || kept.identity !== identity) return undefined;
    const state = await checkKept(folder, commit, kept, { verify: inputs.verify, verified, signal: stop });
    if (state === 'spoilt') repaired.push(file.path);
    return state === 'hit' ? kept : undefined;
  });
  const hits = states.filter((kept) => kept !== undefined);
  const missing = chosen.filter((_, index) => states[index] === undefined);
  for (const path of repaired) log.warning(`${path} in the cache is spoilt; it is fetched again`);
  const started = performance.now();
  const stage = join(folder.locks, `${commit}.stage`);
  const fetched = await fetchMissing(folder, commit, missing, inputs, context);
  const fetchMs = missing.length > 0 ? performance.now() - started : 0;
  const snapshot = join(folder.snapshots, commit);
  const inspected = await inspect?.([
    ...hits.map((file) => ({ ...file, at: join(snapshot, file.path) })),
    ...fetched.map((file) => ({ ...file, at: join(stage, file.path) })),
  ]);
  const { source, revision } = resolved;
  if (inspected?.admitted !== false) {
    for (const file of fetched) await placeKept(folder, commit, stage, file, verified);
    for (const file of fetched) known.set(file.path, file);
    const listed = resolved.files.map(({ path }) => path);
    await writeNote(folder, commit, { source, revision, listed, files: [...known.values()] }, asked);
  }
  await verified.save();
  await rm(stage, { recursive: true, force: true });
  const files = [
    ...hits.map((file) => toPulled(file, true)),
    ...fetched.map((file) => toPulled(file, false)),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
  const downloadedBytes = totalBytes(fetched);
  const places = { folder: snapshot, path: snapshot, source, revision };
  return { ...places, files, downloadedBytes, fetchMs, repaired, ...(inspected && { inspected }) };
}

/** Into the stage, every hash checked. */
async function fetchMissing(
  folder: RepoFolder,
  commit: string,
  missing: readonly RemoteFile[],
  inputs: Inputs,
  { log, signal }: PullContext,
): Promise<KeptFile[]> {
  if (missing.length === 0) return [];
  const bytes = totalBytes(missing.map((file) => ({ bytes: file.bytes ?? 0 })));
  log.info(`${formatBytes(bytes)} in ${missing.length} files to fetch`);
  await makeRoom(inputs, folder, commit, bytes, log);
  await requireSpace(folder.cacheDir, bytes, inputs.minFreeSpace);
  const stage = await openStage(folder, commit);
  const progress = new ProgressLines((text) => log.info(text));
  let done = 0;
  progress.begin(bytes);
  const saved = await saveFiles(missing, stage, {
    connections: inputs.connections,
    signal,
    onBytes: (count) => progress.update((done += count)),
  }).finally(() => progress.end());
  return saved.map(({ path, bytes: size, sha256 }, index) => {
    const file = missing[index];
    return { path, bytes: size, sha256, identity: file ? identityOf(file) : null };
  });
}

/** The revision that this source last led to, from the cache alone. */
async function pullOffline(
  folder: RepoFolder,
  asked: string,
  wanted: Wanted,
  inputs: Inputs,
  { log, signal }: PullContext,
): Promise<Pulled> {
  log.info('offline: no network is asked, the cache alone is used');
  const revision = await lastRevision(folder, asked);
  const commit = snapshotName(revision ?? '');
  const note = revision === undefined ? undefined : await readNote(folder, commit);
  const missing = (what: string): ConfigError =>
    new ConfigError(
      `offline (input \`offline\` or \`HF_HUB_OFFLINE\`): ${what} of ${wanted.name} is missing or spoilt in ` +
        `${folder.root}; pull it once without \`offline\``,
    );
  if (!note) throw missing('all');
  await holdSnapshot(folder, commit, signal);
  const verified = await VerifiedBlobs.open(folder);
  const known = new Map(note.files.map((file) => [file.path, file]));
  const chosen = select(
    note.listed.map((path) => ({ path })),
    inputs,
    note.source,
  );
  const files = await mapPool(chosen, inputs.connections, signal, async ({ path }, stop) => {
    const kept = known.get(path);
    const options = { verify: inputs.verify, verified, signal: stop };
    if (!kept || (await checkKept(folder, commit, kept, options)) !== 'hit') throw missing(path);
    return toPulled(kept, true);
  });
  await verified.save();
  const snapshot = join(folder.snapshots, commit);
  await wanted.look?.(files, readFolder(snapshot), note.revision);
  const { source } = note;
  return {
    folder: snapshot,
    path: snapshot,
    source,
    revision: note.revision,
    files,
    downloadedBytes: 0,
    fetchMs: 0,
    repaired: [],
  };
}

function select<T extends { path: string }>(files: readonly T[], inputs: Inputs, source: string): T[] {
  const selected = selectPaths(files, inputs.include, inputs.exclude);
  if (selected.length > 0) return selected;
  const some = files.slice(0, 8).map(({ path }) => path);
  throw new ConfigError(
    `inputs \`include\` = ${JSON.stringify(inputs.include.join(', '))} and \`exclude\` = ` +
      `${JSON.stringify(inputs.exclude.join(', '))} select none of the ${files.length} files of ${source}, such as ${some.join(', ')}`,
  );
}

function toPulled({ path, bytes, sha256 }: KeptFile, fromCache: boolean): PulledFile {
  return { path, bytes, sha256, etag: sha256, fromCache };
}
