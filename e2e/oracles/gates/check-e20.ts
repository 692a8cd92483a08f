/** The gate inside of a Kubeflow pipeline that kfp itself runs: a green one goes on, a red one ends it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProcessError, run } from '@sluice/process/run';
import { parseRecord } from '@sluice/release/record';
import { Checks } from '../sources/checks.ts';

const CLI = join(import.meta.dirname, '../../../bin/sluice.mjs');
const PIPELINE = join(import.meta.dirname, 'pipeline.py');

export async function checkE20(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('E20 kfp');
  const pipeline = async (accuracy: number): Promise<{ failed: boolean; said: string; verdict: string }> => {
    const root = join(folder, String(accuracy));
    const outcome = await run(python, [PIPELINE, process.execPath, CLI, String(accuracy), root], {
      timeoutMs: 180_000,
      cwd: folder,
    }).then(
      ({ stdout, stderr }) => ({ failed: false, said: `${stdout}${stderr}` }),
      (error: unknown) => {
        if (error instanceof ProcessError) return { failed: true, said: `${error.message}${error.stderr}` };
        throw error;
      },
    );
    const record = parseRecord(await readFile(join(root, 'release.json'), 'utf8'), 'release.json');
    return { ...outcome, verdict: record.stages.at(-1)?.verdict ?? '' };
  };
  const good = await pipeline(0.95);
  checks.equal('0.95: the pipeline goes through', [good.failed, good.verdict], [false, 'pass']);
  checks.tell('… and hands on what the gate says', good.said.includes('passed'), good.said.slice(-600));
  const bad = await pipeline(0.85);
  checks.equal('0.85: the pipeline is red, not skipped', [bad.failed, bad.verdict], [true, 'fail']);
  return checks;
}
