/** Images by digest: `container=image` changes a container, and a tag becomes what the registry has under it now. */
import type { KubeObject } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import { parseOciReference } from '@sluice/sources/oci-reference';
import { chooseLogin, OciRegistry } from '@sluice/sources/oci-registry';
import type { SourceContext } from '@sluice/sources/source';

interface Container {
  name: string;
  image?: string;
  imagePullPolicy?: string;
}

interface Pods {
  template: { spec: { containers?: Container[]; initContainers?: Container[] } };
}

/** @throws ConfigError for what is no `container=image` */
export function parseImageChange(text: string): { container: string; image: string } {
  const match = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)=(\S+)$/.exec(text.trim());
  if (match?.[1] === undefined || match[3] === undefined)
    throw new ConfigError(`input \`image\` = ${JSON.stringify(text)} is no container=image`);
  return { container: match[1], image: match[3] };
}

/** @throws ConfigError for a container that the workload doesn't have */
export function withImages(
  workload: KubeObject,
  changes: readonly { container: string; image: string }[],
): KubeObject {
  const copy = structuredClone(workload);
  const { containers = [], initContainers = [] } = (copy['spec'] as Pods).template.spec;
  const faults: string[] = [];
  for (const { container, image } of changes) {
    const found = [...containers, ...initContainers].find(({ name }) => name === container);
    if (found === undefined)
      faults.push(
        `input \`image\`: ${copy.kind} ${copy.metadata.name} has no container ${container} (it has ${containers.map(({ name }) => name).join(', ')})`,
      );
    else found.image = image;
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return copy;
}

export interface Pinned {
  workload: KubeObject;
  /** For the log: what a tag was, and what couldn't be pinned. */
  notes: string[];
}

/**
 * Every image of the pods by its digest: what was tested is what each pod gets, on every node.
 *
 * @throws ConfigError for an image that isn't there or may not be seen, InfraError where the registry can't be reached
 */
export async function pinImages(workload: KubeObject, context: SourceContext): Promise<Pinned> {
  const copy = structuredClone(workload);
  const { containers = [], initContainers = [] } = (copy['spec'] as Pods).template.spec;
  const notes: string[] = [];
  for (const container of [...initContainers, ...containers]) {
    const { name, image, imagePullPolicy } = container;
    if (image === undefined || image.includes('@')) continue;
    if (imagePullPolicy === 'Never') {
      notes.push(
        `container ${name}: ${image} is not pinned to a digest: with imagePullPolicy Never each node serves what it has under that name`,
      );
      continue;
    }
    container.image = await pinImage(image, context);
    notes.push(`container ${name}: ${image} is ${container.image}`);
  }
  return { workload: copy, notes };
}

/** `host/name:tag` as `host/name@sha256:…`: what the registry has under the tag at this moment. */
export async function pinImage(image: string, context: SourceContext): Promise<string> {
  if (image.includes('@')) return image;
  const full = fullName(image);
  const reference = parseOciReference(full, undefined, context.endpoint);
  const registry = new OciRegistry(reference, await chooseLogin(reference.host, context), context);
  const { digest } = await registry.manifest(reference.reference);
  return `${image.replace(/:[\w][\w.-]*$/, '')}@${digest}`;
}

/** Docker's own rule: a first part without a dot, a colon or `localhost` is no host. */
export function fullName(image: string): string {
  const slash = image.indexOf('/');
  const first = slash === -1 ? '' : image.slice(0, slash);
  if (/[.:]/.test(first) || first === 'localhost') return image;
  return `docker.io/${slash === -1 ? 'library/' : ''}${image}`;
}
