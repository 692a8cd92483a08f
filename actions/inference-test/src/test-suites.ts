/** What is done with a server that is well: ask the suites, judge, and write down what came of it. */
import { createHash } from 'node:crypto';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { formatDuration } from '@sluice/runtime/units';
import { computeLoadMetrics } from '@sluice/inference/load/metrics';
import type { Results } from '@sluice/inference/runs/results';
import type { RunMetric } from '@sluice/inference/runs/metrics';
import { loadFiles } from './load-files.ts';
import { renderLoad } from './load-report.ts';
import { measure, type Measured, type SuiteWork, type Work } from './measure.ts';
import { recordStage } from './record-stage.ts';
import { renderSummary } from './report.ts';
import type { TestServer } from './test-server.ts';
import { judgeThresholds, type Thresholds } from './thresholds.ts';
import { judgeCases, type Decision } from './verdict.ts';
import { leavePart, writeHtml, writeResults } from './write-results.ts';

/** `suite: none`: it started and is well, and that was the question. */
export async function testStart({ inputs, context, server, unit }: Work): Promise<ActionResult> {
  const { startupMs } = server;
  const said =
    startupMs === null ? 'the server is well' : `the server started in ${formatDuration(startupMs)}`;
  const metrics: Record<string, RunMetric> =
    startupMs === null ? {} : { startup_ms: { value: startupMs, unit: 'ms' } };
  const decision = { verdict: 'pass' as const, reasons: [said] };
  await recordStage(inputs, context, unit, decision, metrics, { suites: [], engine: server.engine });
  return { ...decision, outputs: { metrics: JSON.stringify(values(metrics)) } };
}

export async function testSuites(work: SuiteWork & { rules: Thresholds | undefined }): Promise<ActionResult> {
  const { inputs, context, server } = work;
  const measured = await measure(work);
  const { metrics, ran, load, redact } = measured;
  const { results, text } = await writeResults(work, measured);
  if (context.signal.aborted) await leavePart(work, measured, results);
  context.signal.throwIfAborted();

  const judged = judge(work, measured, results);
  const { table, ...told } = await withEnd(judged, measured, { server, context });
  const decided = { ...told, reasons: told.reasons.map(redact) };
  await writeHtml(work, measured, results, decided);
  await recordStage(inputs, context, work.unit, decided, metrics, {
    suites: measured.suites,
    seed: inputs.seed ?? null,
    engine: server.engine,
    modelName: server.target.modelName,
    protocol: measured.protocol,
    concurrency: inputs.concurrency,
    repeats: inputs.repeats,
    warmup: inputs.warmup,
    load: inputs.load,
    wallMs: Math.round(ran.wallMs),
    results: createHash('sha256').update(text).digest('hex'),
  });
  const number = (name: string): string => String(metrics[name]?.value ?? 0);
  return {
    ...decided,
    outputs: {
      passed: number('tests.passed'),
      failed: number('tests.failed'),
      errors: number('tests.errors'),
      results: inputs.results,
      junit: inputs.junit,
      metrics: JSON.stringify(values(metrics)),
    },
    summary: renderSummary(results, {
      rules: table,
      load: renderLoad(load, metrics, loadFiles(inputs.results).samples),
      advice: decided.advice,
    }),
    report: inputs.htmlReport,
  };
}

function judge(
  { inputs, rules }: { inputs: Work['inputs']; rules: Thresholds | undefined },
  { ran, load, baseline, metrics }: Measured,
  results: Results,
): Decision & { table: string } {
  const { cases } = ran;
  if (rules === undefined)
    return { ...judgeCases(cases, metrics, { told: inputs.texts !== 'none', load: load.levels }), table: '' };
  const { pricePerHour } = inputs;
  const compared =
    baseline === undefined ? {} : { baseline: computeLoadMetrics(load.baseline, { pricePerHour }) };
  return judgeThresholds(rules, { cases, load: load.levels, ...compared }, results, inputs);
}

/** A server that ended under the test, or answers no more, fails it, whatever its answers before were worth. */
async function withEnd(
  judged: Decision & { table: string },
  { killedBy, redact }: Measured,
  { server, context }: { server: TestServer; context: ActionContext },
): Promise<Decision & { table: string }> {
  const crash = await server.ended();
  if (crash === undefined && killedBy === undefined) return judged;
  if (crash !== undefined) context.log.untrusted(redact(await server.logTail()));
  const reasons = [
    ...(killedBy === undefined
      ? []
      : [`after the hostile request '${killedBy}' the server answered no good question any more`]),
    ...(crash === undefined ? [] : [`the server ended during the test (${crash})`]),
    ...judged.reasons,
  ];
  return { verdict: 'fail', reasons, table: judged.table };
}

function values(metrics: Readonly<Record<string, RunMetric>>): Record<string, number | null> {
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.value]));
}
