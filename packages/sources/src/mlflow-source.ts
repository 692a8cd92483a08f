/**
 * `mlflow:models:/name/version`, `models:/name@alias`, `models:/m-<id>` and `runs:/id/path`: the server names where the
 * artifacts are, and they come through its own proxy or straight from S3.
 */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { OtherSource } from './grammar.ts';
import { listingDigest } from './listing-digest.ts';
import { chooseMlflowServer, MlflowClient } from './mlflow-client.ts';
import { fetchRemote, takeBody } from './remote-http.ts';
import { describePathFault } from '@sluice/runtime/safe-path';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

export type MlflowAddress =
  | { kind: 'version'; name: string; version: string }
  | { kind: 'alias'; name: string; alias: string }
  | { kind: 'stage'; name: string; stage: string }
  | { kind: 'logged-model'; id: string }
  | { kind: 'run'; id: string; path: string };

const MAX_FILES = 100_000;
const MAX_DEPTH = 32;

export async function resolveMlflow(
  parsed: Pick<OtherSource, 'given'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const address = parseMlflowAddress(parsed.given, context.revision);
  const client = new MlflowClient(chooseMlflowServer(context), context);
  const source = parsed.given;
  if (address.kind === 'run') {
    const files = await resolveRun(client, address, context);
    return { source, revision: listingDigest(files), files: checkedFiles(files, source) };
  }
  if (address.kind === 'logged-model') {
    const { artifactUri } = await client.loggedModel(address.id);
    const files = await listUri(client, artifactUri, context);
    return { source, revision: address.id, files: needed(files, source) };
  }
  const version = await versionOf(client, address);
  const files = await listUri(client, await client.versionUri(address.name, version), context);
  return { source: `models:/${address.name}/${version}`, revision: version, files: needed(files, source) };
}

/** A version of a registered model whose weights a hub keeps. */
export interface HubVersion {
  /** `models:/name/3` */
  address: string;
  /** `hf://org/name@commit`, as the registry has it. */
  uri: string;
  /** `sha256:…` that the version was registered with, to be held against what is pulled; null without. */
  digest: string | null;
}

/** What `mlflow:models:/…` names, where that is at a hub; undefined where the server or a bucket keeps it. */
export async function findHubVersion(given: string, context: SourceContext): Promise<HubVersion | undefined> {
  const address = parseMlflowAddress(given, context.revision);
  if (address.kind === 'run' || address.kind === 'logged-model') return undefined;
  const client = new MlflowClient(chooseMlflowServer(context), context);
  const version = await versionOf(client, address);
  const uri = await client.versionUri(address.name, version);
  if (!uri.startsWith('hf://')) return undefined;
  const digest = await client.versionTag(address.name, version, 'sluice.digest');
  return {
    address: `models:/${address.name}/${version}`,
    uri,
    digest: digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : null,
  };
}

async function versionOf(
  client: MlflowClient,
  address: Exclude<MlflowAddress, { kind: 'run' | 'logged-model' }>,
): Promise<string> {
  if (address.kind === 'version') return address.version;
  if (address.kind === 'alias') return client.versionOfAlias(address.name, address.alias);
  return client.latestVersion(address.name, address.stage);
}

/** A run's own artifacts at the path; else the model of that name that the run logged. */
async function resolveRun(
  client: MlflowClient,
  { id, path }: { id: string; path: string },
  context: SourceContext,
): Promise<RemoteFile[]> {
  const run = await client.run(id);
  const files = await listUri(client, joinUri(run.artifactUri, path), context);
  if (files.length > 0) return files;
  const [name = '', ...below] = path.split('/');
  for (const model of run.models) {
    const logged = await client.loggedModel(model);
    if (logged.name === name) return listUri(client, joinUri(logged.artifactUri, below.join('/')), context);
  }
  throw new ConfigError(
    `runs:/${id}/${path} does not exist: the run has no artifact and no model of this name`,
  );
}

function joinUri(uri: string, path: string): string {
  return path === '' ? uri : `${uri.replace(/\/+$/, '')}/${path}`;
}

function needed(files: RemoteFile[], source: string): RemoteFile[] {
  if (files.length === 0) throw new ConfigError(`${source} exists, and holds no file`);
  return checkedFiles(files, source);
}

/** The files at an artifact address, whatever keeps them. */
async function listUri(client: MlflowClient, uri: string, context: SourceContext): Promise<RemoteFile[]> {
  const proxied = proxiedPath(uri, client.server.url);
  if (proxied !== undefined) return listProxied(client, proxied, context);
  if (uri.startsWith('s3://')) {
    const { resolveS3 } = await import('./s3-source.ts');
    // The endpoint and token that were given are MLflow's; S3's own come from the environment.
    const { env, log, signal, workspace, addSecret } = context;
    const endpoint = env['MLFLOW_S3_ENDPOINT_URL'];
    const own: SourceContext = {
      env,
      log,
      signal,
      workspace,
      ...(endpoint && { endpoint }),
      ...(addSecret && { addSecret }),
    };
    return (await resolveS3({ rest: uri.slice('s3://'.length) }, own)).files;
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1] ?? 'a path';
  throw new ConfigError(
    `MLflow keeps this model under ${scheme}:…, which can't be read from here; ` +
      'start its server with --serve-artifacts, or keep artifacts in S3',
  );
}

