/** Pod templates: what we write into them, and how one is known again. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { labelValue, VERSION_LABEL, WEIGHTS_ANNOTATION } from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import type { KubeSpec } from './kube-spec.ts';

/** Annotation of the pod template: the release digest, by which a template of ours is known again. */
export const RELEASE_ANNOTATION = 'sluice/release';

/** The template as the stable workload carries it. */
export function stableTemplate(
  spec: Pick<KubeSpec, 'template' | 'version' | 'releaseDigest' | 'unit'>,
): PodTemplate {
  const { labels, annotations } = spec.template.metadata ?? {};
  return {
    ...spec.template,
    metadata: {
      ...spec.template.metadata,
      labels: { ...labels, [VERSION_LABEL]: labelValue(spec.version) },
      annotations: {
        ...annotations,
        [RELEASE_ANNOTATION]: spec.releaseDigest,
        ...(spec.unit.weights === null ? {} : { [WEIGHTS_ANNOTATION]: spec.unit.weights }),
      },
    },
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
