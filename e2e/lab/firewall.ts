/** Takes kube-proxy's chains out of the machine's firewall; `kube-proxy --cleanup` would leave some. */
import { run } from '@sluice/process/run';
import type { Debian } from './debian.ts';

const CHAIN = 'KUBE-';

/** Whether the machine has such chains, of a cluster of its own, before the lab makes any. */
export async function hasKubeChains(debian: Debian): Promise<boolean> {
  const { stdout } = await run('iptables-save', [], { env: debian.env });
  return stdout.includes(CHAIN);
}

/** Removes every chain of that name, and the rules that lead to it. */
export async function removeKubeChains(debian: Debian): Promise<void> {
  for (const family of ['iptables', 'ip6tables']) {
    const { stdout } = await run(`${family}-save`, [], { env: debian.env });
    const undo = undoing(stdout);
    if (undo !== '') await run(`${family}-restore`, ['--noflush'], { env: debian.env, input: undo });
  }
}

/** From what `iptables-save` prints to what `iptables-restore --noflush` takes back. */
function undoing(saved: string): string {
  const out: string[] = [];
  for (const table of saved.split(/^(?=\*)/m)) {
    const lines = table.split('\n');
    const chains = lines.flatMap((line) => /^:(KUBE-\S+) /.exec(line)?.[1] ?? []);
    if (chains.length === 0) continue;
    const jumps = lines.filter(
      (line) => line.startsWith('-A ') && !line.startsWith(`-A ${CHAIN}`) && line.includes(CHAIN),
    );
    out.push(
      lines.find((line) => line.startsWith('*')) ?? '',
      // Named like this a chain is emptied.
      ...chains.map((chain) => `:${chain} - [0:0]`),
      ...jumps.map((line) => line.replace(/^-A/, '-D')),
      ...chains.map((chain) => `-X ${chain}`),
      'COMMIT',
      '',
    );
  }
  return out.join('\n');
}
