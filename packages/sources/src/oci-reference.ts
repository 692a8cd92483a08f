/** `oci://host[:port]/repository[:tag][@sha256:…]` (distribution spec, "Pulling manifests"). Pure. */
import { ConfigError } from '@sluice/runtime/errors';

export interface OciReference {
  /** As written: `ghcr.io`, `127.0.0.1:5000`. */
  host: string;
  /** `https://host`, or plain http for this machine itself. */
  origin: string;
  repository: string;
  /** A tag, or `sha256:<hex>`, which is the stronger when both are given. */
  reference: string;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** `revision` (the input) stands in for the tag; `endpoint` may say that a registry speaks plain http. */
export function parseOciReference(
  rest: string,
  revision: string | undefined,
  endpoint: string | undefined,
): OciReference {
  const shown = JSON.stringify(`oci://${rest}`);
  const match =
    /^([A-Za-z0-9.-]+(?::\d{1,5})?|\[[0-9a-fA-F:]+\](?::\d{1,5})?)\/([a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?::(\w[\w.-]{0,127}))?(?:@(.+))?$/.exec(
      rest,
    );
  const [, host, repository, tag, digest] = match ?? [];
  if (
    host === undefined ||
    repository === undefined ||
    repository.includes('..') ||
    repository.includes('//')
  )
    throw new ConfigError(
      `${shown} is no OCI reference; write oci://host/repository:tag or …@sha256:<digest>`,
    );
  if (digest !== undefined && !DIGEST.test(digest))
    throw new ConfigError(`${shown}: ${JSON.stringify(digest)} is no digest; write @sha256:<64 hex digits>`);
  const named = digest ?? tag;
  if (revision !== undefined && named !== undefined && named !== revision)
    throw new ConfigError(
      `${shown} names ${named}, and input \`revision\` = ${JSON.stringify(revision)}; give one of them`,
    );
  if (revision !== undefined && !DIGEST.test(revision) && !/^\w[\w.-]{0,127}$/.test(revision))
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(revision)} is no tag and no sha256:… digest`,
    );
  // Docker's short name for its own registry.
  const real = host === 'docker.io' ? 'registry-1.docker.io' : host;
  const name =
    real === 'registry-1.docker.io' && !repository.includes('/') ? `library/${repository}` : repository;
  return {
    host,
    origin: originOf(real, endpoint),
    repository: name,
    reference: named ?? revision ?? 'latest',
  };
}

/** As Docker does: https everywhere, plain http within this machine; elsewhere only when `endpoint` says so. */
function originOf(host: string, endpoint: string | undefined): string {
  const asked = endpoint === undefined ? undefined : URL.parse(endpoint);
  if (
    asked &&
    ['http:', 'https:'].includes(asked.protocol) &&
    asked.host === new URL(`${asked.protocol}//${host}`).host
  )
    return asked.origin;
  const local = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(host);
  return new URL(`${local ? 'http' : 'https'}://${host}`).origin;
}
