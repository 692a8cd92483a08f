/** etcd, API server, controllers and scheduler: Kubernetes without a node. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { freePort } from '@sluice/process/free-port';
import type { Debian } from './debian.ts';
import { Kubectl } from './kubectl.ts';
import { KUBECONFIG, NET, TOKENS, WORK } from './layout.ts';
import { startPart } from './parts.ts';
import { until } from './until.ts';

/** A kubeconfig for one of the static tokens. */
export function kubeconfig(server: string, user: keyof typeof TOKENS): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'lab', cluster: { server, 'certificate-authority': join(WORK, 'pki/apiserver.crt') } },
    ],
    users: [{ name: user, user: { token: TOKENS[user] } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user, namespace: 'default' } }],
    'current-context': 'lab',
  };
  return JSON.stringify(config, undefined, 2);
}

/** `bin` holds Kubernetes' programs. The API server is ready when this is fulfilled. */
export async function startControlPlane(bin: string, debian: Debian): Promise<Kubectl> {
  const pki = join(WORK, 'pki');
  await mkdir(pki);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(join(pki, 'sa.key'), privateKey, { mode: 0o600 });
  await writeFile(join(pki, 'sa.pub'), publicKey);
  const users = [`${TOKENS.admin},admin,1,"system:masters"`, `${TOKENS.releaser},releaser,2`];
  await writeFile(join(pki, 'tokens.csv'), `${users.join('\n')}\n`, { mode: 0o600 });

  const [etcdPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const etcd = `http://127.0.0.1:${etcdPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  await startPart({
    name: 'etcd',
    command: 'etcd',
    args: [
      `--data-dir=${join(WORK, 'etcd')}`,
      `--listen-client-urls=${etcd}`,
      `--advertise-client-urls=${etcd}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
      // A crash of the machine may lose it: it is a lab, and the disk is slow.
      '--unsafe-no-fsync',
    ],
    env: debian.env,
  });
  await startPart({
    name: 'kube-apiserver',
    command: join(bin, 'kube-apiserver'),
    args: [
      `--etcd-servers=${etcd}`,
      `--cert-dir=${pki}`,
      `--service-account-key-file=${join(pki, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--token-auth-file=${join(pki, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      `--service-cluster-ip-range=${NET.services}`,
      // The bridge: this machine and its pods reach it, nobody else.
      `--bind-address=${NET.node}`,
      `--advertise-address=${NET.node}`,
      `--secure-port=${port}`,
      '--allow-privileged=true',
      // The node has no name that a resolver knows.
      '--kubelet-preferred-address-types=InternalIP',
    ],
  });
  const server = `https://${NET.node}:${port}`;
  await writeFile(KUBECONFIG, kubeconfig(server, 'admin'), { mode: 0o600 });
  await writeFile(join(WORK, 'releaser.yaml'), kubeconfig(server, 'releaser'), { mode: 0o600 });
  const kubectl = new Kubectl(join(bin, 'kubectl'), KUBECONFIG);
  await until('the API server is ready', 60_000, async () => {
    return (await kubectl.run(['get', '--raw', '/readyz'])) === 'ok';
  });
  await startPart({
    name: 'kube-controller-manager',
    command: join(bin, 'kube-controller-manager'),
    args: [
      `--kubeconfig=${KUBECONFIG}`,
      `--service-account-private-key-file=${join(pki, 'sa.key')}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${await freePort()}`,
      `--cert-dir=${join(pki, 'controller-manager')}`,
    ],
  });
  await startPart({
    name: 'kube-scheduler',
    command: join(bin, 'kube-scheduler'),
    args: [
      `--kubeconfig=${KUBECONFIG}`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      `--secure-port=${await freePort()}`,
      `--cert-dir=${join(pki, 'scheduler')}`,
    ],
  });
  return kubectl;
}
