/** The whole lab: from nothing to pods, and back to nothing, whatever is left of an earlier one. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@sluice/process/run';
import { readFileIfThere, withFileLock, writeFileAtomic } from '@sluice/runtime/files';
import { ensureBuilt } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import { ensureDebian } from './debian.ts';
import { applyDefinitions, startGateway, type GatewayAddress } from './gateway.ts';
import { digestsOf, ensureImages } from './images.ts';
import { Kubectl } from './kubectl.ts';
import { KUBECONFIG, WORK } from './layout.ts';
import { makeNetwork, removeNetwork, unmountAll } from './network.ts';
import { importImages, nodeIsReady, startNode, startRuntime } from './node.ts';
import { endAllParts, endContainers, endedParts, endPart, logOf } from './parts.ts';
import { startPrometheus } from './prometheus.ts';

export interface LabState {
  kubeconfig: string;
  /** A user without rights, for tests of roles. */
  releaser: string;
  kubectl: string;
  gateway: GatewayAddress;
  prometheus: string;
  gpus: number;
  /** The archive of the images that the node has. */
  images: string;
  /** Manifest digest by version. */
  digests: Record<string, string>;
}

export interface UpOptions {
  gpus: number;
  /** Leaves what has started when something fails. */
  keep: boolean;
}

const stateFile = join(WORK, 'lab.json');

/** The running lab, or undefined. */
export async function readState(): Promise<LabState | undefined> {
  const text = await readFileIfThere(stateFile);
  return text === undefined ? undefined : (JSON.parse(text) as LabState);
}

/** Who starts or ends the lab waits for who does: the first of them may have to build everything. */
const alone = <T>(work: () => Promise<T>): Promise<T> =>
  withFileLock(`${WORK}.lock`, work, { timeoutMs: 90 * 60_000 });

/** Starts a lab; one that is up already is taken as it is, one that is half up is taken down first. */
export const up = (options: UpOptions): Promise<LabState> => alone(() => bringUp(options));

/** Ends everything, after a crash too; done twice it is done once. With `keep` the work folder stays for reading. */
export const down = (options: { keep: boolean }): Promise<void> => alone(() => takeDown(options));

async function bringUp(options: UpOptions): Promise<LabState> {
  const before = await readState();
  if (before !== undefined) {
    const answer = await new Kubectl(before.kubectl, before.kubeconfig)
      .run(['get', '--raw', '/readyz'])
      .catch(() => '');
    if (answer === 'ok') return withNewImages(before);
  }
  if (process.getuid?.() !== 0)
    throw new Error('the lab makes a network and mounts: it has to be started as root');
  await takeDown({ keep: false });
  await mkdir(WORK, { recursive: true, mode: 0o700 });
  try {
    return await start(options.gpus);
  } catch (error) {
    await tellLogs();
    if (!options.keep) await takeDown({ keep: false });
    throw error;
  }
}

/** A running lab gets the images of the checkout as it is now. */
async function withNewImages(state: LabState): Promise<LabState> {
  const images = await ensureImages();
  if (images === state.images) return state;
  await importImages(await ensureDebian(), images);
  return writeState({ ...state, images, digests: await digestsOf(images) });
}

async function writeState(state: LabState): Promise<LabState> {
  await writeFileAtomic(stateFile, JSON.stringify(state, undefined, 2));
  return state;
}

async function start(gpus: number): Promise<LabState> {
  const step = stepper();
  const [kube, debian] = [await ensureBuilt('kube'), await ensureDebian()];
  await ensureBuilt('traefik');
  const archive = await ensureImages();
  step('programs and images are there');
  await rememberCgroups();
  const cniFolder = await makeNetwork(debian);
  const [kubectl] = await Promise.all([
    startControlPlane(kube, debian),
    startRuntime(debian, cniFolder, archive),
  ]);
  step('the API server and the images are ready');
  await startNode(kube, debian);
  await applyDefinitions(kubectl);
  const gateway = await startGateway(kubectl);
  step('the gateway answers');
  const prometheus = await startPrometheus(debian, gateway);
  await nodeIsReady(kubectl, gpus);
  step('the node is ready');
  const ended = await endedParts();
  if (ended.length > 0) throw new Error(`${ended.join(', ')} ended by itself`);
  return writeState({
    kubeconfig: KUBECONFIG,
    releaser: join(WORK, 'releaser.yaml'),
    kubectl: join(kube, 'kubectl'),
    gateway,
    prometheus,
    gpus,
    images: archive,
    digests: await digestsOf(archive),
  });
}

function stepper(): (what: string) => void {
  const started = Date.now();
  return (what) =>
    void process.stdout.write(`     ${((Date.now() - started) / 1000).toFixed(1)} s: ${what}\n`);
}

/** The last lines of each part's log, for who has to find out why. */
async function tellLogs(): Promise<void> {
  for (const name of await readdir(join(WORK, 'log')).catch(() => [])) {
    const text = await readFile(logOf(name.replace(/\.log$/, '')), 'utf8').catch(() => '');
    process.stderr.write(`--- ${name}\n${text.split('\n').slice(-12).join('\n')}\n`);
  }
}

async function takeDown({ keep }: { keep: boolean }): Promise<void> {
  if (!existsSync(WORK)) return;
  // Nobody starts a container again that was ended.
  await endPart('kubelet');
  await endContainers();
  await endAllParts();
  await endContainers();
  for (let tries = 0; tries < 20; tries += 1) {
    await unmountAll();
    const mounts = await readFile('/proc/self/mountinfo', 'utf8');
    if (!mounts.includes(` ${WORK}/`)) break;
    await sleep(200);
  }
  await removeNetwork(await ensureDebian());
  await removeCgroups();
  await removeShimSockets();
  if (keep) await rm(stateFile, { force: true });
  else await rm(WORK, { recursive: true, force: true });
}

const SHIM_SOCKETS = '/run/containerd/s';

/** Shims that were killed leave their sockets, in a folder that containerd doesn't let one choose. */
async function removeShimSockets(): Promise<void> {
  const names = await readdir(SHIM_SOCKETS).catch(() => []);
  const inUse = await readFile('/proc/net/unix', 'utf8');
  for (const name of names) if (!inUse.includes(join(SHIM_SOCKETS, name))) await rm(join(SHIM_SOCKETS, name));
}

const CGROUPS = '/sys/fs/cgroup';
const KUBEPODS = /^(?:kubepods(?:\.slice)?|k8s\.io)$/;
const cgroupsFile = (): string => join(WORK, 'cgroups.json');

/** Groups of another kubelet on this machine aren't ours to remove. */
async function kubeCgroups(): Promise<string[]> {
  const found: string[] = [];
  const places = [CGROUPS, ...(await readdir(CGROUPS)).map((name) => join(CGROUPS, name))];
  for (const place of places) {
    const names = await readdir(place).catch(() => []);
    found.push(...names.filter((name) => KUBEPODS.test(name)).map((name) => join(place, name)));
  }
  return found;
}

export async function rememberCgroups(): Promise<void> {
  await writeFile(cgroupsFile(), JSON.stringify(await kubeCgroups()));
}

async function removeCgroups(): Promise<void> {
  const text = await readFileIfThere(cgroupsFile());
  if (text === undefined) return;
  const before = JSON.parse(text) as string[];
  for (const top of await kubeCgroups()) {
    if (before.includes(top)) continue;
    const { stdout } = await run('find', [top, '-depth', '-type', 'd']);
    for (const folder of stdout.split('\n')) if (folder !== '') await rmdir(folder).catch(() => undefined);
  }
}
