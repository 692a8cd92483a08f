/**
 * OpenKruise Rollouts, really run against the lab's API server, as a process of the machine. Its webhooks are asked for
 * namespaces with the label `KRUISE_LABEL` alone: while it is down, nobody else's Deployments are kept from changing.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { ensureBuilt, moduleFolder } from './binaries.ts';
import type { Lab } from './lab.ts';
import { WORK } from './layout.ts';
import { endPart, pidsOf, startPart } from './parts.ts';
import { until } from './until.ts';

const MODULE = 'github.com/openkruise/rollouts';
const NAMESPACE = 'kruise-rollout';
/** On a namespace: its Deployments may be rolled out. */
export const KRUISE_LABEL = 'sluice-lab/kruise';

const selector = { matchLabels: { [KRUISE_LABEL]: 'true' } };

/** Which objects it is asked for, as its own manifests have it (config/webhook), less the kinds that aren't here. */
function webhooks(): object[] {
  const admission = (
    kind: string,
    name: string,
    path: string,
    rules: object[],
    more: object = {},
  ): object => ({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: `kruise-rollout-${kind.toLowerCase()}-webhook-configuration` },
    webhooks: [
      {
        ...{ name, admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail', rules },
        clientConfig: { service: { name: 'webhook-service', namespace: NAMESPACE, path } },
        namespaceSelector: selector,
        ...more,
      },
    ],
  });
  const objectSelector = {
    matchExpressions: [{ key: 'rollouts.kruise.io/workload-type', operator: 'Exists' }],
  };
  return [
    admission(
      'Mutating',
      'mdeployment.kb.io',
      '/mutate-apps-v1-deployment',
      [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['deployments'] }],
      { objectSelector },
    ),
    admission('Validating', 'vrollout.kb.io', '/validate-rollouts-kruise-io-rollout', [
      {
        apiGroups: ['rollouts.kruise.io'],
        apiVersions: ['v1alpha1', 'v1beta1'],
        operations: ['CREATE', 'UPDATE'],
        resources: ['rollouts'],
      },
    ]),
  ];
}

export async function startKruise(lab: Lab): Promise<void> {
  const folder = await moduleFolder('openkruise', MODULE);
  const kinds = ['batchreleases', 'rollouthistories', 'rollouts', 'trafficroutings'];
  await lab.kubectl.applyFiles(
    kinds.map((kind) => join(folder, 'config/crd/bases', `rollouts.kruise.io_${kind}.yaml`)),
  );
  await lab.kubectl.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  if ((await pidsOf('openkruise')).length > 0) return;
  await lab.kubectl.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    ...webhooks(),
  ]);
  const certificates = join(WORK, 'openkruise');
  await mkdir(certificates, { recursive: true });
  const health = await freePort();
  await startPart({
    name: 'openkruise',
    command: join(await ensureBuilt('openkruise'), 'rollouts'),
    args: [`--metrics-bind-address=127.0.0.1:${await freePort()}`, `--health-probe-bind-address=127.0.0.1:${health}`], // prettier-ignore
    env: {
      ...process.env,
      KUBECONFIG: lab.kubeconfig,
      WEBHOOK_HOST: '127.0.0.1',
      WEBHOOK_PORT: String(await freePort()),
      WEBHOOK_CERT_DIR: certificates,
      POD_NAMESPACE: NAMESPACE,
    },
  });
  await until(
    'OpenKruise is ready',
    60_000,
    async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok,
  );
}

/** Nothing of it is asked any more. */
export async function endKruise(lab: Lab): Promise<void> {
  for (const kind of ['mutating', 'validating'])
    await lab.kubectl.run(['delete', `${kind}webhookconfiguration`, `kruise-rollout-${kind}-webhook-configuration`, '--ignore-not-found']); // prettier-ignore
  await endPart('openkruise');
}
