/** Who else drives an object, as its managed fields and labels tell: two drivers of one weight fight each other. Pure. */
import type { KubeObject } from './types.ts';

/** Controllers that set traffic by themselves: beside them there is no place for us. */
const DRIVERS: Readonly<Record<string, string>> = {
  flagger: 'Flagger',
  'rollouts-controller': 'Argo Rollouts',
};

/** Controllers that put back what Git says. */
const GITOPS: Readonly<Record<string, string>> = {
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux (kustomize-controller)',
  'helm-controller': 'Flux (helm-controller)',
};

/** Names of field managers that own something below this path (`spec`, `rules`), ours left out. */
export function managersOf(object: KubeObject, path: readonly string[]): string[] {
  const names = (object.metadata.managedFields ?? [])
    .filter(({ fieldsV1, subresource }) => subresource === undefined && owns(fieldsV1, path))
    .map(({ manager }) => manager ?? 'unknown');
  return [...new Set(names)].filter((name) => name !== 'sluice');
}

function owns(fields: unknown, path: readonly string[]): boolean {
  let now = fields;
  for (const key of path) {
    if (typeof now !== 'object' || now === null) return false;
    now = (now as Record<string, unknown>)[`f:${key}`];
    if (now === undefined) return false;
    // An empty set: the field as a whole, with all below it.
    if (typeof now === 'object' && now !== null && Object.keys(now).length === 0) return true;
  }
  return now !== undefined;
}

/** The controller that moves this traffic by itself, for people; undefined when none does. */
export function foreignDriver(object: KubeObject, path: readonly string[]): string | undefined {
  return managersOf(object, path)
    .map((name) => DRIVERS[name])
    .find((name) => name !== undefined);
}

export interface GitOwner {
  /** `Argo CD`. */
  controller: string;
  /** The Application, Kustomization or HelmRelease, when the object tells it. */
  by: string | undefined;
  /** The controller has been told to leave this object alone. */
  leaves: boolean;
}

/** The GitOps controller that applies this object: what we change by hand it may put back. */
export function gitOwner(object: KubeObject, path: readonly string[]): GitOwner | undefined {
  const { labels = {}, annotations = {} } = object.metadata;
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name'];
  const release = labels['helm.toolkit.fluxcd.io/name'];
  // `app.kubernetes.io/instance` alone says nothing: everybody writes it.
  const application = annotations['argocd.argoproj.io/tracking-id']?.split(':')[0];
  const manager = managersOf(object, path)
    .map((name) => GITOPS[name])
    .find((name) => name !== undefined);
  const controller =
    manager ??
    (kustomization !== undefined
      ? GITOPS['kustomize-controller']
      : release !== undefined
        ? GITOPS['helm-controller']
        : application !== undefined
          ? 'Argo CD'
          : undefined);
  if (controller === undefined) return undefined;
  const leaves =
    annotations['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled' ||
    ['IfNotPresent', 'Ignore'].includes(annotations['kustomize.toolkit.fluxcd.io/ssa'] ?? '') ||
    annotations['helm.toolkit.fluxcd.io/driftDetection'] === 'disabled';
  return { controller, by: kustomization ?? release ?? application, leaves };
}

/**
 * What check() has to say about who else writes this field: a fault where our change would surely be undone, a warning where
 * it depends on settings that the object doesn't show.
 *
 * @param what `HTTPRoute llm`
 * @param byGit we write to Git ourselves, so that whoever applies it helps us
 */
export function ownerFindings(
  object: KubeObject,
  path: readonly string[],
  what: string,
  byGit = false,
): { faults: string[]; warnings: string[] } {
  const driver = foreignDriver(object, path);
  if (driver !== undefined)
    return {
      faults: [`${what} is driven by ${driver}; let it drive (\`traffic\`), or take the route from it first`],
      warnings: [],
    };
  const owner = byGit ? undefined : gitOwner(object, path);
  if (owner === undefined || owner.leaves) return { faults: [], warnings: [] };
  const by = owner.by === undefined ? '' : ` (${owner.by})`;
  if (owner.controller === 'Argo CD')
    return {
      faults: [],
      warnings: [
        `${what} comes from Git by Argo CD${by}: with self-heal it puts the weights back, unless its ignoreDifferences lists managedFieldsManagers: [sluice] or ${path.map((key) => `/${key}`).join('')}; or use apply: gitops`,
      ],
    };
  return {
    faults: [
      `${what} comes from Git by ${owner.controller}${by}, which puts back what we change; use apply: gitops, or annotate it with kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`,
    ],
    warnings: [],
  };
}
