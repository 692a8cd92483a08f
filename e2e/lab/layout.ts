/** Where the lab keeps things and which addresses it uses. One lab a machine: its bridge and its work folder have fixed names. */
import { join } from 'node:path';
import { cacheFolder } from '../act/tools.ts';

/** Builds and images; kept between runs. */
export const CACHE = join(cacheFolder(), 'lab');
/** All state of the running lab; removed by `down`. */
export const WORK = process.env['SLUICE_LAB_WORK'] ?? join(CACHE, 'work');
export const KUBECONFIG = join(WORK, 'kubeconfig.yaml');

/** Networks of the lab's own; the node's address is the bridge's, since a node can't be on loopback. */
export const NET = {
  bridge: 'sluice0',
  node: '10.213.0.1',
  nodeWithMask: '10.213.0.1/16',
  pods: '10.213.0.0/16',
  services: '10.214.0.0/16',
} as const;

export const NODE = 'sluice-lab';
/** The namespace of the lab's own objects: the Gateway. */
export const LAB_NAMESPACE = 'sluice-lab';
export const GATEWAY = 'lab';
export const VERSIONS = ['v1', 'v2', 'v3', 'v4'] as const;
export type Version = (typeof VERSIONS)[number];

export const REPOSITORY = 'docker.io/sluice-lab/llm';
/** The name under which the node knows a version's image; never pulled. */
export const imageOf = (version: Version): string => `${REPOSITORY}:${version}`;
export const PAUSE_IMAGE = 'docker.io/sluice-lab/pause:1';

/** Static tokens of the API server. `releaser` has no rights but those that a test binds to it. */
export const TOKENS = { admin: 'lab-admin-token', releaser: 'lab-releaser-token' } as const;
