/** What a gate leaves behind: registries, record, card, report. */
import type { ActionContext } from '@sluice/runtime/action';
import type { RuleOutcome } from '@sluice/evaluation/judge';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { RuleSet } from '@sluice/evaluation/rules';
import { storeItems } from '@sluice/evaluation/stored-items';
import type { Lookup } from '@sluice/evaluation/values';
import type { Approval } from '@sluice/release/policy';
import type { Metric, ReleaseRecord } from '@sluice/release/record';
import type { StoredReleases } from '@sluice/release/stored-releases';
import type { OpenCard } from './card.ts';
import { carryOut, NO_DEEDS, publishFolders, recordedDeeds, type RegistryDeeds } from './deeds.ts';
import type { Inputs } from './inputs.gen.ts';
import type { LookedAt } from './judge-answers.ts';
import type { RegistryPlan } from './registry.ts';
import { appendGate, recordMetrics, RECORDED_METRICS, recordSetups } from './stage.ts';
import type { GateReport } from './summary.ts';

export interface ToWrite {
  inputs: Inputs;
  context: ActionContext;
  record: ReleaseRecord | undefined;
  card: OpenCard | undefined;
  report: GateReport;
  candidate: Results;
  baseline: Results | undefined;
  answers: LookedAt | undefined;
  ruled: EvalMetric[];
  lookup: Lookup;
  plan: RegistryPlan | undefined;
  approval: Approval | undefined;
  /** Of data beside the results. */
  measured: Record<string, unknown> | undefined;
  stored: StoredReleases | undefined;
  rules: RuleSet;
}

/** Record first, then what points at it. */
export async function writeGate(
  all: ToWrite,
): Promise<{ metrics: Record<string, Metric>; deeds: RegistryDeeds }> {
  const { inputs, context, record, card, report, candidate, baseline, ruled, lookup } = all;
  const { answers, plan, approval, measured } = all;
  const defined = ruled.filter((metric) => !candidate.metrics.includes(metric));
  // What rules name comes first: it is what must not be cut off.
  const measuredMetrics = [...new Set([...ruled, ...defined, ...candidate.metrics])];
  const metrics = recordMetrics(measuredMetrics, inputs.confidence);
  const { decision, outcomes, comparison } = report;
  const { thresholds } = inputs;
  const gate = { name: inputs.name, decision, metrics, thresholds, record, run: context.run };
  // Before the record is written: where a name pointed before is what a rollback reads there.
  const deeds = plan === undefined ? NO_DEEDS : await carryOut(plan, gate);
  const data = {
    thresholds,
    confidence: inputs.confidence,
    ...(inputs.clusters === undefined ? {} : { clusters: inputs.clusters }),
    onInconclusive: inputs.onInconclusive,
    onMissing: inputs.onMissing,
    files: candidate.files,
    baseline: baseline?.files ?? [],
    setups: recordSetups(measuredMetrics),
    items: storeItems(measuredMetrics.slice(0, RECORDED_METRICS)),
    ...answers?.data,
    rules: outcomes.map(recordedRule),
    comparison: comparison.slice(0, RECORDED_METRICS),
    ...(measured === undefined ? {} : { measured }),
    ...recordedDeeds(deeds),
    ...(approval === undefined ? {} : { approval }),
  };
  const after = await appendGate(
    inputs.releaseRecord,
    record,
    inputs.name,
    decision,
    metrics,
    data,
    context.run,
  );
  if (after.unit.weights === null) {
    context.log.notice(
      'the release record knows no weights, so this gate opens no door by itself (model-pull or inference-test add them)',
    );
  }
  if (card !== undefined) {
    const { cardMetrics, statusAfter, writeCard } = await import('./card.ts');
    const change = {
      metrics: cardMetrics(card.card, ruled, lookup),
      status: statusAfter(decision.verdict, approval),
      ...(approval === undefined ? {} : { approval }),
    };
    const { verdict, reasons } = decision;
    const results = {
      schemaVersion: 1,
      tool: 'sluice-eval-gate',
      name: inputs.name,
      verdict,
      reasons,
      metrics,
      ...data,
    };
    await writeCard(card, change, { record: after, recordPath: inputs.releaseRecord, results });
    if (plan !== undefined) await publishFolders(plan, gate, deeds);
  }
  if (inputs.htmlReport !== undefined) {
    const { gatherDetails, renderHtml } = await import('./html-report.ts');
    const { writeFileAtomic } = await import('@sluice/runtime/files');
    const details = await gatherDetails({ ...all, lost: answers?.lost ?? [] });
    await writeFileAtomic(inputs.htmlReport, renderHtml(report, details));
  }
  return { metrics, deeds };
}

/** JSON has no infinity: an unbounded end is left out. */
function recordedRule(outcome: RuleOutcome): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(outcome).filter(([, value]) => typeof value !== 'number' || Number.isFinite(value)),
  );
}
