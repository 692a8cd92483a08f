/** The promises that the client and the tests' emulator rest on (packages/testing/src/kube-api), against the real API server. */
import { checkConformance } from '@sluice/testing/kube-api/conformance';
import { plainLogger } from '@sluice/runtime/logger';
import type { Checks } from '../../oracles/sources/checks.ts';
import type { Lab } from '../lab.ts';
import { until } from '../until.ts';

export async function check(lab: Lab, checks: Checks): Promise<void> {
  const log = plainLogger(() => undefined);
  const { signal } = new AbortController();
  const { cases, findings } = await checkConformance(lab.kubeconfig, { log, signal });
  for (const finding of findings) checks.tell(`the API server keeps: ${finding.case}`, false, finding.said);
  checks.tell(
    `the API server keeps ${cases} promises`,
    findings.length === 0 && cases > 20,
    `${cases} cases`,
  );
  if (lab.external) return;
  await lab.kill('kube-controller-manager');
  await lab.restart('kube-controller-manager');
  await lab.inNamespace('comeback', async (namespace) => {
    await lab.kubectl.run(['create', 'deployment', 'proof', '--image=none', '--replicas=0', '-n', namespace]);
    const seen = await until('controllers work again', 60_000, async () => {
      const { status } = await lab.kubectl.json<{ status?: { observedGeneration?: number } }>('get', 'deployment', 'proof', '-n', namespace); // prettier-ignore
      return status?.observedGeneration === 1;
    });
    checks.tell('a part of the lab works again after SIGKILL', seen);
  });
}
