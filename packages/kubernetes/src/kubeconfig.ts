/**
 * Finds the kubeconfig as kubectl does (the input, KUBECONFIG with its several files, ~/.kube/config, the pod's own
 * account) and brings it into the shape that @kubernetes/client-node reads: merged, first one wins, with paths absolute.
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { readFileIfThere } from '@sluice/runtime/files';
import { ConfigError, describeError } from '@sluice/runtime/errors';

/** `kind: Config` with the entries that are used; the field names are client-go's (`clientcmd/api/v1`). */
export interface KubeconfigFile {
  'current-context'?: string;
  clusters: { name: string; cluster: Record<string, unknown> }[];
  contexts: { name: string; context: { cluster: string; user?: string; namespace?: string } }[];
  users: { name: string; user: Record<string, unknown> }[];
}

/** Where a service account's token lies inside a pod. */
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * @param input path of a kubeconfig, or its text
 * @returns undefined inside a pod without any kubeconfig: its own account is meant
 */
export async function findKubeconfig(
  input: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<KubeconfigFile | undefined> {
  if (input !== undefined && /\n/.test(input)) return parseKubeconfig(input, process.cwd(), 'kubeconfig');
  if (input !== undefined && input !== '') return readAll([input], 'kubeconfig');
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  // kubectl passes over those of several that aren't there.
  const there = listed.filter((path) => existsSync(path));
  if (listed.length > 0) return readAll(there.length > 0 ? there : listed, 'KUBECONFIG');
  const home = join(env['HOME'] ?? homedir(), '.kube', 'config');
  if (existsSync(home)) return readAll([home], 'kubeconfig');
  if (env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(join(SERVICE_ACCOUNT, 'token')))
    return undefined;
  throw new ConfigError(
    `kubeconfig: none is there: the input is empty, KUBECONFIG isn't set, ${home} doesn't exist, and this is no pod of a cluster; name the file in \`kubeconfig\``,
  );
}

async function readAll(paths: readonly string[], input: string): Promise<KubeconfigFile> {
  const files = await Promise.all(
    paths.map(async (path) => {
      const text = await readFileIfThere(path).catch((error: unknown) => {
        throw new ConfigError(`${input}: ${path} can't be read: ${describeError(error)}`);
      });
      if (text === undefined) throw new ConfigError(`${input}: there is no file ${path}`);
      return parseKubeconfig(text, dirname(path), `${input}: ${path}`);
    }),
  );
  return merge(files);
}

/** Never says what stands in the text: it holds credentials. */
export async function parseKubeconfig(text: string, folder: string, origin: string): Promise<KubeconfigFile> {
  const { parse } = await import('yaml');
  let read: unknown;
  try {
    read = parse(text, { logLevel: 'silent' });
  } catch (error) {
    const at = (error as { linePos?: { line: number }[] }).linePos?.[0]?.line;
    throw new ConfigError(`${origin} is no YAML${at === undefined ? '' : ` (line ${at})`}`);
  }
  if (!isObject(read) || !Array.isArray(read['clusters']) || !Array.isArray(read['contexts'])) {
    throw new ConfigError(`${origin} is no kubeconfig: it has no lists \`clusters\` and \`contexts\``);
  }
  const current = read['current-context'];
  return {
    ...(typeof current === 'string' && current !== '' ? { 'current-context': current } : {}),
    clusters: named(read['clusters'], 'cluster', origin).map(({ name, value }) => ({
      name,
      cluster: withPaths(value, ['certificate-authority'], folder),
    })),
    contexts: named(read['contexts'], 'context', origin).map(({ name, value }) => ({
      name,
      context: contextOf(name, value, origin),
    })),
    users: named(read['users'] ?? [], 'user', origin).map(({ name, value }) => ({
      name,
      user: userOf(value, folder),
    })),
  };
}

function named(
  list: unknown,
  key: string,
  origin: string,
): { name: string; value: Record<string, unknown> }[] {
  if (!Array.isArray(list)) throw new ConfigError(`${origin}: \`${key}s\` is no list`);
  return list.map((entry: unknown, index) => {
    if (!isObject(entry) || typeof entry['name'] !== 'string') {
      throw new ConfigError(`${origin}: ${key}s[${index}] has no name`);
    }
    const value = entry[key] ?? {};
    if (!isObject(value)) throw new ConfigError(`${origin}: ${key} ${entry['name']} is no mapping`);
    return { name: entry['name'], value };
  });
}

function contextOf(
  name: string,
  value: Record<string, unknown>,
  origin: string,
): { cluster: string; user?: string; namespace?: string } {
  const { cluster, user, namespace } = value;
  if (typeof cluster !== 'string') throw new ConfigError(`${origin}: context ${name} names no cluster`);
  return {
    cluster,
    ...(typeof user === 'string' ? { user } : {}),
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
  };
}

/** What client-go does and @kubernetes/client-node doesn't: `tokenFile`, and a program beside the kubeconfig. */
function userOf(value: Record<string, unknown>, folder: string): Record<string, unknown> {
  const user = withPaths(value, ['client-certificate', 'client-key', 'tokenFile'], folder);
  const { tokenFile, exec, ...rest } = user;
  const more: Record<string, unknown> = {};
  if (typeof tokenFile === 'string' && rest['token'] === undefined) {
    more['auth-provider'] = { name: 'tokenFile', config: { tokenFile } };
  }
  if (isObject(exec)) {
    const command = String(exec['command'] ?? '');
    const beside = /[\\/]/.test(command) && !isAbsolute(command);
    // The protocol's own variable: programs read the wanted apiVersion in it (client-go's plugin/pkg/client/auth/exec).
    const info = {
      apiVersion: exec['apiVersion'],
      kind: 'ExecCredential',
      spec: { interactive: false },
    };
    const env = Array.isArray(exec['env']) ? (exec['env'] as unknown[]) : [];
    more['exec'] = {
      ...exec,
      command: beside ? join(folder, command) : command,
      env: [...env, { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
    };
  }
  return { ...rest, ...more };
}

function withPaths(
  value: Record<string, unknown>,
  keys: readonly string[],
  folder: string,
): Record<string, unknown> {
  const copy = { ...value };
  for (const key of keys) {
    const path = copy[key];
    if (typeof path === 'string' && path !== '' && !isAbsolute(path)) copy[key] = join(folder, path);
  }
  return copy;
}

/** The first file that has a name keeps it. */
function merge(files: readonly KubeconfigFile[]): KubeconfigFile {
  const firstOf = <T extends { name: string }>(entries: T[]): T[] => [
    ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
  ];
  const current = files.find((file) => file['current-context'] !== undefined)?.['current-context'];
  return {
    ...(current === undefined ? {} : { 'current-context': current }),
    clusters: firstOf(files.flatMap((file) => file.clusters)),
    contexts: firstOf(files.flatMap((file) => file.contexts)),
    users: firstOf(files.flatMap((file) => file.users)),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