/**
 * The path behind MLflow's artifact proxy, for `mlflow-artifacts:/p`, `mlflow-artifacts://host/p` and the proxy's own
 * http address; undefined for anything else. Another host than the tracking server's is not asked: the address comes
 * from whoever registered the model.
 */
export function proxiedPath(uri: string, server: string): string | undefined {
  const short = /^mlflow-artifacts:(\/\/[^/]*)?\/*(.*)$/s.exec(uri);
  if (short) {
    const host = short[1]?.slice(2) ?? '';
    if (host !== '' && host !== new URL(server).host)
      throw new ConfigError(
        `MLflow names the artifact server ${JSON.stringify(host)}, not ${new URL(server).host}; refused`,
      );
    return cleanPath(short[2] ?? '');
  }
  const prefix = `${server}/api/2.0/mlflow-artifacts/artifacts/`;
  return uri.startsWith(prefix) ? cleanPath(uri.slice(prefix.length)) : undefined;
}

function cleanPath(path: string): string {
  const clean = path.replace(/\/+$/, '');
  const fault = clean === '' ? undefined : describePathFault(clean);
  if (fault !== undefined)
    throw new InfraError(`MLflow names the artifact path ${JSON.stringify(path)}, refused: ${fault}`);
  return clean;
}

async function listProxied(
  client: MlflowClient,
  root: string,
  context: SourceContext,
): Promise<RemoteFile[]> {
  const files: RemoteFile[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await client.listArtifacts(joinPath(root, folder));
    for (const { name, folder: isFolder, bytes } of entries) {
      const path = joinPath(folder, name);
      const fault = describePathFault(path);
      if (fault !== undefined)
        throw new InfraError(`MLflow lists the artifact ${JSON.stringify(path)}, refused: ${fault}`);
      if (isFolder && path.split('/').length < MAX_DEPTH) folders.push(path);
      else if (!isFolder) files.push(proxiedFile(client, path, joinPath(root, path), bytes, context));
      if (files.length > MAX_FILES)
        throw new InfraError(`mlflow-artifacts:/${root} has more than ${MAX_FILES} files`);
    }
  }
  // A path may name a single file: its folder then lists it.
  if (files.length === 0 && root.includes('/')) {
    const at = root.lastIndexOf('/');
    const name = root.slice(at + 1);
    const own = (await client.listArtifacts(root.slice(0, at))).find((entry) => entry.name === name);
    if (own && !own.folder) files.push(proxiedFile(client, name, root, own.bytes, context));
  }
  return files;
}

function joinPath(folder: string, name: string): string {
  return [folder, name].filter((part) => part !== '').join('/');
}

/** The proxy streams a file whole: it knows no ranges, no hashes and no ETags. */
function proxiedFile(
  client: MlflowClient,
  path: string,
  full: string,
  bytes: number | null,
  context: SourceContext,
): RemoteFile {
  return {
    path,
    bytes,
    hash: null,
    etag: null,
    acceptsRanges: false,
    open: async (_range, signal) => {
      const asked = { url: client.artifactUrl(full), authorize: client.authorize };
      const response = await fetchRemote(asked, { ...context, signal });
      if (response.status >= 400) {
        throw client.refusal(response.status, await response.text().catch(() => ''), path);
      }
      return takeBody(response, undefined, { name: path, bytes, etag: null });
    },
  };
}

/** `revision` (the input) stands in where the address names no version. */
export function parseMlflowAddress(given: string, revision: string | undefined): MlflowAddress {
  const text = given.replace(/^mlflow:/, '');
  const fault = (why: string): ConfigError =>
    new ConfigError(
      `${JSON.stringify(given)} ${why}; write models:/name/3, models:/name@alias or mlflow:runs:/id/path`,
    );
  const run = /^runs:\/+([A-Za-z0-9_-]{1,64})(?:\/(.*))?$/s.exec(text);
  if (run?.[1] !== undefined) {
    if (revision !== undefined)
      throw fault(`names a run, for which \`revision\` = ${JSON.stringify(revision)} has no meaning`);
    const path = (run[2] ?? '').replace(/\/+$/, '');
    const bad = path === '' ? undefined : describePathFault(path);
    if (bad !== undefined) throw fault(`names a path that can't be: ${bad}`);
    return { kind: 'run', id: run[1], path };
  }
  const model = /^models:\/+([^/@]+)(?:@([^/@]+)|\/([^/]+))?$/.exec(text);
  if (model?.[1] === undefined) throw fault('is no MLflow address');
  const [, name, alias, part] = model;
  if (revision !== undefined && (alias ?? part) !== undefined && (alias ?? part) !== revision)
    throw fault(`says one version and \`revision\` = ${JSON.stringify(revision)} another; give one of them`);
  if (alias !== undefined) return { kind: 'alias', name, alias };
  const version = part ?? revision;
  if (version === undefined) {
    if (/^m-[0-9a-f]{32}$/.test(name)) return { kind: 'logged-model', id: name };
    throw fault('names no version');
  }
  if (/^\d+$/.test(version)) return { kind: 'version', name, version };
  if (part === undefined) return { kind: 'alias', name, alias: version };
  return { kind: 'stage', name, stage: version };
}
