/** The stage that this action appends to the release record. */
import { existsSync } from 'node:fs';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError, GateError, type Outcome } from '@sluice/runtime/errors';
import { appendStage, readRecord, type Metric } from '@sluice/release/record';
import { findPromptFiles, promptsDigest } from '@sluice/release/prompts';
import { adapterDigest } from '@sluice/release/weights';
import { emptyUnit, engineArgsDigest, mergeUnit, type ReleaseUnit } from '@sluice/release/unit';
import { readServedModel } from '@sluice/weights/model-parts';
import { releaseArgs } from '@sluice/inference/engines/settings';
import type { RunMetric } from '@sluice/inference/runs/metrics';
import type { Inputs } from './inputs.gen.ts';
import type { Decision } from './verdict.ts';

/**
 * What is under test, part by part; GateError when the record knows another release. Of an endpoint only the prompts are
 * known: a path beside it would only be somebody's word for what it serves.
 */
export async function describeUnit(
  inputs: Inputs,
  asked: { root: string; prompts: readonly string[] },
): Promise<ReleaseUnit> {
  const unit = emptyUnit();
  const { engine, image, engineArgs } = inputs;
  const record = await readRecord(inputs.releaseRecord);
  unit.prompts = await describePrompts(inputs, asked, record?.unit.prompts ?? null);
  if (engine === undefined && image === undefined) return unit;
  unit.engineArgs = engineArgsDigest(
    engine === undefined ? engineArgs : releaseArgs(engine, inputs, engineArgs),
  );
  if (inputs.adapterPath !== undefined) unit.adapter = await adapterDigest(inputs.adapterPath);
  if (inputs.modelPath !== undefined && !existsSync(inputs.modelPath)) {
    throw new ConfigError(
      `input \`model-path\` = "${inputs.modelPath}" is not there; pull the model first, or correct the path`,
    );
  }
  if (inputs.modelPath !== undefined) Object.assign(unit, await readServedModel(inputs.modelPath, record));
  if (record !== undefined) mergeUnit(record.unit, unit);
  return unit;
}

/** Input `prompts`, or else the versions of prompts that the suites ask with. */
async function describePrompts(
  { prompts }: Inputs,
  asked: { root: string; prompts: readonly string[] },
  known: string | null,
): Promise<string | null> {
  if (prompts.length > 0) return promptsDigest(await findPromptFiles(prompts, asked.root), asked.root);
  const digest = await promptsDigest(asked.prompts, asked.root);
  if (digest !== null && known !== null && digest !== known)
    throw new GateError(
      `this is another release: the suites ask with other prompt files than the record's earlier stages did; ` +
        'start a new release record, or name all prompt files of the release by input `prompts` in each step',
    );
  return digest;
}

export async function recordStage(
  inputs: Inputs,
  context: ActionContext,
  unit: ReleaseUnit,
  decision: Decision & { outcome?: Outcome },
  metrics: Readonly<Record<string, RunMetric>>,
  data: Record<string, unknown>,
): Promise<void> {
  const { url, id, attempt, sha } = context.run;
  await appendStage(inputs.releaseRecord, {
    action: 'inference-test',
    name: 'inference-test',
    at: new Date().toISOString(),
    run: { url, id, attempt, sha },
    unit,
    verdict: decision.verdict,
    outcome: decision.outcome ?? (decision.verdict === 'pass' ? 'success' : 'gate-failed'),
    reasons: decision.reasons,
    metrics: Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, toRecord(metric)])),
    data,
  });
}

function toRecord({ value, unit, n, low, high }: RunMetric): Metric {
  return {
    value,
    ...(unit === undefined ? {} : { unit }),
    ...(n === undefined ? {} : { n }),
    ...(low === undefined ? {} : { low }),
    ...(high === undefined ? {} : { high }),
  };
}
