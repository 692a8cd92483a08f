/**
 * Tests on a real cluster. `node e2e/lab/run.ts [--keep] [--all] [group …]` runs the groups of tests/ by file name (all without one;
 * those of tests/long only by name or with `--all`), prints a line per check, then `N passed, N failed`; exit 1 when one failed. Starts the lab where none is up, and ends it
 * again unless `--keep`. With SLUICE_LAB=external the cluster is the one that KUBECONFIG names.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Checks } from '../oracles/sources/checks.ts';
import { runGroups } from '../oracles/sources/groups.ts';
import { down, readState, up } from './cluster.ts';
import { openLab, type Lab } from './lab.ts';

const TESTS = join(import.meta.dirname, 'tests');
const { values, positionals } = parseArgs({
  options: { keep: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const groupsIn = async (folder: string): Promise<Map<string, string>> => {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.ts'));
  return new Map(files.map((file) => [file.replace(/\.ts$/, ''), join(folder, file)]));
};
const usual = await groupsIn(TESTS);
const known = new Map([...usual, ...(await groupsIn(join(TESTS, 'long')))]);
const unknown = positionals.filter((name) => !known.has(name));
if (unknown.length > 0) {
  throw new Error(`there is no group ${unknown.join(', ')}; there are ${[...known.keys()].join(', ')}`);
}
const chosen = positionals.length > 0 ? positionals : [...(values.all ? known : usual).keys()];

interface Group {
  check(lab: Lab, checks: Checks, folder: string): Promise<void>;
}

const isOurs = process.env['SLUICE_LAB'] !== 'external';
const endsIt = isOurs && !values.keep && (await readState()) === undefined;
const end = async (): Promise<void> => {
  if (endsIt) await down({ keep: false });
};
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void end().then(() => process.exit(1)));
try {
  await runGroups('lab', async ({ all, group }) => {
    const lab = await group('start', async () => {
      if (isOurs) await up({ gpus: 2, keep: values.keep });
      return openLab();
    });
    if (lab === undefined) return;
    for (const name of chosen) {
      const started = Date.now();
      await group(name, async (folder) => {
        const checks = new Checks(name);
        all.push(checks);
        const tests = (await import(known.get(name) ?? '')) as Group;
        await tests.check(lab, checks, folder);
      });
      process.stdout.write(`     group ${name}: ${Math.round((Date.now() - started) / 1_000)} s\n`);
    }
  });
} finally {
  await end();
}
