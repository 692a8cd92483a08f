/** The marks of a version in a pod template: what a canary and a promoted stable both carry. Pure. */
import { labelValue, VERSION_LABEL, WEIGHTS_ANNOTATION } from '@sluice/kubernetes/tracks';
import type { PodTemplate } from '@sluice/kubernetes/types';
import { without } from '@sluice/kubernetes/without';

/** @param version its name, and the digest of its weights; null: it isn't known, and that of another version doesn't stay */
export function versionTemplate(
  template: PodTemplate,
  { version, weights }: { version: string; weights: string | null },
): PodTemplate {
  const { labels, annotations = {} } = template.metadata ?? {};
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: { ...labels, [VERSION_LABEL]: labelValue(version) },
      annotations: {
        ...without(annotations, WEIGHTS_ANNOTATION),
        ...(weights === null ? {} : { [WEIGHTS_ANNOTATION]: weights }),
      },
    },
  };
}
