/** How a version is brought up on Kubernetes: the pod template that its workload gets, and how many pods. */
import { readList, readNumber, readObject, readString, readUnit } from '@sluice/host/read';
import type { KubeObject, PodTemplate } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import type { VersionSpec } from '../target.ts';

export interface KubeSpec extends VersionSpec {
  /** As the stable workload carries it, without anything that belongs to a canary. */
  template: PodTemplate;
  /** Pods at full share. */
  replicas: number;
  /** Of the container that answers requests: for warm-up and probes. */
  port: number;
  /** A first deployment applies these as they are: the workload and what stands beside it. Empty where it is there already. */
  objects: KubeObject[];
}

/** undefined for what another target wrote, or a version of ours that wrote something else. */
export function readKubeSpec(value: unknown): KubeSpec | undefined {
  try {
    return read(readObject(value, 'spec'));
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

function read(spec: Record<string, unknown>): KubeSpec {
  const template = readObject(spec['template'], 'spec.template');
  readObject(template['spec'], 'spec.template.spec');
  return {
    version: readString(spec['version'], 'spec.version'),
    releaseDigest: readString(spec['releaseDigest'], 'spec.releaseDigest'),
    unit: readUnit(spec['unit'], 'spec.unit'),
    modelName: readString(spec['modelName'], 'spec.modelName'),
    // The API server checks what is inside when it gets it.
    template: template as unknown as PodTemplate,
    replicas: readNumber(spec['replicas'], 'spec.replicas'),
    port: readNumber(spec['port'], 'spec.port'),
    objects: readList(spec['objects'], 'spec.objects', readObject) as unknown as KubeObject[],
  };
}
