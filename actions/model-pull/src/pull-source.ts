/** A pull from any source but a hub: resolved to its immutable revision, fetched beside the cache's hub models. */
import type { RepoFolder } from '@sluice/model-store/layout';
import { selectPaths } from '@sluice/model-store/patterns';
import type { ByteRange, OpenedBody } from '@sluice/model-store/transfer';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { resolveSource } from '@sluice/sources/resolve-source';
import type { DrivenSource, RemoteFile, ResolvedSource } from '@sluice/sources/source';
import type { Inputs } from './inputs.gen.ts';
import { pullPlan } from './pull-plan.ts';
import type { PullContext } from './pull-plan.ts';
import type { Inspect, Pulled } from './pulled.ts';
import { readFolder, readRemote } from './read-part.ts';
import {
  addToNote,
  lastRevision,
  planFile,
  planKept,
  readNote,
  snapshotName,
  sourceFolder,
} from './source-store.ts';
import type { Wanted } from './wanted.ts';

/** Variables that say whose bucket or model a name is. */
const S3_SERVERS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL', 'MLFLOW_TRACKING_URI'];
const SERVERS: Partial<Record<DrivenSource['kind'], readonly string[]>> = {
  s3: S3_SERVERS,
  mlflow: S3_SERVERS,
  gs: ['STORAGE_EMULATOR_HOST'],
  lakefs: ['LAKECTL_SERVER_ENDPOINT_URL'],
  wandb: ['WANDB_BASE_URL', ...S3_SERVERS],
  clearml: ['CLEARML_API_HOST', ...S3_SERVERS],
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
  if (wanted.offline) return pullOffline(folder, asked, wanted, inputs, context, inspect);
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
  return pullResolved(folder, resolved, asked, wanted, inputs, context, inspect);
}

async function pullResolved(
  folder: RepoFolder,
  resolved: ResolvedSource,
  asked: string,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  const { source, revision } = resolved;
  const commit = snapshotName(revision);
  const chosen = select(resolved.files, inputs, source);
  context.log.info(`${source} is at revision ${revision}: ${chosen.length} files`);
  await wanted.look?.(chosen, readRemote(chosen, context.signal), revision);
  const files = new Map(chosen.map((file) => [file.path, file]));
  const fileAt = (path: string): RemoteFile => {
    const file = files.get(path);
    if (!file) throw new InfraError(`${path} was not chosen`);
    return file;
  };
  const pulled = await pullPlan(
    { folder, commit, ref: null, files: chosen.map(planFile) },
    {
      offline: false,
      open: (path, range, ended) => openRemote(fileAt(path), range, ended),
      locate: (path, ended) => fileAt(path).locate?.(ended) ?? Promise.resolve(undefined),
    },
    inputs,
    context,
    inspect,
  );
  if (pulled.inspected?.admitted !== false) {
    const listed = resolved.files.map(({ path }) => path);
    const kept = pulled.files.map(({ path, bytes, sha256, etag }) => ({ path, bytes, sha256, blob: etag }));
    await addToNote(folder, commit, { source, revision, listed, files: kept }, asked);
  }
  return described(pulled, source, revision);
}

async function openRemote(
  file: RemoteFile,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<OpenedBody> {
  const last = range && (range.end ?? (file.bytes ?? 0) - 1);
  const asked =
    range && last !== undefined && file.acceptsRanges ? { start: range.start, end: last } : undefined;
  const { body, status } = await file.open(asked, signal);
  return { body, whole: status !== 206 };
}

/** The revision that this source last led to, from the cache alone. */
async function pullOffline(
  folder: RepoFolder,
  asked: string,
  wanted: Wanted,
  inputs: Inputs,
  context: PullContext,
  inspect: Inspect | undefined,
): Promise<Pulled> {
  context.log.info('offline: no network is asked, the cache alone is used');
  const revision = await lastRevision(folder, asked);
  const commit = snapshotName(revision ?? '');
  const note = revision === undefined ? undefined : await readNote(folder, commit);
  const missing = (what: string): ConfigError =>
    new ConfigError(
      `offline (input \`offline\` or \`HF_HUB_OFFLINE\`): ${what} of ${wanted.name} is missing or spoilt in ` +
        `${folder.root}; pull it once without \`offline\``,
    );
  if (!note) throw missing('all');
  const known = new Map(note.files.map((file) => [file.path, file]));
  const listed = note.listed.map((path) => ({ path }));
  const files = select(listed, inputs, note.source).map(({ path }) => {
    const kept = known.get(path);
    if (!kept) throw missing(path);
    return planKept(kept);
  });
  const pulled = await pullPlan(
    { folder, commit, ref: null, files },
    { offline: true, open: (path) => Promise.reject(missing(path)) },
    inputs,
    context,
    inspect,
  );
  await wanted.look?.(pulled.files, readFolder(pulled.folder), note.revision);
  return described(pulled, note.source, note.revision);
}

/** Outside the cache a file goes by its sha256, whatever its blob is called. */
function described(pulled: Omit<Pulled, 'revision'>, source: string, revision: string): Pulled {
  const files = pulled.files.map((file) => ({ ...file, etag: file.sha256 }));
  return { ...pulled, files, source, revision };
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
