/** Are these the results of the release on record? Pure. */
import type { ResultFile } from '@sluice/evaluation/model';
import type { ReleaseRecord } from '@sluice/release/record';

/**
 * Faults where a results file of inference-test isn't one that a stage of this record wrote, or that stage saw other
 * weights. A record without inference-test stages claims nothing, nor do files of other tools.
 */
export function foreignResults(files: readonly ResultFile[], record: ReleaseRecord | undefined): string[] {
  const tests =
    record?.stages.filter(
      ({ action, data }) => action === 'inference-test' && typeof data['results'] === 'string',
    ) ?? [];
  if (record === undefined || tests.length === 0) return [];
  return files
    .filter(({ format }) => format === 'sluice-inference-test')
    .flatMap(({ path, sha256 }) => {
      const stage = tests.find(({ data }) => data['results'] === sha256);
      if (stage === undefined) {
        return [
          `input \`results\`: ${path} was not written by an inference-test of this release record; it may have tested other weights. Use the results of this run, or another \`release-record\``,
        ];
      }
      const { weights } = stage.unit;
      return weights !== null && record.unit.weights !== null && weights !== record.unit.weights
        ? [
            `input \`results\`: ${path} tested the weights ${weights}, the release record is of ${record.unit.weights}`,
          ]
        : [];
    });
}
