/** The node: containerd with our images, kubelet, kube-proxy, and GPUs that the scheduler counts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { run } from '@sluice/process/run';
import { stringify } from 'yaml';
import type { Debian } from './debian.ts';
import type { Kubectl } from './kubectl.ts';
import { KUBECONFIG, NET, NODE, PAUSE_IMAGE, REPOSITORY, WORK } from './layout.ts';
import { startPart } from './parts.ts';
import { until } from './until.ts';

export const SOCKET = join(WORK, 'containerd.sock');

async function startContainerd(debian: Debian, cniFolder: string): Promise<void> {
  const config = `version = 2
root = "${join(WORK, 'containerd')}"
state = "${join(WORK, 'run')}"
[grpc]
  address = "${SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${debian.cniPlugins}"
  conf_dir = "${cniFolder}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(WORK, 'opt')}"
`;
  const file = join(WORK, 'containerd.toml');
  await writeFile(file, config);
  await startPart({ name: 'containerd', command: 'containerd', args: ['--config', file], env: debian.env });
}

/** Imports the images as soon as containerd answers; names that are there already move to the new ones. */
export async function importImages(debian: Debian, archive: string): Promise<void> {
  const ctr = (...args: string[]): Promise<unknown> =>
    run('ctr', ['--address', SOCKET, '--namespace', 'k8s.io', ...args], {
      env: debian.env,
      timeoutMs: 300_000,
    });
  await until('containerd answers', 30_000, async () => {
    await ctr('version');
    return true;
  });
  // By tag, and by digest as a deployment that is pinned names it.
  await ctr('images', 'import', '--digests', '--base-name', REPOSITORY, archive);
}

/** containerd with the images; needs no API server. */
export async function startRuntime(debian: Debian, cniFolder: string, archive: string): Promise<void> {
  await startContainerd(debian, cniFolder);
  await importImages(debian, archive);
}

/** kubelet and kube-proxy, when both the runtime and the API server are there. */
export async function startNode(bin: string, debian: Debian): Promise<void> {
  const kubelet = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // It listens on the lab's own bridge only.
    address: NET.node,
    port: 10_250,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    cgroupDriver: 'cgroupfs',
    failSwapOn: false,
    failCgroupV1: false,
    containerRuntimeEndpoint: `unix://${SOCKET}`,
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%' },
    enforceNodeAllocatable: [],
    imageGCHighThresholdPercent: 100,
    // kube-proxy's rules are enough, and these nobody would remove.
    makeIPTablesUtilChains: false,
    maxPods: 60,
    podLogsDir: join(WORK, 'pod-logs'),
    volumePluginDir: join(WORK, 'volume-plugins'),
    resolvConf: '',
  };
  const file = join(WORK, 'kubelet.yaml');
  await writeFile(file, stringify(kubelet));
  await mkdir(join(WORK, 'kubelet'));
  await startPart({
    name: 'kubelet',
    command: join(bin, 'kubelet'),
    args: [
      `--config=${file}`,
      `--kubeconfig=${KUBECONFIG}`,
      `--hostname-override=${NODE}`,
      `--root-dir=${join(WORK, 'kubelet')}`,
      `--cert-dir=${join(WORK, 'pki/kubelet')}`,
      `--node-ip=${NET.node}`,
    ],
    env: debian.env,
  });
  await startPart({
    name: 'kube-proxy',
    command: join(bin, 'kube-proxy'),
    args: [
      `--kubeconfig=${KUBECONFIG}`,
      `--hostname-override=${NODE}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${NET.pods}`,
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0',
      '--conntrack-tcp-timeout-close-wait=0',
      '--iptables-localhost-nodeports=false',
      `--healthz-bind-address=127.0.0.1:${await freePort()}`,
      `--metrics-bind-address=127.0.0.1:${await freePort()}`,
    ],
    env: debian.env,
  });
}

interface NodeObject {
  status: { conditions?: { type: string; status: string }[] };
}

/** Ready, and with so many GPUs: extended resources of the node's status, which the scheduler takes for real. */
export async function nodeIsReady(kubectl: Kubectl, gpus: number): Promise<void> {
  await until('the node is ready', 120_000, async () => {
    const { status } = await kubectl.json<NodeObject>('get', 'node', NODE);
    return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True');
  });
  await setGpus(kubectl, gpus);
}

export async function setGpus(kubectl: Kubectl, gpus: number): Promise<void> {
  const amount = { 'nvidia.com/gpu': String(gpus) };
  const body = JSON.stringify({ status: { capacity: amount, allocatable: amount } });
  await kubectl.run(['patch', 'node', NODE, '--subresource=status', '--type=merge', '--patch', body]);
}
