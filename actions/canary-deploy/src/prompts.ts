/** The prompts of what is about to be served: no server holds them, so they are named, or known from the record. */
import type { ReleaseRecord } from '@sluice/release/record';
import { releaseDigest, type ReleaseUnit } from '@sluice/release/unit';
import type { TargetStatus } from '@sluice/rollout/target';
import type { ActionContext } from '@sluice/runtime/action';
import type { Inputs } from './inputs.gen.ts';

/**
 * The part `prompts` of a unit whose other parts are known: input `prompts`, hashed anew; without it what the record of
 * these weights says, or that of a release which the target has served with all the other parts.
 */
export async function describePrompts(
  { prompts }: Pick<Inputs, 'prompts'>,
  { env }: Pick<ActionContext, 'env'>,
  known: {
    unit: ReleaseUnit;
    record: ReleaseRecord | undefined;
    status: Pick<TargetStatus, 'history'> | undefined;
  },
): Promise<string | null> {
  if (prompts.length > 0) {
    const { findPromptFiles, promptsDigest } = await import('@sluice/release/prompts');
    const root = env['GITHUB_WORKSPACE'] ?? process.cwd();
    return promptsDigest(await findPromptFiles(prompts, root), root);
  }
  const { unit, record, status } = known;
  if (record !== undefined) return record.unit.weights === unit.weights ? record.unit.prompts : null;
  const served = status?.history.findLast(
    (entry) =>
      entry.record !== null &&
      entry.releaseDigest === releaseDigest({ ...unit, prompts: entry.record.unit.prompts }),
  );
  return served?.record?.unit.prompts ?? null;
}
