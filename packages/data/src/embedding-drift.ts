/** How far apart two samples of vectors are, as values of drift. Pure. */
import { meanCosineDistance, meanDiscrepancy, PERMUTATIONS } from '@sluice/statistics/vector-drift';
import type { ColumnDrift, DriftValue } from './drift.ts';
import type { ColumnProfile } from './profile.ts';

/** @param of what the vectors are, for the report */
export function embeddingDrift(
  reference: readonly Float64Array[],
  current: readonly Float64Array[],
  of: string,
): DriftValue[] {
  const measured = meanDiscrepancy(reference, current);
  const how = `unbiased MMD² (Gretton 2012), Gaussian kernel of the median distance, ${of}`;
  const value = (suffix: string, found: number | undefined, method: string, missing: string): DriftValue => ({
    ...{ suffix, value: found ?? null, isP: suffix.endsWith('_p'), method },
    ...(found === undefined ? { missing } : {}),
  });
  const few = 'a side has fewer than two vectors';
  return [
    value('embedding.mmd', measured?.statistic, how, few),
    value(
      'embedding.mmd_p',
      measured?.p,
      `${how}; ${PERMUTATIONS} random divisions, so not below ${1 / (PERMUTATIONS + 1)}`,
      few,
    ),
    value(
      'embedding.cosine',
      meanCosineDistance(reference, current),
      `cosine distance of the mean vectors, ${of}`,
      'a side has no vector, or its mean is 0',
    ),
  ];
}

/** Vectors of another length, or none, are another model's: nothing can be said then, nor that nothing drifted. */
export function vectorDrift(
  { vectors }: ColumnProfile,
  current: ColumnProfile,
): Pick<ColumnDrift, 'values' | 'bins'> {
  const isAlike = current.kind === 'vector' && current.vectors.length === vectors.length;
  if (isAlike)
    return {
      values: embeddingDrift(vectors.items, current.vectors.items, vectors.how(current.vectors)),
      bins: [],
    };
  const missing = `the reference holds vectors of ${vectors.length} numbers, the current data ${current.kind === 'vector' ? `of ${current.vectors.length}` : 'do not'}`;
  return {
    values: ['psi', 'embedding.mmd', 'embedding.mmd_p', 'embedding.cosine'].map((suffix) => ({
      ...{ suffix, value: null, missing, method: '' },
      isP: suffix.endsWith('_p'),
    })),
    bins: [],
  };
}
