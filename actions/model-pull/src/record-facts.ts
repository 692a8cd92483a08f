/** What the release record is told of a pull. */
import type { Lineage } from '@sluice/release/lineage';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ActionContext } from '@sluice/runtime/action';
import { readModelParts } from '@sluice/weights/model-parts';
import { describeAdapter, describeOrigin } from './describe-pull.ts';
import type { Inputs } from './inputs.gen.ts';
import type { FitFacts } from './preflight.ts';
import type { Adapter } from './pull-adapter.ts';
import type { Inspected, Pulled } from './pulled.ts';
import { cacheHit, megabytesPerSecond, totalBytes } from './pulled.ts';
import { recordPull } from './record-pull.ts';
import type { Wanted } from './wanted.ts';

/** All that the pull found out. */
export interface PullFacts {
  inputs: Inputs;
  context: ActionContext;
  wanted: Wanted;
  pulled: Pulled;
  digest: string;
  changed: boolean;
  inspected: Inspected;
  before: ReleaseRecord | undefined;
  reasons: string[];
  passed: boolean;
  started: number;
  fit: FitFacts;
  adapter: Adapter | undefined;
  lineage: Lineage;
}

/** The facts as a stage, appended. */
export async function recordFacts(seen: PullFacts): Promise<ReleaseRecord> {
  const { inputs, context, wanted, pulled, digest } = seen;
  const { safety, signature } = seen.inspected;
  const speed = megabytesPerSecond(pulled.downloadedBytes, pulled.fetchMs);
  return recordPull(
    {
      path: inputs.releaseRecord,
      before: seen.before,
      run: context.run,
      model: {
        source: wanted.name,
        revision: pulled.revision,
        digest,
        files: pulled.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
        ...(Object.keys(seen.lineage).length > 0 && { lineage: seen.lineage }),
      },
      parts: seen.passed
        ? {
            ...(await readModelParts(
              pulled.folder,
              pulled.files.map(({ path }) => path),
            )),
            ...(seen.adapter && { adapter: seen.adapter.digest }),
          }
        : {},
      verdict: seen.passed ? 'pass' : 'fail',
      reasons: seen.reasons,
      metrics: {
        bytes: { value: totalBytes(pulled.files), unit: 'B' },
        files: { value: pulled.files.length },
        downloaded_bytes: { value: pulled.downloadedBytes, unit: 'B' },
        seconds: { value: (performance.now() - seen.started) / 1000, unit: 's' },
        'fetch.mb_per_s': { value: speed, unit: 'MB/s' },
      },
      data: {
        source: wanted.name,
        origin: describeOrigin(wanted),
        asked: wanted.revision,
        reference: wanted.reference?.path ?? null,
        revision: pulled.revision,
        digest,
        include: inputs.include,
        exclude: inputs.exclude,
        cacheHit: cacheHit(pulled.files),
        repaired: pulled.repaired,
        fit: seen.fit.answer?.text ?? null,
        adapter: seen.adapter ? describeAdapter(seen.adapter) : null,
        safety: {
          mode: inputs.safety,
          state: safety.state,
          problems: safety.problems,
          notices: safety.notices,
          hub: safety.hub,
        },
        signature: signature ?? null,
      },
    },
    context.log,
  );
}
