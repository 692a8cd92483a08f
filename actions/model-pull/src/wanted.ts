/** From inputs and environment to what is wanted, with nothing opened yet: all faults are told at once. */
import { resolve } from 'node:path';
import { chooseCacheDir } from '@sluice/model-store/layout';
import { describePathFault } from '@sluice/runtime/safe-path';
import { shownUrl } from '@sluice/http/shown-url';
import { ConfigError } from '@sluice/runtime/errors';
import type { SignatureDemand } from '@sluice/signing/demand';
import { parseDemand, requireTrustFiles } from '@sluice/signing/demand';
import { parseSource } from '@sluice/sources/grammar';
import type { FileSource, HubSource, OtherSource, RepoType } from '@sluice/sources/grammar';
import type { Chosen } from '@sluice/sources/hub-address';
import { chooseEndpoint, chooseToken } from '@sluice/sources/hub-address';
import type { FollowedSource } from '@sluice/sources/reference';
import { followReference } from '@sluice/sources/reference';
import { GUARDED_FORMATS } from '@sluice/weights/file-format';
import { checkTargetInputs } from './changed.ts';
import type { Inputs } from './inputs.gen.ts';
import type { Look } from './preflight.ts';
import { checkFitInputs } from './preflight.ts';

export interface Wanted {
  /** The input that named it, for messages. */
  input: 'model' | 'adapter';
  source: HubSource | FileSource | OtherSource;
  /** As it goes into the record: `hf://org/name`, `file:/path`, `s3://bucket/key`; without secrets. */
  name: string;
  /** What was asked; empty where nothing was, and the source has no branches. */
  revision: string;
  endpoint: Chosen<string>;
  token: Chosen<string> | undefined;
  cache: { path: string; from: string };
  offline: boolean;
  /** Absolute: what relative paths count from. */
  workspace: string;
  /** Who must have signed the files; null: nobody needs to. */
  signature: SignatureDemand | null;
  /** Is shown what will be pulled, before its first byte. */
  look?: Look;
  /** The model card or list entry that named the source. */
  reference: (Pick<FollowedSource, 'digest' | 'sha256' | 'lineage'> & { path: string }) | null;
}

/** Throws ConfigError with every fault found. `input` names what `inputs.model` holds. */
export async function readWanted(
  inputs: Inputs,
  env: NodeJS.ProcessEnv,
  input: Wanted['input'] = 'model',
): Promise<Wanted> {
  const faults: string[] = [];
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const followed = await attempt(() => follow(inputs, workspace, input));
  const source = followed?.source;
  const revision = followed && (await attempt(() => chooseRevision(followed, inputs.revision)));
  const endpoint = await attempt(() => chooseEndpoint(inputs.endpoint, env));
  // What a hub gave is no other server's business.
  const known = source === undefined || source.kind === 'hub' ? env : {};
  const token = await attempt(() => checkToken(chooseToken(inputs.token, known)));
  await attempt(() => checkFormats(inputs.allowFormats));
  const signature = await attempt(() => readDemand(inputs.requireSignature, workspace));
  await attempt(() => checkFitInputs(inputs));
  await attempt(() => checkTargetInputs(inputs, env));
  if (faults.length > 0 || !source || revision === undefined || !endpoint) throw new ConfigError(faults);
  const { model = '' } = inputs;
  return {
    input,
    source,
    name: nameOf(source),
    revision,
    endpoint,
    token,
    cache: chooseCacheDir(inputs.cacheDir, env, workspace),
    offline: inputs.offline || isTrue(env['HF_HUB_OFFLINE']),
    workspace,
    signature: signature ?? null,
    reference:
      followed.text === model
        ? null
        : { path: model, digest: followed.digest, sha256: followed.sha256, lineage: followed.lineage },
  };
}

