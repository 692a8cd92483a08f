/** Energy of the processor packages by Linux' powercap (Intel and AMD RAPL); mostly readable by root alone. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/class/powercap';

export interface Energy {
  /** Joules up to a later reading; null when a package isn't in both. */
  since(later: Energy): number | null;
  /** By package: microjoules, and where the counter begins anew. */
  packages: Map<string, { microjoules: number; range: number }>;
}

/** Undefined where there is no counter that may be read. */
export async function readRapl(root = ROOT): Promise<Energy | undefined> {
  const packages: Energy['packages'] = new Map();
  for (const name of await readdir(root).catch(() => [])) {
    // `intel-rapl:0` is a package; `intel-rapl:0:1` is a part of it.
    if (!/^intel-rapl:\d+$/.test(name)) continue;
    const read = async (file: string): Promise<number> =>
      Number(await readFile(join(root, name, file), 'utf8').catch(() => 'none'));
    const [microjoules, range] = [await read('energy_uj'), await read('max_energy_range_uj')];
    if (Number.isFinite(microjoules) && Number.isFinite(range)) packages.set(name, { microjoules, range });
  }
  if (packages.size === 0) return undefined;
  return { packages, since: (later) => joulesBetween(packages, later.packages) };
}

function joulesBetween(before: Energy['packages'], after: Energy['packages']): number | null {
  let microjoules = 0;
  for (const [name, { microjoules: from, range }] of before) {
    const to = after.get(name)?.microjoules;
    if (to === undefined) return null;
    microjoules += to >= from ? to - from : to + range - from;
  }
  return microjoules / 1e6;
}
