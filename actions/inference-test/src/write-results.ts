/** The files of a run: results, JUnit, HTML; of a cancelled one too, marked partial. */
import { writeFileAtomic } from '@sluice/runtime/files';
import { describeError } from '@sluice/runtime/errors';
import { formatDuration } from '@sluice/runtime/units';
import { renderJunit } from '@sluice/report/junit';
import { toResultCase, type Results } from '@sluice/inference/runs/results';
import { renderHtml, type HtmlParts } from './html-report.ts';
import type { Measured, Work } from './measure.ts';
import { toJunit } from './report.ts';

/** Results and JUnit. Gives the results and their text. */
export async function writeResults(
  { inputs, context, server }: Work,
  { ran, suites, metrics, startedAt, partial }: Measured,
): Promise<{ results: Results; text: string }> {
  const results: Results = {
    schemaVersion: 1,
    tool: 'sluice-inference-test',
    suite: suites.map((suite) => suite.path),
    createdAt: startedAt.toISOString(),
    engine: server.engine ?? server.image ?? server.target.origin,
    modelName: server.target.modelName,
    seed: inputs.seed ?? null,
    percentileMethod: 'linear',
    ...(partial ? { partial } : {}),
    cases: ran.cases.map((result) => toResultCase(result, inputs.texts)),
    metrics,
  };
  const text = `${JSON.stringify(results, null, 2)}\n`;
  await writeFileAtomic(inputs.results, text);
  await writeFileAtomic(inputs.junit, renderJunit('inference-test', toJunit(results)));
  context.log.info(`results: ${inputs.results}${partial ? ', of a part only' : ''}`);
  return { results, text };
}

export async function writeHtml(
  work: Work,
  measured: Measured,
  results: Results,
  decided: HtmlParts['decided'],
): Promise<void> {
  const environment = describeEnvironment(work, measured);
  const { load } = measured;
  await writeFileAtomic(work.inputs.htmlReport, renderHtml(results, { decided, environment, load }));
}

/** What a cancelled step leaves for the steps after it; its verdict comes from the one who cancelled it. */
export async function leavePart(work: Work, measured: Measured, results: Results): Promise<void> {
  const { inputs, context } = work;
  const asked = results.cases.filter(({ status }) => status !== 'skipped').length;
  const why = `${describeError(context.signal.reason)}: ${asked} of ${results.cases.length} cases were asked; this is a part only`;
  await writeHtml(work, measured, results, { verdict: 'error', reasons: [why] });
  context.setOutput('results', inputs.results);
  context.setOutput('junit', inputs.junit);
  context.setOutput('report', inputs.htmlReport);
}

/** What a reader of the report has to know to repeat it. */
function describeEnvironment(
  { inputs, server, unit, context }: Work,
  { protocol, startedAt, ran }: Measured,
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
    ['asked for', formatDuration(Math.round(ran.wallMs))],
    ['run', context.run.url],
  ];
} // prettier-ignore
