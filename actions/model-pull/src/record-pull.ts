/** The pull as a stage of the release record. */
import { rename } from 'node:fs/promises';
import type { Stage, ReleaseRecord } from '@sluice/release/record';
import { appendStage } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import type { ReleaseUnit } from '@sluice/release/unit';
import type { ActionContext } from '@sluice/runtime/action';
import type { Logger } from '@sluice/runtime/logger';

export interface PullStage {
  path: string;
  before: ReleaseRecord | undefined;
  run: ActionContext['run'];
  model: NonNullable<ReleaseRecord['model']>;
  /** tokenizer, chatTemplate, config. */
  parts: Partial<ReleaseUnit>;
  verdict: 'pass' | 'fail';
  reasons: string[];
  metrics: Stage['metrics'];
  data: Record<string, unknown>;
}

/** Whether a record may be set aside for a new release: it holds nothing but earlier pulls. */
export function holdsOnlyPulls(record: ReleaseRecord): boolean {
  return record.stages.every((stage) => stage.action === 'model-pull');
}

/**
 * Appends the stage. A refused model is told of, but its digests stay out of the unit: they were never released.
 * Other weights than the record's begin a new record, unless tests or gates are in it: then GateError.
 */
export async function recordPull(stage: PullStage, log: Logger): Promise<ReleaseRecord> {
  const { path, before, verdict, model } = stage;
  const passed = verdict === 'pass';
  const unit = passed ? { ...emptyUnit(), ...stage.parts, weights: model.digest } : emptyUnit();
  if (passed && before && differs(before.unit, unit) && holdsOnlyPulls(before)) {
    const kept = path.replace(/(\.json)?$/, `.${before.id}.json`);
    await rename(path, kept);
    log.notice(
      `the release record was of other weights (${before.unit.weights ?? 'none'}); it is kept as ${kept}`,
    );
  }
  return appendStage(
    path,
    {
      action: 'model-pull',
      name: 'model-pull',
      at: new Date().toISOString(),
      run: { url: stage.run.url, id: stage.run.id, attempt: stage.run.attempt, sha: stage.run.sha },
      unit,
      verdict,
      outcome: passed ? 'success' : 'gate-failed',
      reasons: stage.reasons,
      metrics: stage.metrics,
      data: stage.data,
    },
    passed ? { model } : {},
  );
}

/** A part that neither says is no difference; the adapter is a pull's own word, so that none is one too. */
function differs(known: ReleaseUnit, seen: ReleaseUnit): boolean {
  if (known.weights !== null && known.adapter !== seen.adapter) return true;
  return (Object.keys(seen) as (keyof ReleaseUnit)[]).some(
    (part) => known[part] !== null && seen[part] !== null && known[part] !== seen[part],
  );
}
