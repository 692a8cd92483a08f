/** The results that are judged, and those they are compared with. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ActionContext } from '@sluice/runtime/action';
import type { Results } from '@sluice/evaluation/model';
import type { MetricsMap } from '@sluice/evaluation/readers/metrics-map';
import { readResults } from '@sluice/evaluation/readers/read-results';
import type { ReleaseRecord } from '@sluice/release/record';
import { findResults, readMap } from './find-results.ts';
import { foreignResults, gateOutputs, sameFiles } from './identity.ts';
import type { Inputs } from './inputs.gen.ts';

/** @throws ConfigError for files that belong to another release, and for a baseline that is the candidate itself */
export async function readAll(
  inputs: Inputs,
  record: ReleaseRecord | undefined,
  workspace: string,
  context: ActionContext,
): Promise<{ candidate: Results; baseline: Results | undefined }> {
  const map = await readMap(inputs.metricsMap);
  const candidate =
    inputs.results.length === 0
      ? { files: [], metrics: [], notes: [] }
      : await readResults(
          await findResults(inputs.results, workspace, 'results', context),
          'input `results`',
          map,
        );
  const foreign = [...gateOutputs(candidate.files), ...foreignResults(candidate.files, record)];
  if (foreign.length > 0) throw new ConfigError(foreign);
  if (inputs.baseline === 'none' || inputs.baseline === 'release') return { candidate, baseline: undefined };
  const baseline = await readBaseline(inputs.baseline, workspace, context, map);
  const same = sameFiles(candidate.files, baseline.files);
  if (same.length > 0) throw new ConfigError(same);
  return { candidate, baseline };
}

async function readBaseline(
  source: string,
  workspace: string,
  context: ActionContext,
  map: MetricsMap | undefined,
): Promise<Results> {
  if (!source.startsWith('git:')) {
    return readResults(await findResults([source], workspace, 'baseline', context), 'input `baseline`', map);
  }
  const { gitFiles } = await import('./git-files.ts');
  const { files, drop } = await gitFiles(source, workspace, 'baseline');
  try {
    return await readResults(files, 'input `baseline`', map);
  } finally {
    await drop();
  }
}
