/** The release that a workload would serve: the pods' template with what changes, and what is known of its parts. */
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { WEIGHTS_ANNOTATION } from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import type { ReleaseRecord } from '@sluice/release/record';
import { emptyUnit, releaseDigest, type ReleaseUnit } from '@sluice/release/unit';
import type { KubeSpec } from '@sluice/rollout/kubernetes/kube-spec';
import { imageOf, modelNameOf, portOf, serverContainer } from '@sluice/rollout/kubernetes/server-container';
import { templateDigest } from '@sluice/rollout/kubernetes/template';
import type { TargetStatus } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from '../inputs.gen.ts';
import { describePrompts } from '../prompts.ts';
import { recordOf, recordPlaces, type Release } from '../release.ts';

/** What shall run, before it is known as a release. */
export interface Wanted {
  template: PodTemplate;
  replicas: number;
  /** Of a first deployment; empty where the workload is there. */
  objects: KubeObject[];
  modelName: string | undefined;
  /** Digest of the weights by the model card or the manifest; null where neither says. */
  weights: string | null;
}

export async function readKubeRelease(
  inputs: Inputs,
  context: ActionContext,
  status: TargetStatus | undefined,
  wanted: Wanted,
): Promise<Release> {
  const { template, replicas, objects } = wanted;
  const places = await recordPlaces(inputs, context);
  const record = places.find((place) => place.record !== undefined)?.record;
  const { unit, assumed } = unitOf(wanted, record);
  unit.prompts = await describePrompts(inputs, context, { unit, record, status });
  if (assumed.length > 0)
    context.log.warning(
      `not to be seen from outside, so not compared but taken as the record says: ${assumed.join(', ')}`,
    );
  // Whatever differs in the pods makes another release, though no gate knows the part.
  const digest = releaseDigest({ ...unit, config: templateDigest(template) });
  const version = inputs.version ?? digest.slice('sha256:'.length, 'sha256:'.length + 8);
  const spec: KubeSpec = {
    version,
    releaseDigest: digest,
    unit,
    modelName: inputs.modelName ?? wanted.modelName ?? modelNameOf(template) ?? '',
    template,
    replicas,
    port: portOf(template),
    objects,
  };
  return {
    version,
    releaseDigest: digest,
    unit,
    spec,
    ...recordOf(places, status, digest, 'in the cluster'),
  };
}

/** Parts that lie inside the weights' digest: the files of one model. */
const WITH_WEIGHTS: readonly (keyof ReleaseUnit)[] = ['tokenizer', 'chatTemplate', 'config'];
/** Parts that the image and its arguments hold, and no API server tells. */
const INSIDE_IMAGE: readonly (keyof ReleaseUnit)[] = ['adapter', 'engine', 'engineArgs'];

/**
 * What is about to be served, part by part. Weights come from the pod template's annotation or the model card; where
 * the record's gate judged this very image, they are the ones that it judged.
 */
export function unitOf(
  { template, weights }: Pick<Wanted, 'template' | 'weights'>,
  record: ReleaseRecord | undefined,
): { unit: ReleaseUnit; assumed: string[] } {
  const image = /@(sha256:[0-9a-f]{64})$/.exec(imageOf(template) ?? '')?.[1] ?? null;
  const known = record?.unit;
  const sameImage = image !== null && known?.image === image;
  const stated = weights ?? template.metadata?.annotations?.[WEIGHTS_ANNOTATION] ?? null;
  const served = stated ?? (sameImage ? known.weights : null);
  const unit: ReleaseUnit = {
    ...emptyUnit(),
    weights: served,
    image,
  };
  const assumed: string[] = [];
  if (known !== undefined && served !== null && known.weights === served) {
    for (const part of WITH_WEIGHTS) unit[part] = known[part];
    for (const part of INSIDE_IMAGE) {
      unit[part] = known[part];
      if (known[part] !== null && !sameImage) assumed.push(part);
    }
  }
  unit.engineArgs ??= argsDigest(template);
  return { unit, assumed };
}

/** The container's command line, the first thing that differs between two releases of one image. */
function argsDigest(template: PodTemplate): string | null {
  const { command = [], args = [] } = serverContainer(template) ?? {};
  const words = [...command, ...args];
  if (words.length === 0) return null;
  return `sha256:${createHash('sha256')
    .update(canonicalize(words) ?? '')
    .digest('hex')}`;
}
