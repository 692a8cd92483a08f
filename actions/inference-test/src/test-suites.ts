/** What is done with a server that is well: ask the suites, judge, and write down what came of it. */
import { createHash } from 'node:crypto';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { writeFileAtomic } from '@sluice/runtime/files';
import { formatDuration } from '@sluice/runtime/units';
import { renderJunit } from '@sluice/report/junit';
import type { ReleaseUnit } from '@sluice/release/unit';
import { detectProtocol } from '@sluice/inference/clients/detect';
import { toResultCase, type Results } from '@sluice/inference/runs/results';
import type { RunResult } from '@sluice/inference/runs/run-cases';
import { computePackMetrics } from '@sluice/inference/runs/pack-metrics';
import { makeRedactor, type Redactor } from '@sluice/report/redact';
import { computeLoadMetrics } from '@sluice/inference/load/metrics';
import type { LoadProfile } from '@sluice/inference/load/profile';
import { computeMetrics, type RunMetric } from '@sluice/inference/runs/metrics';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';
import { askCases, askHostile } from './ask-cases.ts';
import { findBaseline } from './baseline.ts';
import { renderHtml } from './html-report.ts';
import { loadFiles } from './load-files.ts';
import { renderLoad } from './load-report.ts';
import { press, writeLoadPage } from './press.ts';
import { recordStage } from './record-stage.ts';
import { caseRedactor } from './redact-case.ts';
import { renderSummary, toJunit } from './report.ts';
import type { TestServer } from './test-server.ts';
import { judgeThresholds, type Thresholds } from './thresholds.ts';
import { judgeCases, type Decision } from './verdict.ts';

interface Work {
  inputs: Inputs;
  context: ActionContext;
  server: TestServer;
  unit: ReleaseUnit;
  suites: { path: string; sha256: string; cases: number }[];
}

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

export async function testSuites(
  work: Work & {
    cases: Case[];
    rules: Thresholds | undefined;
    load: LoadProfile | undefined;
    /** The pack of hostile requests is wanted too. */
    isHostile: boolean;
  },
): Promise<ActionResult> {
  const { inputs, context, server, cases } = work;
  const { pricePerHour } = inputs;
  const startedAt = new Date();
  const baseline = await findBaseline(inputs, context);
  const protocol = await chooseProtocol(work, cases);
  const redact = makeRedactor(inputs.redact);
  const hide = caseRedactor(redact, inputs.redact.length > 0);
  const asking = { inputs, context, server, protocol, hide };
  const asked = await askCases(cases, asking);
  const load = await press({ ...work, target: server.target, baseline, protocol }, asked);
  const hostile = work.isHostile && !load.partial ? await askHostile(asking) : undefined;
  const ran = { ...asked, cases: [...asked.cases, ...(hostile?.cases ?? [])] };
  const suites = [...work.suites, ...(hostile === undefined ? [] : [hostile.suite])];
  const metrics = {
    ...computeMetrics(ran, pricePerHour),
    ...computePackMetrics(ran.cases),
    ...computeLoadMetrics(load.levels, { pricePerHour, baseline: load.baseline }),
  };
  if (server.startupMs !== null) metrics['startup_ms'] = { value: server.startupMs, unit: 'ms' };

  const results = describeResults({ ...work, suites }, ran, metrics, startedAt);
  if (load.partial) results.partial = true;
  const text = `${JSON.stringify(results, null, 2)}\n`;
  await writeFileAtomic(inputs.results, text);
  await writeFileAtomic(inputs.junit, renderJunit('inference-test', toJunit(results)));
  await writeLoadPage(inputs.results, load, metrics);
  context.log.info(`results: ${inputs.results}${load.partial ? ', of a part only' : ''}`);
  context.signal.throwIfAborted();

  const judged: Decision & { table: string } =
    work.rules === undefined
      ? { ...judgeCases(ran.cases, metrics, { told: inputs.texts !== 'none', load: load.levels }), table: '' }
      : judgeThresholds(
          work.rules,
          {
            cases: ran.cases,
            load: load.levels,
            ...(baseline === undefined
              ? {}
              : { baseline: computeLoadMetrics(load.baseline, { pricePerHour }) }),
          },
          results,
          inputs,
        );
  const { table, ...told } = await withEnd(judged, {
    server,
    context,
    redact,
    killedBy: hostile?.killedBy,
  });
  const decided = { ...told, reasons: told.reasons.map(redact) };
  const environment = describeEnvironment(work, { protocol, startedAt, wallMs: ran.wallMs });
  await writeFileAtomic(inputs.htmlReport, renderHtml(results, { decided, environment }));
  await recordStage(inputs, context, work.unit, decided, metrics, {
    suites,
    seed: inputs.seed ?? null,
    engine: server.engine,
    modelName: server.target.modelName,
    protocol,
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

/** A server that ended under the test, or answers no more, fails it, whatever its answers before were worth. */
async function withEnd(
  judged: Decision & { table: string },
  {
    server,
    context,
    redact,
    killedBy,
  }: { server: TestServer; context: ActionContext; redact: Redactor; killedBy: string | undefined },
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

/** What a reader of the report has to know to repeat it. */
function describeEnvironment(
  { inputs, server, unit, context }: Work,
  { protocol, startedAt, wallMs }: { protocol: Protocol; startedAt: Date; wallMs: number },
): [string, string][] {
  return [
    ['model', server.target.modelName],
    ['weights', unit.weights ?? 'not known: the server was there already'],
    ['engine', server.engine ?? server.image ?? server.target.origin],
    ...(inputs.engineArgs.length === 0 ? [] : [['engine arguments', inputs.engineArgs.join(' ')] as [string, string]]),
    ['protocol', protocol],
    ['at a time', String(inputs.concurrency)],
    ['repeats', String(inputs.repeats)],
    ['seed', inputs.seed === undefined ? 'none' : String(inputs.seed)],
    ['started', startedAt.toISOString()],
    ['asked for', formatDuration(Math.round(wallMs))],
    ['run', context.run.url],
  ];
} // prettier-ignore

/** The server is only asked when a case leaves the protocol open. */
async function chooseProtocol({ inputs, context, server }: Work, cases: readonly Case[]): Promise<Protocol> {
  if (inputs.protocol !== 'auto') return inputs.protocol;
  if (cases.every((test) => test.options.protocol !== undefined)) return 'openai-completions';
  const protocol = await detectProtocol(server.target, context.signal);
  context.log.info(`protocol: ${protocol}`);
  return protocol;
}

function describeResults(
  { inputs, server, suites }: Work,
  ran: RunResult,
  metrics: Record<string, RunMetric>,
  startedAt: Date,
): Results {
  return {
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    suite: suites.map((suite) => suite.path),
    createdAt: startedAt.toISOString(),
    engine: server.engine ?? server.image ?? server.target.origin,
    modelName: server.target.modelName,
    seed: inputs.seed ?? null,
    percentileMethod: 'linear',
    cases: ran.cases.map((result) => toResultCase(result, inputs.texts)),
    metrics,
  };
}

function values(metrics: Readonly<Record<string, RunMetric>>): Record<string, number | null> {
  return Object.fromEntries(Object.entries(metrics).map(([name, metric]) => [name, metric.value]));
}
