/** Which GitOps controller applies the workload: by the marks that it leaves on it, else by who reads the repository's path. */
import type { KubeApi, KindRef, KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { parsePath, type GitAddress } from './address.ts';
import { APPLICATION, ArgoApplication } from './argo.ts';
import { specOf, type Controller } from './controller.ts';
import { isFields } from './delta.ts';
import { FluxHelmRelease, FluxKustomization, HELM_RELEASE, KUSTOMIZATION } from './flux.ts';

export interface GitPlace {
  address: GitAddress;
  branch: string;
  path: string;
}

export interface FoundControllers {
  /** In the order in which they carry a commit on; empty: nobody tells. */
  controllers: Controller[];
  /** What could not be looked at. */
  notes: string[];
}

/** Where they are installed, by their own documentation. */
const ARGO_NAMESPACES = ['argocd', 'openshift-gitops'];
const FLUX_NAMESPACES = ['flux-system'];

export async function findControllers(
  api: KubeApi,
  live: KubeObject | undefined,
  place: GitPlace,
): Promise<FoundControllers> {
  const notes: string[] = [];
  const readable = async <T>(what: string, read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      notes.push(
        `${what} can't be read (${error.message}), so that only the cluster's objects tell what is carried out`,
      );
      return otherwise;
    }
  };
  const labels = live?.metadata.labels ?? {};
  const flux = (kind: 'kustomize' | 'helm', of: Record<string, string>) => {
    const name = of[`${kind}.toolkit.fluxcd.io/name`];
    const namespace = of[`${kind}.toolkit.fluxcd.io/namespace`];
    return name === undefined || namespace === undefined ? undefined : { name, namespace };
  };
  const release = flux('helm', labels);
  const releaseObject =
    release === undefined
      ? undefined
      : await readable(
          `Flux HelmRelease ${release.namespace}/${release.name}`,
          () => api.get({ ...HELM_RELEASE, ...release }),
          undefined,
        );
  const kustomization = flux('kustomize', releaseObject?.metadata.labels ?? labels);
  const controllers: Controller[] = [];
  const readableKustomization =
    kustomization !== undefined &&
    (await readable(
      `Flux Kustomization ${kustomization.namespace}/${kustomization.name}`,
      () => api.get({ ...KUSTOMIZATION, ...kustomization }),
      undefined,
    )) !== undefined;
  if (readableKustomization) controllers.push(new FluxKustomization(api, kustomization));
  if (release !== undefined && releaseObject !== undefined)
    controllers.push(new FluxHelmRelease(api, release));
  if (controllers.length > 0) return { controllers, notes };
  const isOurs = (source: Record<string, unknown>): boolean =>
    sameRepository(source['repoURL'], place.address.url);
  const application = await readable(
    'Argo CD Applications',
    () => applicationOf(api, live, place, isOurs),
    undefined,
  );
  if (application !== undefined)
    return { controllers: [new ArgoApplication(api, application, isOurs)], notes };
  const reader = await readable('Flux Kustomizations', () => kustomizationOf(api, place), undefined);
  return { controllers: reader === undefined ? [] : [new FluxKustomization(api, reader)], notes };
}

async function listed(api: KubeApi, kind: KindRef, namespaces: readonly string[]): Promise<KubeObject[]> {
  if (!(await api.serves(kind))) return [];
  const found: KubeObject[] = [];
  let refused: unknown;
  for (const namespace of new Set(namespaces))
    found.push(
      ...(await api.list(kind, { namespace }).catch((error: unknown) => {
        refused = error;
        return [];
      })),
    );
  if (found.length === 0 && refused !== undefined) throw refused as Error;
  return found;
}

async function applicationOf(
  api: KubeApi,
  live: KubeObject | undefined,
  place: GitPlace,
  isOurs: (source: Record<string, unknown>) => boolean,
): Promise<{ name: string; namespace: string } | undefined> {
  // `<app>:<group>/<kind>:<namespace>/<name>`; `<namespace>_<app>` for one outside of Argo CD's own.
  const [tracked = ''] = (live?.metadata.annotations?.['argocd.argoproj.io/tracking-id'] ?? '').split(':');
  const [app, outside] = tracked.split('_').reverse();
  const namespaces = [...(outside === undefined ? [] : [outside]), ...ARGO_NAMESPACES, api.namespace];
  const all = await listed(api, APPLICATION, namespaces);
  const name = app === '' ? live?.metadata.labels?.['argocd.argoproj.io/instance'] : app;
  const found =
    all.find(({ metadata }) => metadata.name === name) ??
    all.find((application) =>
      sourcesOf(application).some((source) => isOurs(source) && covers(source['path'], place.path)),
    );
  return found === undefined
    ? undefined
    : { name: found.metadata.name, namespace: found.metadata.namespace ?? api.namespace };
}

function sourcesOf(application: KubeObject): Record<string, unknown>[] {
  const { source, sources } = specOf(application);
  return [source, ...(Array.isArray(sources) ? (sources as unknown[]) : [])].filter(isFields);
}

async function kustomizationOf(
  api: KubeApi,
  { address, branch, path }: GitPlace,
): Promise<{ name: string; namespace: string } | undefined> {
  for (const object of await listed(api, KUSTOMIZATION, [api.namespace, ...FLUX_NAMESPACES])) {
    const { sourceRef, path: applied = '' } = specOf(object);
    const { namespace = api.namespace } = object.metadata;
    if (!isFields(sourceRef) || sourceRef['kind'] !== 'GitRepository' || !covers(applied, path)) continue;
    const source = await api.get({
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'GitRepository',
      name: String(sourceRef['name']),
      namespace: typeof sourceRef['namespace'] === 'string' ? sourceRef['namespace'] : namespace,
    });
    const { url, ref } = source === undefined ? {} : specOf(source);
    const of = isFields(ref) ? (ref['branch'] ?? 'master') : 'master';
    if (sameRepository(url, address.url) && of === branch) return { name: object.metadata.name, namespace };
  }
  return undefined;
}

/** Whether the applied folder holds our path, or is in it. */
function covers(applied: unknown, path: string): boolean {
  let folder: string;
  try {
    folder = parsePath(String(applied ?? '').replace(/^\//, ''));
  } catch {
    return false;
  }
  return folder === '' || folder === path || path.startsWith(`${folder}/`);
}

/** By host and path: https, ssh and scp-like addresses name one repository. */
export function sameRepository(one: unknown, other: string): boolean {
  return typeof one === 'string' && plain(one) === plain(other);
}

function plain(url: string): string {
  return url
    .replace(/^[a-z+]+:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/^([\w.-]+):(?=[^/\d])/, '$1/')
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .toLowerCase();
}
