import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { connect } from '@sluice/kubernetes/connect';
import { StoredState, stateName } from '@sluice/kubernetes/stored-state';
import type { KubeApi } from '@sluice/kubernetes/types';
import { plainLogger } from '@sluice/runtime/logger';
import { type KubeApiServer, startKubeApi } from '@sluice/testing/kube-api/server';

let server: KubeApiServer;
let api: KubeApi;

beforeAll(async () => {
  server = await startKubeApi();
  const log = plainLogger(() => undefined);
  api = await connect({ kubeconfig: server.kubeconfig, log, signal: new AbortController().signal });
});
afterAll(async () => {
  await api.close();
  await server.close();
});

test('of writers at once none is lost', async () => {
  const state = new StoredState<{ seen: number[] }>(api, {
    name: 'sluice-deployment-llm',
    labels: { a: 'b' },
  });
  expect(await state.read()).toBeUndefined();
  await Promise.all(
    [1, 2, 3, 4, 5, 6].map((one) => state.update((now) => ({ seen: [...(now?.seen ?? []), one] }))),
  );
  const { seen = [] } = (await state.read()) ?? {};
  expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
  const before = server.requests.length;
  expect(await state.update((now) => now)).toEqual({ seen });
  expect(server.requests.length).toBe(before + 1);
  await state.delete();
  expect(await state.read()).toBeUndefined();
});

test('the last ten records are kept, also at once', async () => {
  const state = new StoredState(api, { name: 'sluice-deployment-many' });
  for (let run = 1; run <= 11; run += 1) await state.addRecord({ run });
  await Promise.all([state.addRecord({ run: 12 }), state.addRecord({ run: 13 })]);
  const runs = (await state.records()).map((record) => (record as { run: number }).run);
  expect(runs.slice(0, 2).sort()).toEqual([12, 13]);
  expect(runs.slice(2)).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
});

test('what is large is compressed; what is too large is refused with its size', async () => {
  const state = new StoredState(api, { name: 'sluice-deployment-large' });
  const large = { text: 'a line\n'.repeat(300_000) };
  await state.update(() => large);
  expect(await state.read()).toEqual(large);
  await expect(state.addRecord({ text: randomBytes(1_500_000).toString('base64') })).rejects.toThrow(
    /would have \d{7} bytes/,
  );
});

test.each([
  ['deployment', 'llm', /^sluice-deployment-llm$/],
  ['deployment', 'llm.v2', /^sluice-deployment-llm\.v2$/],
  ['inferenceservice', 'Llama_3', /^sluice-inferenceservice-llama-3-[0-9a-f]{8}$/],
  ['deployment', '../x', /^sluice-deployment\.x-[0-9a-f]{8}$/],
  ['deployment', 'x'.repeat(253), /^sluice-deployment-x{224}-[0-9a-f]{8}$/],
])('the name of %s/%s', (kind, workload, name) => {
  expect(stateName(kind, workload)).toMatch(name);
  expect(`${stateName(kind, workload)}-9`.length).toBeLessThanOrEqual(253);
});
