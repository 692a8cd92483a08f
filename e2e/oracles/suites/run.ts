/**
 * Our assertions beside the released promptfoo's: the same answers, the same assertions, the same verdicts, except where
 * promptfoo passes what wasn't decided (`differences.ts` names each, with why).
 * `node e2e/oracles/suites/run.ts` prints a line per kind, then `N passed, N failed`; exit 1 when one failed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAides } from '@sluice/inference/assertions/aides';
import { decide } from '@sluice/inference/assertions/decide';
import { findAssertionFault, findPackage } from '@sluice/inference/assertions/faults';
import { compileSchemas } from '@sluice/inference/assertions/json-schemas';
import type { Aides } from '@sluice/inference/assertions/kinds';
import { describeError } from '@sluice/runtime/errors';
import { answerOf } from './answer.ts';
import { CASES, type OracleCase } from './cases.ts';
import { findDifference } from './differences.ts';
import { ORIGIN } from './helped-cases.ts';
import { startJudge } from './judge-server.ts';
import { JUDGED_CASES } from './judged-cases.ts';
import { compareWithPromptfoo, rivalCases } from './rivals.ts';
import { askPromptfoo, packaged, PROMPTFOO_VERSION, type Verdict } from './promptfoo.ts';

/** A score may differ by what rounding does. */
const TOLERANCE = 1e-9;

async function decideOurs(
  { answer, assertion: written, more, vars }: OracleCase,
  aides: Aides,
): Promise<{ verdict: Verdict; score: number }> {
  const file = findPackage(written, (path) => packaged(path.replace(/^node_modules\//, '')));
  const assertion = file === undefined ? written : { ...written, file };
  if (findAssertionFault(assertion) !== undefined) return { verdict: 'error', score: 0 };
  await compileSchemas([assertion]);
  const { passed, score } = await decide(assertion, {
    answer: {
      ...answerOf(answer, more?.finishReason),
      ...(more?.logProbs === undefined ? {} : { logprobs: more.logProbs }),
    },
    aliveAfterwards: null,
    prompt: answer,
    aides,
    ...(vars === undefined ? {} : { vars }),
  });
  return { verdict: passed ? 'passed' : 'failed', score };
}

/** Kinds to look at alone, while working on them; without, all. */
const only = process.argv.slice(2);
const written = [...JUDGED_CASES, ...CASES];
const rivals = rivalCases(written.length);
const judge = await startJudge([...written, ...rivals.cases]);
const all = JSON.parse(JSON.stringify(written).replaceAll(ORIGIN, judge.origin)) as OracleCase[];
const isWanted = ({ assertion }: OracleCase): boolean => only.includes(assertion.type.replace(/^not-/, ''));
const cases = only.length === 0 ? all : all.filter(isWanted);
const target = { origin: judge.origin, modelName: 'judge' };
const signal = new AbortController().signal;
const aides = makeAides({ target, judge: target, timeoutMs: 10_000, signal });
const scratch = await mkdtemp(join(tmpdir(), 'sluice-suites-'));
let passed = 0;
let failed = 0;
const tallies = new Map<string, { same: number; known: number; wrong: string[] }>();
try {
  const theirs = await askPromptfoo(cases, scratch, judge.origin);
  for (const [index, one] of cases.entries()) {
    const tally = tallies.get(one.assertion.type) ?? { same: 0, known: 0, wrong: [] };
    tallies.set(one.assertion.type, tally);
    const their = theirs[index];
    const our = await decideOurs(one, aides);
    const isSame = their !== undefined && (our.verdict === 'passed') === (their.verdict === 'passed');
    const isScore = their !== undefined && Math.abs(our.score - their.score) <= TOLERANCE;
    const why = their === undefined ? undefined : findDifference(one, our.verdict, their.verdict);
    if (isSame && (isScore || our.verdict !== 'passed')) tally.same += 1;
    else if (why !== undefined) tally.known += 1;
    else
      tally.wrong.push(
        `${JSON.stringify(one)}: ours ${our.verdict} ${our.score}, promptfoo ${their?.verdict} ${their?.score}`,
      );
  }
  for (const [type, { same, known, wrong }] of tallies) {
    const told = known === 0 ? '' : `, ${known} as listed`;
    process.stdout.write(`${wrong.length === 0 ? 'ok  ' : 'FAIL'} ${type}: ${same} the same${told}\n`);
    for (const line of wrong) process.stdout.write(`       ${line}\n`);
    passed += same + known;
    failed += wrong.length;
  }
  const compared =
    only.length > 0 ? [] : await compareWithPromptfoo(rivals.tests, scratch, judge.origin, aides);
  for (const { name, wrong } of compared) {
    if (wrong === undefined) passed += 1;
    else failed += 1;
    process.stdout.write(wrong === undefined ? `ok   ${name}\n` : `FAIL ${name}: ${wrong}\n`);
  }
} catch (error) {
  failed += 1;
  process.stdout.write(`FAIL the oracle ran: ${describeError(error)}\n`);
} finally {
  await judge.close();
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(
  `promptfoo ${PROMPTFOO_VERSION}, ${cases.length} cases\n${passed} passed, ${failed} failed\n`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
