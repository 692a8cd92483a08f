/** The end of a main: the one place where a result or an error becomes verdict, outcome, outputs, summary and exit code. */
import * as core from '@actions/core';
import { escapeMarkdown } from '@sluice/report/markdown';
import type { ActionResult } from './definition.ts';
import { classifyError, ConfigError, describeError, type Outcome, type Verdict } from './errors.ts';
import type { CommonInputs } from './inputs.ts';
import { disarm, type Logger } from './logger.ts';
import { hideSecrets } from './secrets.ts';
import { appendSummary } from './summary.ts';

export interface Ending {
  name: string;
  log: Logger;
  /** undefined when they could not be read. */
  inputs: CommonInputs | undefined;
  /** undefined when there is a failure. */
  result: ActionResult | undefined;
  failure: unknown;
}

export interface Judgement {
  verdict: Verdict;
  outcome: Outcome;
  reasons: string[];
}

/** A reason is a sentence: one that quotes a whole page of a server is cut, so that GitHub shows the others. */
const LONGEST_REASON = 4_000;

/** Says and writes how the action ended, and sets `process.exitCode` by DESIGN's table. */
export async function conclude(ending: Ending): Promise<Judgement> {
  const { name, log, result, failure } = ending;
  let judged = judge(ending);
  const fault = writeOutputs(judged, result);
  if (fault !== undefined) {
    // The jobs after this one would read empty outputs: that must not look like success.
    const reason = `the step's outputs could not be written: ${fault}`;
    judged = { verdict: 'error', outcome: 'infra-error', reasons: [...judged.reasons, reason] };
  }
  const { verdict, outcome, reasons } = judged;
  const reportOnly = ending.inputs?.enforce === 'report' && outcome === 'gate-failed';
  for (const reason of reasons) {
    const line = disarm(reason);
    if (reportOnly || (outcome === 'success' && verdict === 'inconclusive')) log.warning(line);
    else if (outcome === 'success') log.info(line);
    else log.error(line);
  }
  if (outcome === 'infra-error' && failure instanceof Error) log.debug(hideSecrets(failure.stack ?? ''));
  if (reportOnly) log.warning('enforce: report, so this step stays green');
  log.info(`${name}: verdict ${verdict}, outcome ${outcome}`);
  process.exitCode = outcome === 'success' || reportOnly ? 0 : 1;
  if (ending.inputs?.summary !== false) await writeSummary(name, judged, result?.summary);
  return judged;
}

/** One line per fault of the user's, one for anything else; without secrets. */
export function errorLines(error: unknown): string[] {
  const lines = error instanceof ConfigError ? error.faults : [describeError(error)];
  return lines.map(presentable);
}

function presentable(reason: string): string {
  const text = hideSecrets(reason);
  return text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)} …` : text;
}

function judge({ result, failure }: Ending): Judgement {
  if (result === undefined) return { ...classifyError(failure), reasons: errorLines(failure) };
  return {
    verdict: result.verdict,
    outcome: result.outcome ?? (result.verdict === 'pass' ? 'success' : 'gate-failed'),
    reasons: result.reasons.map(presentable),
  };
}

/** What went wrong, or undefined. */
function writeOutputs({ verdict, outcome }: Judgement, result: ActionResult | undefined): string | undefined {
  try {
    for (const [key, value] of Object.entries(result?.outputs ?? {})) core.setOutput(key, hideSecrets(value));
    core.setOutput('verdict', verdict);
    core.setOutput('outcome', outcome);
    if (result?.report !== undefined) core.setOutput('report', result.report);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

const MARKS: Record<Verdict, string> = { pass: '✅', fail: '❌', inconclusive: '❔', error: '⚠️' };

async function writeSummary(name: string, judged: Judgement, body = ''): Promise<void> {
  const { verdict, outcome, reasons } = judged;
  const lines = reasons.map((reason) => `- ${escapeMarkdown(reason)}`).join('\n');
  const head = `## ${MARKS[verdict]} ${name}: ${verdict}${outcome === 'success' ? '' : ` (${outcome})`}`;
  try {
    await appendSummary(hideSecrets([head, lines, body].filter((part) => part !== '').join('\n\n')));
  } catch (error) {
    core.warning(`the job summary could not be written: ${describeError(error)}`);
  }
}
