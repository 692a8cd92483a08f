/** A workload that somebody else deployed, or changed behind our back, becomes the stable version as it is found. */
import { VERSION_LABEL, WEIGHTS_ANNOTATION } from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { newRecord, withStage, type ReleaseRecord } from '@sluice/release/record';
import { emptyUnit, releaseDigest } from '@sluice/release/unit';
import { isUnderWay } from '../begin.ts';
import type { KubeSpec } from './kube-spec.ts';
import type { Remembered, StableVersion } from './memory.ts';
import { templateDigest, templateOf } from './template.ts';
import { imageOf, modelNameOf, portOf } from './server-container.ts';

/** What is stable: as remembered, or as found where somebody changed the pods behind our back; null: no such workload. */
export function knownStable(remembered: Remembered, live: KubeObject | undefined): StableVersion | null {
  if (isUnderWay(remembered.rollout)) return remembered.stable;
  if (live === undefined) return null;
  const digest = templateDigest(templateOf(live));
  return remembered.stable?.templateDigest === digest
    ? remembered.stable
    : adopt(live, digest, remembered.stable);
}

/** @param before what was stable by our memory, whose marks may still be on the pods */
function adopt(workload: KubeObject, digest: string, before: StableVersion | null): StableVersion {
  const template = templateOf(workload);
  const unit = {
    ...emptyUnit(),
    weights: template.metadata?.annotations?.[WEIGHTS_ANNOTATION] ?? null,
    image: /@(sha256:[0-9a-f]{64})$/.exec(imageOf(template) ?? '')?.[1] ?? null,
  };
  const spec: KubeSpec = {
    version: adoptedVersion(template, digest, before?.spec.version),
    releaseDigest: releaseDigest({ ...unit, config: digest }),
    unit,
    modelName: modelNameOf(template) ?? '',
    template,
    replicas: (workload['spec'] as { replicas?: number }).replicas ?? 1,
    port: portOf(template),
    objects: [],
  };
  return { spec, templateDigest: digest };
}

/** By its own label, else the tag of its image, else its digest; never the name of what was there before. */
function adoptedVersion(template: PodTemplate, digest: string, before: string | undefined): string {
  const tag = /:([A-Za-z0-9_][\w.-]{0,62})$/.exec((imageOf(template) ?? '').replace(/@.*$/, ''))?.[1];
  const names = [template.metadata?.labels?.[VERSION_LABEL], tag];
  const short = digest.slice('sha256:'.length, 'sha256:'.length + 8);
  return names.find((name) => name !== undefined && name !== before && name !== 'none') ?? short;
}

/** So that it can be restored, and is known to have been found and not gated. */
export function foundRecord(spec: KubeSpec): ReleaseRecord {
  return withStage(newRecord(), {
    action: 'canary-deploy',
    name: 'found',
    at: new Date().toISOString(),
    run: { url: '', id: '', attempt: 1, sha: '' },
    unit: spec.unit,
    verdict: 'inconclusive',
    outcome: 'success',
    reasons: ['found running; no gate is known'],
    metrics: {},
    data: { target: 'kubernetes', releaseDigest: spec.releaseDigest, version: spec.version, server: spec },
  });
}
