/**
 * Routers against the real definitions of their kinds: what they write is taken by the API server, field by field, and what was
 * there before is there afterwards. Istio's own proxies don't run here.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { connect } from '@sluice/kubernetes/connect';
import type { KubeApi, KubeObject } from '@sluice/kubernetes/types';
import { makeRouter } from '@sluice/routers/choose';
import { describeError } from '@sluice/runtime/errors';
import { plainLogger } from '@sluice/runtime/logger';
import type { Checks } from '../../oracles/sources/checks.ts';
import { moduleFolder } from '../binaries.ts';
import type { Lab } from '../lab.ts';
import { ingressRoute, service, traefikService } from '../objects.ts';

interface Case {
  traffic: string;
  objects(namespace: string): object[];
  /** The weights of the canary and of its stable in the object, as people read them. */
  weights(objects: readonly KubeObject[]): unknown;
  /** At a quarter, and at all. */
  wanted: [unknown, unknown];
}

type Weighed = { destination: { host: string }; weight?: number }[];
type Services = { name: string; weight?: number }[];

const CASES: readonly Case[] = [
  {
    traffic: 'istio',
    objects: (namespace) => [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'VirtualService',
        metadata: { name: 'llm', namespace },
        spec: {
          hosts: ['llm.test'],
          http: [
            { match: [{ uri: { prefix: '/v1' } }], timeout: '600s', route: [{ destination: { host: 'llm', port: { number: 80 } } }] }, // prettier-ignore
          ],
        },
      },
    ],
    weights: ([object]) => {
      const { http } = object?.['spec'] as { http: { route: Weighed }[] };
      return http.at(-1)?.route.map(({ destination, weight }) => `${destination.host} ${weight ?? ''}`);
    },
    wanted: [
      ['llm 75', 'llm-canary 25'],
      ['llm 0', 'llm-canary 100'],
    ],
  },
  {
    traffic: 'traefik',
    objects: (namespace) => [
      traefikService(namespace, [{ name: 'llm', port: 80, weight: 100 }]),
      ingressRoute(namespace),
    ],
    weights: ([object]) => {
      const { weighted } = object?.['spec'] as { weighted: { services: Services } };
      return weighted.services.map(({ name, weight }) => `${name} ${weight ?? ''}`);
    },
    // One without a share stands beside the list.
    wanted: [['llm 75', 'llm-canary 25'], ['llm-canary 100']],
  },
];

export async function check(lab: Lab, checks: Checks): Promise<void> {
  await defineIstio(lab);
  for (const one of CASES) await lab.inNamespace(`crd-${one.traffic}`, (namespace) => driven(lab, checks, one, namespace)); // prettier-ignore
}

/** The one kind that is driven, of the definitions that Istio publishes for its users. */
async function defineIstio(lab: Lab): Promise<void> {
  const file = join(
    await moduleFolder('crds', 'istio.io/api'),
    'kubernetes/customresourcedefinitions.gen.yaml',
  );
  const all = parseAllDocuments(await readFile(file, 'utf8')).map((document) => document.toJS() as KubeObject | null); // prettier-ignore
  const wanted = all.filter((object) => object?.metadata.name === 'virtualservices.networking.istio.io');
  await lab.kubectl.apply(wanted as object[]);
  await lab.kubectl.run(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
}

async function driven(lab: Lab, checks: Checks, one: Case, namespace: string): Promise<void> {
  const signal = new AbortController().signal;
  const log = plainLogger(() => undefined);
  const canary = { ...service({ namespace, name: 'llm' }), metadata: { name: 'llm-canary', namespace } };
  const objects = one.objects(namespace) as KubeObject[];
  await lab.kubectl.apply([service({ namespace, name: 'llm' }), canary, ...objects]);
  const api = await connect({ kubeconfig: lab.kubeconfig, namespace, log, signal });
  const tell = (what: string, ok: boolean, detail = ''): void =>
    checks.tell(`${one.traffic}: ${what}`, ok, detail);
  try {
    const names = { workload: 'llm', stableService: 'llm', canaryService: 'llm-canary', port: 80 };
    const context = { api, namespace, ...names, log, signal, settleMs: 0 };
    const router = makeRouter({ traffic: one.traffic, why: '' }, context);
    const before = specs(await read(api, objects));
    checks.equal(`${one.traffic}: nothing is wrong with it`, await router.check(), []);
    await router.prepare();
    checks.equal(`${one.traffic}: the canary stands in it without users`, await router.read(), 0);
    for (const [share, wanted] of [
      [0.25, one.wanted[0]],
      [1, one.wanted[1]],
    ] as const) {
      await router.set(share);
      const now = await read(api, objects);
      checks.equal(`${one.traffic}: weights at ${share * 100} %`, one.weights(now), wanted);
      tell(`the API server knows every field of it at ${share * 100} %`, ...(await isKnown(lab, now)));
    }
    if (router.preview !== undefined) {
      await router.preview({ header: 'x-preview', value: 'yes' });
      tell('and of a rule for a header', ...(await isKnown(lab, await read(api, objects))));
      await router.preview(undefined);
    }
    if (router.mirror !== undefined) {
      await router.mirror(0.5);
      tell('and of a mirror', ...(await isKnown(lab, await read(api, objects))));
      await router.mirror(0);
    }
    await router.set(0);
    await router.remove();
    checks.equal(`${one.traffic}: afterwards it is as before`, specs(await read(api, objects)), before);
  } finally {
    await api.close();
  }
}

function read(api: KubeApi, objects: readonly KubeObject[]): Promise<KubeObject[]> {
  return Promise.all(
    objects.map(async ({ apiVersion, kind, metadata: { name } }) => {
      const found = await api.get({ apiVersion, kind, name });
      if (found === undefined) throw new Error(`${kind} ${name} is gone`);
      return found;
    }),
  );
}

const specs = (objects: readonly KubeObject[]): unknown => objects.map(({ spec }) => spec);

/** Sent anew as it was read, with strict validation: an unknown field or one of a wrong type is an error. */
async function isKnown(lab: Lab, objects: readonly KubeObject[]): Promise<[boolean, string]> {
  const bare = objects.map(({ apiVersion, kind, metadata: { name, namespace }, spec }) => ({
    ...{ apiVersion, kind, metadata: { name: `${name}-again`, namespace }, spec },
  }));
  const list = { apiVersion: 'v1', kind: 'List', items: bare };
  const args = ['create', '--dry-run=server', '--validate=strict', '-f', '-'];
  try {
    await lab.kubectl.run(args, JSON.stringify(list));
    return [true, ''];
  } catch (error) {
    return [false, describeError(error)];
  }
}
