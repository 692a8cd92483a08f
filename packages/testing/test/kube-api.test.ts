import { expect, test } from '@jest/globals';
import { plainLogger } from '@sluice/runtime/logger';
import { checkConformance } from '@sluice/testing/kube-api/conformance';
import { startKubeApi } from '@sluice/testing/kube-api/server';

test('the emulator keeps every promise of the conformance list', async () => {
  const server = await startKubeApi();
  try {
    const log = plainLogger(() => undefined);
    const { cases, findings } = await checkConformance(server.kubeconfig, {
      log,
      signal: new AbortController().signal,
    });
    expect(findings).toEqual([]);
    expect(cases).toBeGreaterThan(20);
  } finally {
    await server.close();
  }
});
