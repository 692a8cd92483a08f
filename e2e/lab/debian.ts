/** Debian's etcd, containerd, runc, CNI plugins, iptables and Prometheus: unpacked into the cache, never installed, so that no service of theirs starts and nothing of the machine changes. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { once } from '../act/tools.ts';
import { CACHE } from './layout.ts';

const PACKAGES = [
  'etcd-server',
  'containerd',
  'runc',
  'containernetworking-plugins',
  'iptables',
  'prometheus',
];
/** What iptables and runc are linked with; a small machine lacks some of them. */
const LIBRARIES = [
  'libip4tc2',
  'libip6tc2',
  'libxtables12',
  'libmnl0',
  'libnetfilter-conntrack3',
  'libnfnetlink0',
  'libnftnl11',
  'libseccomp2',
];
const DOWNLOAD_MS = 10 * 60_000;

export interface Debian {
  /** PATH, libraries and extensions for all of its programs. */
  env: NodeJS.ProcessEnv;
  cniPlugins: string;
}

export async function ensureDebian(): Promise<Debian> {
  const all = [...PACKAGES, ...LIBRARIES];
  const key = createHash('sha256').update(all.join(' ')).digest('hex').slice(0, 12);
  const root = await once(join(CACHE, `debian-${key}`), async (into) => {
    const cwd = join(into, 'packages');
    await mkdir(cwd);
    const download = () => run('apt-get', ['download', ...all], { cwd, timeoutMs: DOWNLOAD_MS });
    await download().catch(async () => {
      await run('apt-get', ['update', '-qq'], { timeoutMs: DOWNLOAD_MS });
      await download();
    });
    await run('sh', ['-c', 'for file in *.deb; do dpkg -x "$file" ..; done'], { cwd });
    await rm(cwd, { recursive: true });
    // These names are made by update-alternatives at an installation.
    await mkdir(join(into, 'names'));
    for (const family of ['iptables', 'ip6tables']) {
      for (const tool of ['', '-save', '-restore']) {
        await symlink('../usr/sbin/xtables-nft-multi', join(into, 'names', `${family}${tool}`));
      }
    }
  });
  const architecture = readdirSync(join(root, 'usr/lib')).find((name) => name.endsWith('-linux-gnu')) ?? '';
  const libraries = ['usr/lib', 'lib'].map((folder) => join(root, folder, architecture));
  const bin = ['names', 'usr/sbin', 'usr/bin'].map((folder) => join(root, folder));
  return {
    env: {
      ...process.env,
      PATH: [...bin, process.env['PATH'] ?? ''].join(':'),
      LD_LIBRARY_PATH: libraries.join(':'),
      XTABLES_LIBDIR: join(libraries[0] ?? root, 'xtables'),
    },
    cniPlugins: join(root, 'usr/lib/cni'),
  };
}
