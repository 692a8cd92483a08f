/**
 * packages/statistics beside scipy and statsmodels: the reference values are made anew, have to be those that the tests use,
 * and ours have to agree with them. `node e2e/oracles/statistics/run.ts [--write]` prints `N passed, N failed`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { findDifferences, type Entry } from '../../../packages/statistics/test/differences.ts';
import { prepareVenv } from '../hub/venv.ts';

const COMMITTED = join(import.meta.dirname, '../../../packages/statistics/test/fixtures/reference.json');

/** Whether two references are one, but for the last bits that another processor's arithmetic may turn. */
function isSame(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') {
    return Math.abs(one - other) <= 1e-9 * Math.max(1e-3, Math.abs(one));
  }
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return one === other;
  const [mine, theirs] = [Object.entries(one), new Map(Object.entries(other))];
  return mine.length === theirs.size && mine.every(([key, value]) => isSame(value, theirs.get(key)));
}

let passed = 0;
let failed = 0;
const tell = (ok: boolean, line: string): void => {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${line}\n`);
};
try {
  const python = await prepareVenv(join(import.meta.dirname, 'requirements.txt'));
  const script = join(import.meta.dirname, 'reference.py');
  const { stdout } = await run(python, [script], { timeoutMs: 300_000 });
  if (process.argv.includes('--write')) await writeFile(COMMITTED, stdout);
  const entries = JSON.parse(stdout) as Entry[];
  const committed = JSON.parse(await readFile(COMMITTED, 'utf8')) as Entry[];
  tell(isSame(entries, committed), `${entries.length} reference values are those of the tests`);
  for (const [name, group] of Map.groupBy(entries, (entry) => entry.name)) {
    const wrong = group.flatMap(findDifferences);
    tell(
      wrong.length === 0,
      [`${name}: ${group.length} like scipy and statsmodels`, ...wrong].join('\n       '),
    );
  }
} catch (error) {
  tell(false, `the oracle ran: ${describeError(error)}`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
