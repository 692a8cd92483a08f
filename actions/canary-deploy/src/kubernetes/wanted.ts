/** What shall run: the workload as it is, or as `manifest` says, with `image` and `set`; every image by its digest. */
import type { RolloutState } from '@sluice/host/types';
import { TRACK_LABEL, VERSION_LABEL } from '@sluice/kubernetes/tracks';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { parseImageChange, pinImages, withImages } from '@sluice/model-deployment/images';
import { setFields } from '@sluice/model-deployment/set-fields';
import { isUnderWay } from '@sluice/rollout/begin';
import { settled } from '@sluice/rollout/kubernetes/settled';
import { serverContainer } from '@sluice/rollout/kubernetes/server-container';
import { RELEASE_ANNOTATION, templateOf } from '@sluice/rollout/kubernetes/template';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { addSecret } from '@sluice/runtime/secrets';
import type { Inputs } from '../inputs.gen.ts';
import type { Cluster } from '@sluice/rollout/kubernetes/cluster';
import type { Given } from './given.ts';
import type { Wanted } from './release.ts';

/** @param rollout on record: one that is under way has moved pods, and a first one that is undone takes its workload with it */
export async function wantedOf(
  inputs: Inputs,
  cluster: Cluster,
  given: Given | undefined,
  rollout: RolloutState | null,
  context: ActionContext,
): Promise<Wanted> {
  const { live, api, namespace } = cluster;
  const first = live === undefined || (rollout?.from === null && isUnderWay(rollout));
  const base = given?.workload ?? (live === undefined ? undefined : settled(live, rollout));
  if (base === undefined)
    throw new ConfigError(
      `input \`workload\` = ${JSON.stringify(inputs.workload)}: there is none in namespace ${namespace} of ${api.cluster}; a first deployment needs \`manifest\``,
    );
  const images = inputs.image.map((text) =>
    text.includes('=') ? parseImageChange(text) : { container: serverOf(base), image: text },
  );
  const changed = setFields(withImages(base, images), inputs.set);
  const { env, log, signal } = context;
  const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
  const { workload, notes } = await pinImages(changed, { env, log, signal, workspace, addSecret });
  for (const note of notes) log.info(note);
  const others = (given?.objects ?? []).filter((object) => object !== given?.workload);
  if (!first && others.length > 0)
    log.info(
      `${cluster.workload.name} is there already: of the manifest its workload is rolled out; ${others.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')} ${others.length === 1 ? 'is' : 'are'} left as ${others.length === 1 ? 'it is' : 'they are'}`,
    );
  return {
    template: plain(templateOf(workload)),
    replicas: (workload['spec'] as { replicas?: number }).replicas ?? 1,
    objects: first ? [...others, workload] : [],
    modelName: given?.modelName,
    weights: null,
  };
}

function serverOf(workload: KubeObject): string {
  return serverContainer(templateOf(workload))?.name ?? '';
}

/** Without the marks of the release that it belongs to now. */
function plain(template: PodTemplate): PodTemplate {
  const labels = without(template.metadata?.labels, [VERSION_LABEL, TRACK_LABEL]);
  const annotations = without(template.metadata?.annotations, [RELEASE_ANNOTATION]);
  return { ...template, metadata: { ...template.metadata, labels, annotations } };
}

function without(
  marks: Readonly<Record<string, string>> | undefined,
  names: readonly string[],
): Record<string, string> {
  return Object.fromEntries(Object.entries(marks ?? {}).filter(([name]) => !names.includes(name)));
}
