/** Tests a server: check, start, ask, judge, write, record; whatever happens, the server ends. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import type { ReleaseUnit } from '@sluice/release/unit';
import { readLoad } from '@sluice/inference/load/profile';
import type { LoadedSuite } from '@sluice/inference/suites/load-suites';
import { findInputFaults, isStartOnly } from './check-inputs.ts';
import type { Inputs } from './inputs.gen.ts';
import { loadFiles } from './load-files.ts';
import type { TestServer } from './test-server.ts';

export async function run(inputs: Inputs, context: ActionContext): Promise<ActionResult> {
  const faults = findInputFaults(inputs);
  if (faults.length > 0) throw new ConfigError(faults);
  const { readThresholds } = await import('./thresholds.ts');
  const { profile: load } = readLoad(inputs.load);
  const { loadCases } = await import('./load-cases.ts');
  const { suites, isHostile } = isStartOnly(inputs)
    ? { suites: [], isHostile: false }
    : await loadCases(inputs, context);
  const { computeNamed } = await import('@sluice/inference/runs/named-metrics');
  const named = Object.keys(computeNamed(suites, []));
  const rules = readThresholds(inputs.thresholds, load, inputs.baselineEndpoint !== undefined, named);
  if (load !== undefined && !suites.some(({ cases }) => cases.some(({ kind }) => kind === 'functional'))) {
    throw new ConfigError('input `load` needs a question: no case of `suite` is one to be answered');
  }
  const { checkAides } = await import('./judge.ts');
  checkAides(
    suites.flatMap(({ cases }) => cases),
    inputs,
  );
  if (inputs.validate) {
    const cases = suites.reduce((sum, suite) => sum + suite.cases.length, 0);
    const hostile = isHostile ? ', and the pack of hostile requests' : '';
    const said =
      suites.length === 0
        ? 'the inputs'
        : `${suites.length} ${suites.length === 1 ? 'suite' : 'suites'} with ${cases} ${cases === 1 ? 'case' : 'cases'}`;
    return { verdict: 'pass', reasons: [`validated ${said}${hostile}; nothing was run`], outputs: {} };
  }
  // What an earlier run left would be taken for this one's, should this one end before it has any.
  const { samples, bench } = loadFiles(inputs.results);
  await removeOld({ results: inputs.results, junit: inputs.junit, 'html-report': inputs.htmlReport });
  for (const path of [samples, bench]) await removeOld({ results: path });
  const { describeUnit } = await import('./record-stage.ts');
  const unit = await describeUnit(inputs, {
    root: context.env['GITHUB_WORKSPACE'] ?? process.cwd(),
    prompts: suites.flatMap((suite) => suite.prompts),
  });
  return withServer(inputs, context, unit, async (server) => {
    unit.engine = server.engine;
    unit.image = server.image;
    const { testStart, testSuites } = await import('./test-suites.ts');
    const work = { inputs, context, server, unit, suites: suites.map(describeSuite) };
    const result = await (isStartOnly(inputs)
      ? testStart(work)
      : testSuites({
          ...work,
          named: suites,
          rules,
          load,
          isHostile,
          cases: suites.flatMap((suite) => suite.cases),
        }));
    if (inputs.keepRunning) result.outputs['endpoint'] = server.target.origin;
    return result;
  });
}

async function removeOld(paths: Record<string, string>): Promise<void> {
  for (const [input, path] of Object.entries(paths)) {
    await rm(path, { force: true }).catch((error: unknown) => {
      const why =
        (error as NodeJS.ErrnoException).code === 'ERR_FS_EISDIR' ? 'it is a folder' : String(error);
      throw new ConfigError(
        `input \`${input}\` = "${path}" can't be written: ${why}; give the path of a file`,
      );
    });
  }
}

function describeSuite({ path, text, cases }: LoadedSuite): { path: string; sha256: string; cases: number } {
  return { path, sha256: createHash('sha256').update(text).digest('hex'), cases: cases.length };
}

async function withServer(
  inputs: Inputs,
  context: ActionContext,
  unit: ReleaseUnit,
  work: (server: TestServer) => Promise<ActionResult>,
): Promise<ActionResult> {
  let server: TestServer;
  try {
    server = await reachServer(inputs, context);
  } catch (error) {
    return startupFailure(inputs, context, unit, error);
  }
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

async function reachServer(inputs: Inputs, context: ActionContext): Promise<TestServer> {
  const { engine, image } = inputs;
  if (engine !== undefined)
    return (await import('./started-server.ts')).launchServer({ ...inputs, engine }, context);
  if (image !== undefined)
    return (await import('./container-server.ts')).launchContainer({ ...inputs, image }, context);
  return (await import('./test-server.ts')).connectServer(inputs, context);
}

/** With `suite: none` starting is the bar, so not starting is a verdict; otherwise it's a malfunction. */
async function startupFailure(
  inputs: Inputs,
  context: ActionContext,
  unit: ReleaseUnit,
  error: unknown,
): Promise<ActionResult> {
  const { StartupError } = await import('@sluice/inference/engines/wait-until-well');
  if (!(error instanceof StartupError)) throw error;
  const { logTail, message } = error;
  await context.log.group('the last lines of the server', () => {
    context.log.untrusted(logTail === '' ? '(it wrote nothing)' : logTail);
    return Promise.resolve();
  });
  if (!isStartOnly(inputs)) throw error;
  const decision = { verdict: 'fail' as const, reasons: [message] };
  const { recordStage } = await import('./record-stage.ts');
  await recordStage(inputs, context, unit, decision, {}, { suites: [], engine: inputs.engine ?? null });
  const { codeBlock } = await import('@sluice/report/markdown');
  return { ...decision, outputs: {}, summary: codeBlock(logTail) };
}