/** The source itself, behind a card or an entry of a list. */
async function follow(inputs: Inputs, workspace: string, input: Wanted['input']): Promise<FollowedSource> {
  const { model } = inputs;
  if (model === undefined) {
    throw new ConfigError(
      'input `model` is required and was not given; only with `max-cache-size` or `max-age` it may be left out: then garbage is collected, and nothing pulled',
    );
  }
  const parsed = parseSource(model, input);
  const followed = await followReference(parsed, model, input, workspace);
  if (parsed.kind === 'dataset-entry') {
    const path = parsed.rest.slice(0, parsed.rest.lastIndexOf('#'));
    const { checkDatasets } = await import('@sluice/data/datasets-list');
    await checkDatasets(resolve(workspace, path), `input \`${input}\` = ${JSON.stringify(path)}`);
  }
  const { source, text } = followed;
  if (input === 'model' && source.kind !== 'hub' && inputs.actionsCache === 'always') {
    throw new ConfigError(
      'input `actions-cache` = "always" is built for hubs alone in this version; remove it for other sources',
    );
  }
  if (source.kind === 'hub') return { ...followed, source: chooseRepoType(source, inputs.repoType, text) };
  return followed;
}

/** `hf://datasets/…` says the type itself; a bare `org/name` is what `repo-type` says. */
function chooseRepoType(source: HubSource, input: RepoType, text: string): HubSource {
  if (source.repoType !== 'model' && input !== 'model' && source.repoType !== input) {
    throw new ConfigError(
      `input \`repo-type\` = ${JSON.stringify(input)}, but \`model\` = ${JSON.stringify(text)} names a ${source.repoType}; give one of them`,
    );
  }
  return source.repoType === 'model' ? { ...source, repoType: input } : source;
}

/** An address may hold a signature, or a password that its driver will refuse. */
function nameOf(source: HubSource | FileSource | OtherSource): string {
  if (source.kind === 'hub')
    return `hf://${source.repoType === 'model' ? '' : `${source.repoType}s/`}${source.repo}`;
  if (source.kind === 'file') return `file:${source.path}`;
  if (source.kind === 'https' && URL.canParse(source.given)) return shownUrl(new URL(source.given));
  return source.given.replace(/:\/\/[^/@]*:[^/@]*@/, '://').replace(/\?.*$/s, '');
}

/** From the source itself, the card that named it, and the input; they must agree. */
function chooseRevision(followed: FollowedSource, input: string | undefined): string {
  const { source } = followed;
  const said = (source.kind === 'hub' ? source.revision : null) ?? followed.revision;
  if (source.kind === 'file') {
    const given = input ?? said;
    if (given === null) return '';
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(given)} has no meaning for a file: source; remove it`,
    );
  }
  if (said !== null && input !== undefined && said !== input) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(input)}, but \`model\` says @${said}; give one of them`,
    );
  }
  if (source.kind !== 'hub') return input ?? said ?? '';
  const revision = input ?? said ?? 'main';
  const fault = describePathFault(revision);
  // A branch or tag becomes a file below refs/.
  if (fault !== undefined)
    throw new ConfigError(`input \`revision\` = ${JSON.stringify(revision)} is no revision: ${fault}`);
  return revision;
}

function checkToken(token: Chosen<string> | undefined): Chosen<string> | undefined {
  if (token?.value.startsWith('vault:')) {
    throw new ConfigError(`${token.from} names a Vault secret; only inputs may: write it as input \`token\``);
  }
  if (token && /[^\x21-\x7e]/.test(token.value)) {
    throw new ConfigError(`${token.from} holds a blank or a sign that no token has; pass the token alone`);
  }
  return token;
}

async function readDemand(words: readonly string[], workspace: string): Promise<SignatureDemand | null> {
  if (words.length === 0) return null;
  const demand = parseDemand(words, workspace);
  await requireTrustFiles(demand);
  return demand;
}

function checkFormats(formats: readonly string[]): void {
  const unknown = formats.filter((format) => !GUARDED_FORMATS.some((known) => known === format));
  if (unknown.length === 0) return;
  throw new ConfigError(
    `input \`allow-formats\` = ${JSON.stringify(unknown.join(', '))} is not among ${GUARDED_FORMATS.join(', ')}`,
  );
}

function isTrue(value: string | undefined): boolean {
  return ['1', 'ON', 'YES', 'TRUE'].includes((value ?? '').toUpperCase());
}
