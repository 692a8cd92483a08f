/** The bridge that the pods are on, and what of the machine's network goes back to as it was. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { readFileIfThere } from '@sluice/runtime/files';
import type { Debian } from './debian.ts';
import { hasKubeChains, removeKubeChains } from './firewall.ts';
import { NET, WORK } from './layout.ts';

/** Kernel settings that the lab changes; their old values are kept in the work folder. */
const SETTINGS = ['/proc/sys/net/ipv4/ip_forward', '/proc/sys/net/bridge/bridge-nf-call-iptables'];
const savedFile = (): string => join(WORK, 'settings.json');

export async function makeNetwork(debian: Debian): Promise<string> {
  const saved: Record<string, string> = {};
  for (const setting of SETTINGS) {
    const value = await readFileIfThere(setting);
    if (value !== undefined) saved[setting] = value.trim();
  }
  const keepsChains = await hasKubeChains(debian);
  await writeFile(savedFile(), JSON.stringify({ settings: saved, keepsChains }));
  for (const setting of Object.keys(saved)) await writeFile(setting, '1');
  // Nothing of a lab runs at this point: what is there was left by one.
  await run('ip', ['link', 'delete', NET.bridge]).catch(() => undefined);
  await run('ip', ['link', 'add', NET.bridge, 'type', 'bridge']);
  await run('ip', ['address', 'add', NET.nodeWithMask, 'dev', NET.bridge]);
  await run('ip', ['link', 'set', NET.bridge, 'up']);
  const folder = join(WORK, 'cni');
  await mkdir(folder);
  const bridge = {
    type: 'bridge',
    bridge: NET.bridge,
    isGateway: true,
    ipMasq: false,
    hairpinMode: true,
    ipam: {
      type: 'host-local',
      dataDir: join(WORK, 'addresses'),
      ranges: [[{ subnet: NET.pods, gateway: NET.node }]],
      routes: [{ dst: '0.0.0.0/0' }],
    },
  };
  const list = { cniVersion: '0.4.0', name: 'sluice-lab', plugins: [bridge] };
  await writeFile(join(folder, '10-lab.conflist'), JSON.stringify(list));
  return folder;
}

/** Whatever of it is there; done twice it is done once. */
export async function removeNetwork(debian: Debian): Promise<void> {
  await run('ip', ['link', 'delete', NET.bridge]).catch(() => undefined);
  const text = await readFileIfThere(savedFile());
  if (text === undefined) return;
  const { settings, keepsChains } = JSON.parse(text) as {
    settings: Record<string, string>;
    keepsChains: boolean;
  };
  if (!keepsChains) await removeKubeChains(debian);
  for (const [setting, value] of Object.entries(settings)) await writeFile(setting, value);
}

/** Mounts beneath the work folder, innermost first. */
export async function unmountAll(): Promise<void> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const points = text
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${WORK}/`));
  for (const point of points.reverse()) await run('umount', ['--lazy', point]).catch(() => undefined);
}
