/** Blue-green, A/B by header, a suite on the public route, and the refusal of copies that this gateway can't make: real pods under streaming traffic, nothing lost. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Checks } from '../../../oracles/sources/checks.ts';
import { deployer, type Deploy } from '../../deployer.ts';
import type { Lab } from '../../lab.ts';
import { deployment, hostOf, httpRoute, rolledOut, service } from '../../objects.ts';
import { type Traffic, type TrafficSummary } from '../../traffic.ts';
import { served } from '../../served.ts';
import { until } from '../../until.ts';

interface Scene {
  lab: Lab;
  namespace: string;
  folder: string;
  deploy: Deploy;
}

const RATE = 10;
const USUAL = {
  ...{ drain: '20s', interval: '2s', 'min-samples': '20', 'max-duration': '3m' },
  analysis: 'error_rate <= 15%\nloop_rate <= 25%\nempty_rate <= 25%',
};
const BETA = { 'x-beta': 'always' };

export async function check(lab: Lab, checks: Checks, folder: string): Promise<void> {
  await lab.inNamespace('strategies', async (namespace) => {
    const workload = { namespace, name: 'llm', version: 'v1', replicas: 2, env: { CHUNK_MS: '20' } } as const;
    await lab.kubectl.apply([
      deployment(lab, workload),
      service({ namespace, name: 'llm' }),
      httpRoute(lab, namespace, 'llm', { llm: 1 }),
    ]);
    await rolledOut(lab, namespace, 'llm');
    const scene = { lab, namespace, folder, deploy: deployer(lab, namespace, folder, USUAL) };
    await served(lab, namespace);
    await blueGreen(checks, scene);
    await verifying(checks, scene);
    await byHeader(checks, scene);
    await shadowed(checks, scene);
  });
}

function users({ lab, namespace }: Scene, more: Partial<Parameters<Lab['traffic']>[0]> = {}): Traffic {
  return lab.traffic({ host: hostOf(namespace), rate: RATE, ...more });
}

async function suite({ folder }: Scene, name: string, wanted: string): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const tests = [{ description: name, assert: [{ type: 'contains', value: wanted }] }];
  await writeFile(path, JSON.stringify({ prompts: ['The capital of France is'], tests }));
  return path;
}

/** Seen by who asks for it, until a second job says that it shall serve. */
async function blueGreen(checks: Checks, scene: Scene): Promise<void> {
  const { lab, deploy } = scene;
  const traffic = users(scene);
  const gated = await deploy({
    ...{ image: `server=${lab.image('v2')}`, version: 'v2', analysis: '' },
    ...{ strategy: 'blue-green', steps: 'preview pause, 100% 6s' },
  });
  checks.tell(
    'blue-green ends its first job at the gate, with success, and tells the preview',
    gated.exitCode === 0 &&
      /^http:.* with header x-sluice-preview: true; Service llm-canary$/.test(gated.outputs['preview'] ?? ''),
    gated.stdout + gated.stderr,
  );
  // Traefik says that it has observed a route up to 2 s before it goes by it.
  await sleep(3_000);
  const looking = users(scene, { rate: 5, headers: { 'x-sluice-preview': 'true' } });
  await sleep(4_000);
  const looked = await looking.stop();
  const before = await traffic.stop();
  checks.tell(
    'who asks for the preview meets v2 alone, users v1 alone',
    only(looked, 'v2') && only(before, 'v1'),
    JSON.stringify([looked.versions, before.versions]),
  );
  const switching = users(scene);
  await sleep(1_000);
  const promoted = await deploy({
    ...{ operation: 'promote', analysis: '', protocol: 'openai-completions' },
    verify: await suite(scene, 'capital', 'Paris'),
  });
  await sleep(2_000);
  const seen = await switching.stop();
  checks.tell(
    'a second job switches, asks the public route, and promotes',
    promoted.exitCode === 0 && /asking v2 through the public route/.test(promoted.stdout),
    promoted.stdout + promoted.stderr,
  );
  whole(checks, seen);
  checks.tell(
    'both have answered',
    (seen.versions['v1']?.whole ?? 0) > 0 && (seen.versions['v2']?.whole ?? 0) > 0,
    JSON.stringify(seen.versions),
  );
  await nothingBeside(checks, scene);
}

