/** Which image a name means: pulled, and told by its digest. */
import type { Logger } from '@sluice/runtime/logger';
import { ConfigError, InfraError, describeError } from '@sluice/runtime/errors';
import { docker, inspect, type Docker } from './docker.ts';

export interface ResolvedImage {
  /** What is run: the name with its digest, or the Id of an image that is only here. */
  reference: string;
  /** The unit's `image`: `sha256:…` of the repository, or of the image's own configuration where no registry knows it. */
  digest: string;
  /** TCP ports that the image says it listens on. */
  ports: number[];
}

/**
 * Pulls the image unless just this digest is here. An image that came from no registry is taken as it lies here.
 * ConfigError: no such image, or not allowed. InfraError: the registry doesn't answer.
 */
export async function resolveImage(name: string, options: Docker & { log: Logger }): Promise<ResolvedImage> {
  const { log } = options;
  const here = await inspect('image', name, options);
  const isLocal = here !== undefined && repoDigests(here).length === 0;
  if (isLocal)
    log.notice(`the image ${name} was built here and is in no registry: its Id stands for its digest`);
  else if (here === undefined || !name.includes('@sha256:')) await pull(name, options);
  const image = await inspect('image', name, options);
  if (image === undefined) throw new InfraError(`docker pulled ${name}, and now it isn't there`);
  const id = typeof image['Id'] === 'string' ? image['Id'] : '';
  const known =
    repoDigests(image).find((entry) => entry.startsWith(`${repositoryOf(name)}@`)) ?? repoDigests(image)[0];
  const ports = exposedPorts(image);
  if (known === undefined) return { reference: id, digest: id, ports };
  log.info(`image: ${known}`);
  return { reference: known, digest: known.slice(known.indexOf('@') + 1), ports };
}

async function pull(name: string, options: Docker & { log: Logger }): Promise<void> {
  options.log.info(`pulling ${name}`);
  try {
    await docker(['pull', '--quiet', name], options);
  } catch (error) {
    options.signal?.throwIfAborted();
    const why = describeError(error);
    if (/manifest unknown|not found|does not exist|denied|unauthorized|invalid reference/i.test(why)) {
      throw new ConfigError(
        `input \`image\` = "${name}" can't be pulled (${why}): correct the name, or log in to its registry before (docker/login-action)`,
      );
    }
    throw new InfraError(`the image ${name} could not be pulled: ${why}`);
  }
}

/** A name without tag and digest, as `RepoDigests` writes it. */
function repositoryOf(name: string): string {
  return name.replace(/@sha256:.*$/, '').replace(/:[^/:]+$/, '');
}

function repoDigests(image: Record<string, unknown>): string[] {
  const list = image['RepoDigests'];
  return Array.isArray(list) ? list.filter((entry) => typeof entry === 'string') : [];
}

function exposedPorts(image: Record<string, unknown>): number[] {
  const config = image['Config'];
  const exposed =
    typeof config === 'object' && config !== null && 'ExposedPorts' in config ? config.ExposedPorts : null;
  return Object.keys(exposed ?? {}).flatMap((entry) => {
    const port = /^(\d+)\/tcp$/.exec(entry)?.[1];
    return port === undefined ? [] : [Number(port)];
  });
}
