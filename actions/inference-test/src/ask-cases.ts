/** Asks everything that is asked once: the cases, and at the end the hostile pack, with what people see meanwhile. */
import { createHash } from 'node:crypto';
import type { ActionContext } from '@sluice/runtime/action';
import { formatDuration } from '@sluice/runtime/units';
import { hostilePack } from '@sluice/inference/hostile/cases';
import { runHostile, type HostileRun } from '@sluice/inference/hostile/run-hostile';
import { readServerFacts } from '@sluice/inference/hostile/server-facts';
import { HOSTILE, whyNotAsked } from '@sluice/inference/packs/load-packs';
import { notAskedResult, runCases, type CaseResult, type RunResult } from '@sluice/inference/runs/run-cases';
import type { Case, Protocol } from '@sluice/inference/suites/types';
import type { Inputs } from './inputs.gen.ts';
import { prepareAides } from './judge.ts';
import { selects } from './load-cases.ts';
import { Progress } from './progress.ts';
import type { TestServer } from './test-server.ts';

export interface Asking {
  inputs: Inputs;
  context: ActionContext;
  server: TestServer;
  protocol: Protocol;
  /** Blacks out of a result what `redact` says. */
  hide: (result: CaseResult) => CaseResult;
}

/** A server that needs longer than this to be well again after a hostile request isn't. */
const CANARY_MS = 60_000;

export async function askCases(cases: readonly Case[], asking: Asking): Promise<RunResult> {
  const { inputs, context, server, protocol, hide } = asking;
  const { log, signal } = context;
  const takesSystem = protocol === 'http' && (inputs.request?.includes('system') ?? false);
  const why = (test: Case): string | undefined =>
    whyNotAsked(test, test.options.protocol ?? protocol, takesSystem);
  const asked = cases.filter((test) => why(test) === undefined);
  log.info(
    `asking ${asked.length} ${asked.length === 1 ? 'case' : 'cases'} of ${server.target.modelName}, ${inputs.concurrency} at a time`,
  );
  const tell = teller(asking, asked.length);
  const ran = await runCases(asked, {
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
    onCase: tell,
  });
  log.info(`asked in ${formatDuration(ran.wallMs)}`);
  const skipped = cases.flatMap((test): CaseResult[] => {
    const reason = why(test);
    return reason === undefined ? [] : [notAskedResult(test, reason)];
  });
  return { ...ran, cases: [...ran.cases.map(hide), ...skipped.map(hide)] };
}

/** After everything else, so that it disturbs no measurement. */
export async function askHostile(
  asking: Asking,
): Promise<HostileRun & { suite: { path: string; sha256: string; cases: number } }> {
  const { inputs, context, server, protocol, hide } = asking;
  const { log, signal } = context;
  // Cancelled before: nothing is sent, but what would have been is listed.
  const facts = await readServerFacts(server.target, protocol, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
    return { contextTokens: null };
  });
  const whole = hostilePack(protocol, facts);
  const chosen = <T extends { tag: string }>(list: T[]): T[] =>
    list.filter(({ tag }) => selects(inputs, ['hostile', tag]));
  const pack = { ...whole, cases: chosen(whole.cases), skipped: chosen(whole.skipped) };
  log.info(
    `sending ${pack.cases.length} hostile requests by ${protocol}, one after the other, a good question after each; ${pack.skipped.length} don't apply`,
  );
  const ran = await runHostile(pack, {
    target: server.target,
    protocol,
    timeoutMs: inputs.requestTimeout,
    canaryMs: Math.min(CANARY_MS, inputs.requestTimeout),
    signal,
    suite: HOSTILE,
    ended: () => server.ended(),
    onCase: teller(asking, pack.cases.length + pack.skipped.length),
  });
  const ids = ran.cases.map(({ test }) => test.id).join('\n');
  return {
    ...ran,
    cases: ran.cases.map(hide),
    suite: { path: HOSTILE, sha256: createHash('sha256').update(ids).digest('hex'), cases: ran.cases.length },
  };
}

function teller({ inputs, context, hide }: Asking, total: number): (result: CaseResult) => void {
  const { log } = context;
  const progress = new Progress((line) => log.info(line), total);
  return (result) => {
    // A question in other words that fails is no fault; it is measured.
    const status = result.test.kind === 'perturbed' && result.status === 'failed' ? 'passed' : result.status;
    if (progress.add(status)) log.untrusted(describeCase(hide(result), inputs.texts !== 'none'));
  };
}

/** One line: what was expected, and what the model said instead. */
function describeCase({ test, status, reasons, attempts }: CaseResult, told: boolean): string {
  const head = `${status}: ${test.description}`;
  if (!told) return head;
  const isQuestion = test.kind !== 'bad-input' && test.kind !== 'hostile';
  const said = status === 'failed' && isQuestion ? attempts.at(0)?.answer.text : undefined;
  const answer = said === undefined ? '' : `; it said ${JSON.stringify(said.slice(0, 120))}`;
  return `${head}: ${reasons.join('; ').slice(0, 300)}${answer}`;
}
