/** What is done with a server that is well: ask the suites, judge, and write down what came of it. */
import { createHash } from 'node:crypto';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { writeFileAtomic } from '@sluice/runtime/files';
import { formatDuration } from '@sluice/runtime/units';
import { renderJunit } from '@sluice/report/junit';
import type { ReleaseUnit } from '@sluice/release/unit';
import { detectProtocol } from '@sluice/inference/clients/detect';
import { toResultCase, type Results } from '@sluice/inference/runs/results';
import { runCases, type CaseResult, type RunResult } from '@sluice/inference/runs/run-cases';
import { computeLoadMetrics } from '@sluice/inference/load/metrics';
import type { LoadProfile } from '@sluice/inference/load/profile';
import { computeMetrics, type RunMetric } from '@sluice/inference/runs/metrics';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';
import { findBaseline } from './baseline.ts';
import { prepareAides } from './judge.ts';
import { loadFiles } from './load-files.ts';
import { renderLoad } from './load-report.ts';
import { press, writeLoadPage } from './press.ts';
import { recordStage } from './record-stage.ts';
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
  work: Work & { cases: Case[]; rules: Thresholds | undefined; load: LoadProfile | undefined },
): Promise<ActionResult> {
  const { inputs, context, server, cases } = work;
  const { pricePerHour } = inputs;
  const baseline = await findBaseline(inputs, context);
  const protocol = await chooseProtocol(work, cases);
  const ran = await ask(work, cases, protocol);
  const load = await press({ ...work, target: server.target, baseline, protocol }, ran);
  const metrics = {
    ...computeMetrics(ran, pricePerHour),
    ...computeLoadMetrics(load.levels, { pricePerHour, baseline: load.baseline }),
  };
  if (server.startupMs !== null) metrics['startup_ms'] = { value: server.startupMs, unit: 'ms' };

  const results = describeResults(work, ran, metrics);
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
  const { table, ...decided } = await withCrash(judged, server, context);
  await recordStage(inputs, context, work.unit, decided, metrics, {
    suites: work.suites,
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
    report: inputs.results,
  };
}

/** A server that ended under the test fails it, whatever its answers before were worth. */
async function withCrash(
  judged: Decision & { table: string },
  server: TestServer,
  { log }: ActionContext,
): Promise<Decision & { table: string }> {
  const crash = await server.ended();
  if (crash === undefined) return judged;
  log.untrusted(await server.logTail());
  const reasons = [`the server ended during the test (${crash})`, ...judged.reasons];
  return { verdict: 'fail', reasons, table: judged.table };
}

/** The server is only asked when a case leaves the protocol open. */
async function chooseProtocol({ inputs, context, server }: Work, cases: readonly Case[]): Promise<Protocol> {
  if (inputs.protocol !== 'auto') return inputs.protocol;
  if (cases.every((test) => test.options.protocol !== undefined)) return 'openai-completions';
  const protocol = await detectProtocol(server.target, context.signal);
  context.log.info(`protocol: ${protocol}`);
  return protocol;
}

async function ask(
  { inputs, context, server }: Work,
  cases: readonly Case[],
  protocol: Protocol,
): Promise<RunResult> {
  const { log, signal } = context;
  log.info(
    `asking ${cases.length} ${cases.length === 1 ? 'case' : 'cases'} of ${server.target.modelName}, ${inputs.concurrency} at a time`,
  );
  const ran = await runCases(cases, {
    target: server.target,
    protocol,
    healthPath: server.healthPath,
    concurrency: inputs.concurrency,
    repeats: inputs.repeats,
    minPass: inputs.repeatMinPass ?? inputs.repeats,
    seed: inputs.seed,
    warmup: inputs.warmup,
    timeoutMs: inputs.requestTimeout,
    signal,
    aides: await prepareAides(inputs, context, server.target),
    onCase: (result) => {
      if (result.status !== 'passed') log.untrusted(describeCase(result, inputs.texts !== 'none'));
    },
  });
  log.info(`asked in ${formatDuration(ran.wallMs)}`);
  return ran;
}

/** One line: what was expected, and what the model said instead. */
function describeCase({ test, status, reasons, attempts }: CaseResult, told: boolean): string {
  const head = `${status}: ${test.description}`;
  if (!told) return head;
  const said = status === 'failed' && test.kind === 'functional' ? attempts.at(0)?.answer.text : undefined;
  const answer = said === undefined ? '' : `; it said ${JSON.stringify(said.slice(0, 120))}`;
  return `${head}: ${reasons.join('; ').slice(0, 300)}${answer}`;
}

function describeResults(
  { inputs, server, suites }: Work,
  ran: RunResult,
  metrics: Record<string, RunMetric>,
): Results {
  return {
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    suite: suites.map((suite) => suite.path),
    createdAt: new Date().toISOString(),
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
