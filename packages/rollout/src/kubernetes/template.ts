/** Pod templates: what we write into them, and how one is known again. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { versionTemplate } from '@sluice/model-deployment/version-template';
import type { KubeSpec } from './kube-spec.ts';

/** Annotation of the pod template: the release digest, by which a template of ours is known again. */
export const RELEASE_ANNOTATION = 'sluice/release';

/** The template as the stable workload carries it. */
export function stableTemplate(
  spec: Pick<KubeSpec, 'template' | 'version' | 'releaseDigest' | 'unit'>,
): PodTemplate {
  const { version, unit, releaseDigest } = spec;
  const marked = versionTemplate(spec.template, { version, weights: unit.weights });
  const { annotations } = marked.metadata ?? {};
  return {
    ...marked,
    metadata: { ...marked.metadata, annotations: { ...annotations, [RELEASE_ANNOTATION]: releaseDigest } },
  };
}

export function templateOf(workload: KubeObject): PodTemplate {
  return (workload['spec'] as { template: PodTemplate }).template;
}

/** Of what runs in the pods; labels and annotations are left out: they change without changing what is served. */
export function templateDigest(template: PodTemplate): string {
  return `sha256:${createHash('sha256')
    .update(canonicalize(template.spec) ?? '')
    .digest('hex')}`;
}
