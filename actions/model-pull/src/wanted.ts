/** From inputs and environment to what is wanted, with nothing opened yet: all faults are told at once. */
import { describePathFault, chooseCacheDir } from '@sluice/model-store/layout';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource, requireBuilt } from '@sluice/sources/grammar';
import type { FileSource, HubSource } from '@sluice/sources/grammar';
import type { Chosen } from '@sluice/sources/hub-address';
import { chooseEndpoint, chooseToken } from '@sluice/sources/hub-address';
import { GUARDED_FORMATS } from '@sluice/weights/file-format';
import type { Inputs } from './inputs.gen.ts';

export interface Wanted {
  source: HubSource | FileSource;
  /** As it goes into the record: `hf://org/name` or `file:/path`. */
  name: string;
  revision: string;
  endpoint: Chosen<string>;
  token: Chosen<string> | undefined;
  cache: { path: string; from: string };
  offline: boolean;
}

/** Throws ConfigError with every fault found. */
export function readWanted(inputs: Inputs, env: NodeJS.ProcessEnv): Wanted {
  const faults: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const source = attempt(() => requireBuilt(parseSource(inputs.model, 'model'), inputs.model, 'model'));
  const revision = source && attempt(() => chooseRevision(source, inputs.revision));
  const endpoint = attempt(() => chooseEndpoint(inputs.endpoint, env));
  const token = attempt(() => checkToken(chooseToken(inputs.token, env)));
  attempt(() => checkFormats(inputs.allowFormats));
  if (faults.length > 0 || !source || revision === undefined || !endpoint) throw new ConfigError(faults);
  return {
    source,
    name: source.kind === 'hub' ? `hf://${source.repo}` : `file:${source.path}`,
    revision,
    endpoint,
    token,
    cache: chooseCacheDir(inputs.cacheDir, env, env['GITHUB_WORKSPACE'] ?? process.cwd()),
    offline: inputs.offline || isTrue(env['HF_HUB_OFFLINE']),
  };
}

function chooseRevision(source: HubSource | FileSource, input: string | undefined): string {
  if (source.kind === 'file') {
    if (input === undefined) return '';
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(input)} has no meaning for a file: source; remove it`,
    );
  }
  if (source.revision !== null && input !== undefined && source.revision !== input) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(input)}, but \`model\` says @${source.revision}; give one of them`,
    );
  }
  const revision = input ?? source.revision ?? 'main';
  const fault = describePathFault(revision);
  // A branch or tag becomes a file below refs/.
  if (fault !== undefined)
    throw new ConfigError(`input \`revision\` = ${JSON.stringify(revision)} is no revision: ${fault}`);
  return revision;
}

function checkToken(token: Chosen<string> | undefined): Chosen<string> | undefined {
  if (token?.value.startsWith('vault:')) {
    throw new ConfigError(
      `${token.from} names a Vault secret, which is not built yet in this version; read it in a step before and pass the token itself`,
    );
  }
  if (token && /[^\x21-\x7e]/.test(token.value)) {
    throw new ConfigError(`${token.from} holds a blank or a sign that no token has; pass the token alone`);
  }
  return token;
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
