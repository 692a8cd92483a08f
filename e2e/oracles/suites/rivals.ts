/**
 * Tests with several prompts beside promptfoo's: which prompt `select-best` and `max-score` let pass, and what
 * `derivedMetrics` make of each prompt's scores.
 */
import { grade } from '@sluice/inference/assertions/decide';
import type { Aides } from '@sluice/inference/assertions/kinds';
import { compareRivals } from '@sluice/inference/runs/compare-rivals';
import { computeNamed } from '@sluice/inference/runs/named-metrics';
import type { Attempt, CaseResult } from '@sluice/inference/runs/run-cases';
import { readSuite } from '@sluice/inference/suites/load-suites';
import type { Assertion, Case } from '@sluice/inference/suites/types';
import { answerOf } from './answer.ts';
import type { OracleCase } from './cases.ts';
import { evalPromptfoo } from './promptfoo.ts';

interface Rivalry {
  answers: [string, string, string];
  assert: Assertion[];
  /** The judge's choice: from 0 for promptfoo, from 1 for us, in the order given and turned around. */
  replies?: OracleCase['replies'];
}

const best = (place: number): OracleCase['replies'] => ({
  theirs: [String(place)],
  ours: [place + 1, 3 - place].map((one) => JSON.stringify({ reason: 'so', best: one })),
});
const long: Assertion[] = [
  { type: 'levenshtein', value: 'Paris', threshold: 2, metric: 'near' },
  { type: 'contains', value: 'Paris', metric: 'right', weight: 2 },
];

const written: Rivalry[] = [
  ...[0, 1, 2].map((place): Rivalry => ({
    answers: ['Paris', 'It is Paris.', 'Rome'],
    assert: [{ type: 'select-best', value: 'the clearest §' }],
    replies: best(place),
  })),
  // No verdict for either.
  { answers: ['a', 'b', 'c'], assert: [{ type: 'select-best', value: 'any §' }], replies: { theirs: ['none'], ours: ['none'] } },
  { answers: ['a', 'b', 'c'], assert: [{ type: 'select-best', value: 'any §' }], replies: { theirs: ['7'], ours: ['{"best": 7}'] } },
  // The best, but wrong.
  { answers: ['Rome', 'Paris', 'Oslo'], assert: [{ type: 'contains', value: 'Paris' }, { type: 'select-best', value: 'any §' }], replies: best(0) },
  ...[undefined, { method: 'sum' }, { threshold: 0.9 }, { weights: { contains: 0 } }].flatMap((value): Rivalry[] =>
    [['Paris', 'It is Paris.', 'Rome'], ['Oslo', 'Rome', 'Lyon'], ['Rome', 'Paris', 'Paris']].map((answers) => ({
      answers: answers as Rivalry['answers'],
      assert: [...long, { type: 'max-score', ...(value === undefined ? {} : { value }) }],
    })),
  ),
]; // prettier-ignore

const DERIVED = [
  { name: 'share', value: 'right / __count' },
  { name: 'both', value: '(near + right) / 2 - sqrt(share)' },
  { name: 'power', value: '2 ^ near * -1 + max(right, 3)' },
];

/** As the judge knows them, whose marks begin at `from`. */
export function rivalCases(from: number): { cases: OracleCase[]; tests: Rivalry[] } {
  const tests = written.map(
    (one, at) => JSON.parse(JSON.stringify(one).replaceAll('§', `#${from + at}#`)) as Rivalry,
  );
  const cases = tests.map(({ replies }): OracleCase => ({
    answer: '',
    assertion: { type: 'select-best' },
    ...(replies === undefined ? {} : { replies }),
  }));
  return { cases, tests };
}

/** A line for each thing compared; `wrong` says what differs. */
export async function compareWithPromptfoo(
  tests: readonly Rivalry[],
  folder: string,
  judge: string,
  aides: Aides,
): Promise<{ name: string; wrong: string | undefined }[]> {
  const suite = {
    prompts: ['{{a}}', '{{b}}', '{{c}}'],
    tests: tests.map(({ answers: [a, b, c], assert }) => ({ vars: { a, b, c }, assert })),
    derivedMetrics: DERIVED,
  };
  const theirs = await evalPromptfoo({ ...suite, providers: ['echo'] }, folder, judge);
  const { cases, derived, findings } = readSuite(JSON.stringify(suite), 'rivals.yaml');
  if (findings.length > 0) throw new Error(findings.map(({ message }) => message).join('; '));
  const attempts = await Promise.all(cases.map(async (test) => [await answer(test, aides)]));
  const decided = await compareRivals(cases, attempts, aides);
  const results = cases.map((test, at): CaseResult => {
    const mine = decided.get(at) ?? attempts[at] ?? [];
    const status = mine[0]?.status ?? 'error';
    return { test, status, score: 0, reasons: [], flaky: false, attempts: mine };
  });
  const told = theirs.results.map(({ testIdx, promptIdx, success }) => {
    const ours = results[testIdx * 3 + promptIdx]?.status === 'passed';
    const name = `${tests[testIdx]?.assert.at(-1)?.type} of test ${testIdx + 1}, prompt ${promptIdx + 1}`;
    return { name, wrong: ours === success ? undefined : `ours ${ours}, promptfoo ${success}` };
  });
  const numbers = theirs.prompts.flatMap(({ metrics }, prompt) => {
    const own = results.filter((_, at) => at % 3 === prompt);
    const named = computeNamed([{ path: 'rivals.yaml', cases, derived }], own);
    return DERIVED.map(({ name }) => {
      const [ours, their] = [named[`derived.${name}`]?.value ?? NaN, metrics.namedScores[name] ?? NaN];
      const isSame = Math.abs(ours - their) < 1e-9;
      return {
        name: `derived ${name} of prompt ${prompt + 1}`,
        wrong: isSame ? undefined : `ours ${ours}, promptfoo ${their}`,
      };
    });
  });
  return [...told, ...numbers];
}

async function answer(test: Case, aides: Aides): Promise<Attempt> {
  const seen = { answer: answerOf(test.prompt), aliveAfterwards: null, prompt: test.prompt, aides };
  const graded = await grade(test.assert, test.threshold, seen);
  return {
    status: graded.passed ? 'passed' : 'failed',
    atMs: 0,
    answer: seen.answer,
    kind: 'ok',
    grade: graded,
  };
}
