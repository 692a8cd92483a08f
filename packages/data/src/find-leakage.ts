/** Looks for the rows of an evaluation set in training data: two passes over the one, one over the other. */
import { LeakageFinder, RunLength, type Leakage } from './leakage.ts';
import type { DataFile } from './read-rows.ts';
import { eachRow } from './scan.ts';

export async function findLeakage(
  evaluation: readonly DataFile[],
  training: readonly DataFile[],
  signal?: AbortSignal,
): Promise<Leakage> {
  const lengths = new RunLength();
  await eachRow(evaluation, signal, (row) => lengths.add(row));
  const finder = new LeakageFinder(lengths.choose());
  await eachRow(evaluation, signal, (row) => finder.addEvaluation(row));
  await eachRow(training, signal, (row) => finder.addTraining(row));
  return finder.finish();
}
