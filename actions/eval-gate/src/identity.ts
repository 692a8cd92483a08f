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

/**
 * Faults where the baseline is what is judged: the same file, or the same run of a tool whose files never come out
 * alike twice. Any comparison with it would hold.
 */
export function sameFiles(candidate: readonly ResultFile[], baseline: readonly ResultFile[]): string[] {
  return baseline.flatMap(({ path, sha256, format }) => {
    const twin = candidate.find(
      (file) => file.path === path || (file.sha256 === sha256 && format !== 'flat' && format !== 'junit'),
    );
    if (twin === undefined) return [];
    const how = twin.path === path ? 'is also in `results`' : `is a copy of ${twin.path} in \`results\``;
    return [`input \`baseline\`: ${path} ${how}; name the results of the version to compare with`];
  });
}

/** Files of inference-test that another run of the workflow wrote: right after a `workflow_run`, stale otherwise. */
export function olderRuns(
  files: readonly ResultFile[],
  record: ReleaseRecord | undefined,
  runId: string,
): string[] {
  return files.flatMap(({ path, sha256 }) => {
    const stage = record?.stages.find(({ data }) => data['results'] === sha256);
    if (stage === undefined || stage.run.id === runId || stage.run.id === '' || runId === '') return [];
    return [`${path} was written by run ${stage.run.id} at ${stage.at}, not by this one (${runId})`];
  });
}

/** What the record says is gated, for people: source, weights, engine. Empty without a record. */
export function describeRelease(record: ReleaseRecord | undefined): string[] {
  if (record === undefined) return [];
  const { model, unit } = record;
  return [
    ...(model === null ? [] : [`${model.source} at ${model.revision}`]),
    ...(unit.weights === null ? [] : [`weights ${unit.weights}`]),
    ...(unit.engine === null ? [] : [unit.engine]),
  ];
}

/** Faults where `results` names what a gate wrote: it would be its own evidence, however long ago that was. */
export function gateOutputs(files: readonly ResultFile[]): string[] {
  return files
    .filter(({ format }) => format === 'sluice-eval-gate' || format === 'release-record')
    .map(
      ({ path }) =>
        `input \`results\`: ${path} was written by an earlier gate; name the results of the evaluation itself (a gate's file may be the \`baseline\`)`,
    );
}
