/** What an API server's `Status` means to us: an error by class, in words that say what to do. */
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { KubeConflictError } from './errors.ts';

/** meta/v1 Status, as much as is read. */
export interface KubeStatus {
  kind?: string;
  reason?: string;
  message?: string;
  code?: number;
  details?: {
    kind?: string;
    name?: string;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
}

/** What was asked, for the message and for the RBAC rule that would allow it. */
export interface Asked {
  verb: 'get' | 'list' | 'create' | 'update' | 'patch' | 'delete';
  group: string;
  /** Plural, with the subresource: `deployments/scale`. */
  resource: string;
  name?: string | undefined;
  namespace?: string | undefined;
  cluster: string;
  /** The user of the kubeconfig, and what is wrong with its credentials. */
  user: string;
  credentialFault?: string | undefined;
  /** A patch with a `test` in it. */
  conditional?: boolean;
}

const MAX_WORDS = 1000;

export function parseStatus(text: string): KubeStatus | undefined {
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === 'object' && read !== null && (read as KubeStatus).kind === 'Status'
      ? read
      : undefined;
  } catch {
    return undefined;
  }
}

/** The error for an answer that isn't 2xx. */
export function refusal(status: number, text: string, asked: Asked): Error {
  const said = parseStatus(text);
  const words = (said?.message ?? text).trim().slice(0, MAX_WORDS) || `HTTP ${status}`;
  const what = describe(asked);
  switch (status) {
    case 401:
      return new ConfigError(
        `kubeconfig: cluster ${asked.cluster} doesn't let user "${asked.user}" in (401)${
          asked.credentialFault === undefined
            ? ': its token or certificate is wrong or has expired'
            : `: ${asked.credentialFault}`
        }`,
      );
    case 403:
      return new ConfigError(`${what} is forbidden: ${words}${missingRule(words, asked)}`);
    case 409:
      return conflict(what, words, said);
    case 404:
      return /^namespaces? "/.test(words)
        ? new ConfigError(`namespace: ${words} in cluster ${asked.cluster}`)
        : new InfraError(`${what}: ${words}`);
    case 422:
      return isFailedTest(said, asked)
        ? new KubeConflictError(
            `${what}: it has changed since it was read (a test of the patch doesn't hold)`,
          )
        : new ConfigError(`${what} is invalid: ${words}`);
    case 400:
      return new ConfigError(`${what} is refused: ${words}`);
    default:
      return new InfraError(`${what}: HTTP ${status}: ${words}`);
  }
}

function describe({ verb, resource, name, namespace, cluster }: Asked): string {
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`;
  return `${verb} ${resource}${name === undefined ? '' : ` "${name}"`}${where} of cluster ${cluster}`;
}

/** Only where RBAC was what refused: admission (a quota, a webhook) answers 403 too. */
function missingRule(words: string, asked: Asked): string {
  if (!/cannot \w+ resource/.test(words)) return '';
  const kind = asked.namespace === undefined ? 'ClusterRole' : 'Role';
  const rule = `{apiGroups: ["${asked.group}"], resources: ["${asked.resource}"], verbs: ["${asked.verb}"]}`;
  return `; add to its ${kind}: ${rule}`;
}

/** Words of apimachinery's managedfields: `conflict with "argocd-controller" using apps/v1` (or `with subresource …`). */
const MANAGER = /conflict with "([^"]*)"/;

function conflict(what: string, words: string, said: KubeStatus | undefined): KubeConflictError {
  const causes = (said?.details?.causes ?? []).filter((cause) => cause.reason === 'FieldManagerConflict');
  if (causes.length === 0) return new KubeConflictError(`${what}: ${words}`);
  const managers = [...new Set(causes.flatMap(({ message }) => MANAGER.exec(message ?? '')?.[1] ?? []))];
  const fields = causes.map(
    ({ message, field }) => `${field ?? '?'} (${MANAGER.exec(message ?? '')?.[1] ?? '?'})`,
  );
  return new KubeConflictError(`${what}: other managers own ${fields.slice(0, 10).join(', ')}`, managers);
}

/** A `test` that doesn't hold has no fields to name: the API server answers 422 with its general words. */
function isFailedTest(said: KubeStatus | undefined, asked: Asked): boolean {
  return asked.conditional === true && (said?.details?.causes ?? []).length === 0;
}