async function verifying(checks: Checks, scene: Scene): Promise<void> {
  const traffic = users(scene);
  const back = await scene.deploy({
    ...{ image: `server=${scene.lab.image('v3')}`, version: 'v3', strategy: 'rolling', analysis: '' },
    ...{ verify: await suite(scene, 'capital of Italy', 'Rome'), protocol: 'openai-completions' },
  });
  await sleep(2_000);
  const seen = await traffic.stop();
  checks.tell(
    'a suite that fails on the public route takes the release back',
    back.exitCode === 1 &&
      back.outputs['outcome'] === 'gate-failed' &&
      /v3 was taken back: verify: 1 of 1 cases did not pass/.test(back.stdout),
    back.stdout + back.stderr,
  );
  whole(checks, seen);
  await nothingBeside(checks, scene);
}

async function byHeader(checks: Checks, scene: Scene): Promise<void> {
  const [others, testers] = [users(scene), users(scene, { rate: 5, headers: BETA })];
  const running = scene.deploy({
    ...{ image: `server=${scene.lab.image('v3')}`, version: 'v3' },
    ...{ strategy: 'ab', header: 'x-beta', duration: '10s' },
  });
  await until('testers meet v3', 90_000, () =>
    Promise.resolve((testers.summary().versions['v3']?.whole ?? 0) > 10),
  );
  const early = others.summary();
  const decided = await running;
  await sleep(2_000);
  const [seen, tested] = [await others.stop(), await testers.stop()];
  checks.tell(
    'A/B by header: the new version wins, and is said to',
    decided.exitCode === 0 && decided.outputs['winner'] === 'v3',
    decided.stdout + decided.stderr,
  );
  checks.tell(
    'while it ran, only testers met it',
    early.versions['v3'] === undefined,
    JSON.stringify(early.versions),
  );
  whole(checks, seen);
  whole(checks, tested, 50);
  await nothingBeside(checks, scene);
}

/** Traefik's Gateway API knows no copies, and would answer 500 to all users of a route that asks for them. */
async function shadowed(checks: Checks, scene: Scene): Promise<void> {
  if (scene.lab.external) return;
  const traffic = users(scene);
  const refused = await scene.deploy({
    ...{ image: `server=${scene.lab.image('v4')}`, version: 'v4' },
    ...{ strategy: 'shadow', steps: '50% 10s' },
  });
  await sleep(6_000);
  const seen = await traffic.stop();
  checks.tell(
    'shadow is refused where the gateway would answer 500 to users, before anything is touched',
    refused.exitCode === 1 &&
      /its class traefik does not say that it can copy requests \(HTTPRouteRequestMirror/.test(
        refused.stdout,
      ),
    refused.stdout + refused.stderr,
  );
  whole(checks, seen, 20);
  await nothingBeside(checks, scene);
}

function only({ versions }: TrafficSummary, version: string): boolean {
  return Object.keys(versions).join() === version && (versions[version]?.whole ?? 0) > 10;
}

function whole(checks: Checks, summary: TrafficSummary, least = 100): void {
  checks.tell(
    `${summary.requests} requests: none lost, none cut off`,
    summary.whole === summary.requests && summary.requests > least,
    JSON.stringify(summary),
  );
}

async function nothingBeside(checks: Checks, { lab, namespace }: Scene): Promise<void> {
  const rest = await lab.kubectl.run(['get', 'deployment,service', '-n', namespace, '-o', 'name']);
  const route = JSON.stringify(await lab.kubectl.json('get', 'httproute', 'llm', '-n', namespace));
  checks.tell(
    'no canary is left, in no route either',
    !rest.includes('canary') && !route.includes('llm-canary"'),
    rest + route,
  );
}
