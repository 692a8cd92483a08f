/**
 * Cases that a judge decides, with what it says: to promptfoo in the form that promptfoo asks for, to us in ours. `§` in
 * any text is the case's own mark, by which the judge (judge-server.ts) knows who is asked about.
 */
import type { Assertion } from '@sluice/inference/suites/types';
import type { OracleCase } from './cases.ts';
import { HELPED } from './helped-cases.ts';

export interface Judged {
  assertion: Assertion;
  answer?: string;
  vars?: Record<string, unknown>;
  ours: unknown[];
  theirs: unknown[];
  loose?: true;
}

const same = (...replies: unknown[]): { ours: unknown[]; theirs: unknown[] } => ({
  ours: replies,
  theirs: replies,
});
const thought = (draft: object, verdict: object): string =>
  `<think>${JSON.stringify(draft)}</think>${JSON.stringify(verdict)}`;

const looseness = (isLoose: boolean): { loose?: true } => (isLoose ? { loose: true } : {});

const facts: Judged[] = ['A', 'B', 'C', 'D', 'E', 'F']
  .map((category): unknown => ({ reason: 'so it is', category }))
  .concat('(A) It is a subset.', thought({ category: 'A' }, { category: 'D' }), 'none')
  .map((reply) => ({
    assertion: { type: 'factuality', value: 'Paris §' },
    ...same(reply),
    ...looseness(typeof reply === 'string'),
  }));

const criteria: Judged[] = [
  { ours: [{ meets: true }], theirs: ['It does.\nY\nY'] },
  { ours: [{ meets: false }], theirs: ['It does not.\nN\nN'] },
  same('hard to tell'),
  { ...same('It does NOT, says the whole PARTY'), ...looseness(true) },
].map((replies) => ({ assertion: { type: 'model-graded-closedqa', value: 'is short §' }, ...replies }));

const steps = { steps: ['Look at it', 'Weigh it'] };
const isLooseGrade = (reply: unknown): boolean =>
  typeof reply === 'string' || (reply as { score: unknown }).score === '9';
const grades: Judged[] = [
  ...[10, 7, 6, 0, 11, '9', 'high', null].map((score) => ({ score, reason: 'so' })),
  { score: 9 },
  { score: 9, reason: ' ' },
  thought({ score: 9, reason: 'a draft' }, { score: 1, reason: 'so' }),
].flatMap((reply): Judged[] => [
  {
    assertion: { type: 'g-eval', value: 'is polite §' },
    ...same(steps, reply),
    ...looseness(isLooseGrade(reply)),
  },
  {
    assertion: { type: 'g-eval', value: 'is polite §', threshold: 0.9 },
    ...same(steps, reply),
    ...looseness(isLooseGrade(reply)),
  },
]);
const criteriaLists: Judged[] = [
  [10, 4],
  [10, 3],
].map(([first, second]) => ({
  assertion: { type: 'g-eval', value: ['is polite §', 'is short §'] },
  ...same(steps, { score: first, reason: 'so' }, steps, { score: second, reason: 'so' }),
}));
const noSteps: Judged[] = [{ steps: [] }, { steps: [1] }, 'none'].map((reply) => ({
  assertion: { type: 'g-eval', value: 'is polite §' },
  ...same(reply, { score: 10, reason: 'so' }),
}));

const vars = { query: 'Where is Paris? §', context: 'Paris is in France §. It is large. It is old.' };

const supported = [
  [true, true, true, true],
  [true, true, false, false],
  [true, false, false],
  [false],
  [true],
];
const faithful: Judged[] = supported.flatMap((verdicts): Judged[] => {
  const statements = verdicts.map((_, at) => `Paris is ${at}.`);
  const final = `Final verdict for each statement in order: ${verdicts.map((yes) => (yes ? 'Yes.' : 'No.')).join(' ')}`;
  const inLine = verdicts.map((yes, at) => `${at + 1}. Explanation: so. Verdict: ${yes ? 'Yes' : 'No'}.`);
  return [undefined, 0.9].flatMap((threshold) =>
    [final, inLine.join('\n')].map((reply) => ({
      assertion: { type: 'context-faithfulness', ...(threshold === undefined ? {} : { threshold }) },
      vars,
      ours: [{ statements }, { supported: verdicts }],
      theirs: [statements.join('\n'), reply],
    })),
  );
});
const unfaithful: Judged[] = [
  { ours: ['', ''], theirs: ['', ''] },
  { ours: [{ statements: ['a'] }, 'no idea'], theirs: ['a', 'no idea'] },
  // A verdict that is missing counts as no there, and is no verdict here.
  {
    ours: [{ statements: ['a', 'b'] }, { supported: [true] }],
    theirs: ['a\nb', 'Verdict: Yes.'],
    ...looseness(true),
  },
  // More verdicts than statements.
  {
    ours: [{ statements: ['a'] }, { supported: [true, true] }],
    theirs: ['a', 'Verdict: Yes. Verdict: Yes.'],
    ...looseness(true),
  },
].map((replies) => ({ assertion: { type: 'context-faithfulness' }, vars, ...replies }));

const recalled: Judged[] = [
  [true, true],
  [true, false],
  [false, false],
].flatMap((verdicts): Judged[] => {
  const marks = verdicts.map(
    (yes, at) => `${at + 1}. It is so. ${yes ? '[Attributed]' : '[Not Attributed]'}`,
  );
  return [undefined, 0.9].map((threshold) => ({
    assertion: {
      type: 'context-recall',
      value: 'Paris is in France §. Paris is large.',
      ...(threshold === undefined ? {} : { threshold }),
    },
    vars,
    ours: [{ supported: verdicts }],
    theirs: [marks.join('\n')],
  }));
});
const notRecalled: Judged[] = [
  same('no idea'),
  // It leaves one of two sentences out.
  { ours: [{ supported: [true] }], theirs: ['1. It is so. [Attributed]'], ...looseness(true) },
].map((replies) => ({
  assertion: { type: 'context-recall', value: 'Paris is old §. It is large.' },
  vars,
  ...replies,
}));

const needed: Judged[] = [
  { ours: [{ needed: [1] }], theirs: ['Paris is in France §.'] },
  { ours: [{ needed: [2, 3] }], theirs: ['It is large. It is old.'] },
  { ours: [{ needed: [1, 2, 3] }], theirs: ['Paris is in France §. It is large. It is old.'] },
  { ours: [{ needed: [] }], theirs: ['Insufficient Information'] },
  { ours: [{ needed: [4] }], theirs: ['Lyon is in France.'] },
  same('no idea'),
  { ours: ['[1]'], theirs: ['It is old. Lyon is not.'], ...looseness(true) },
].flatMap((replies): Judged[] =>
  [undefined, 0.3].map((threshold) => ({
    assertion: { type: 'context-relevance', ...(threshold === undefined ? {} : { threshold }) },
    vars,
    ...replies,
  })),
);

const asked: Judged[] = [
  ['Where is Paris?', 'Where is Paris?', 'Where is Paris?'],
  ['Where is Paris?', 'How old is Rome?', 'What is Paris?'],
  ['How?', 'Why?', 'What?'],
].flatMap((questions): Judged[] =>
  [0.5, 0.8, 1].map((threshold) => ({
    assertion: { type: 'answer-relevance', threshold },
    vars,
    ours: [{ questions }],
    theirs: questions,
  })),
);

const similar: Judged[] = ['Paris', 'Where is Rome?', 'Oslo'].flatMap((value) =>
  [undefined, 0.9].map((threshold) => ({
    assertion: { type: 'similar', value, ...(threshold === undefined ? {} : { threshold }) },
    ...same(),
  })),
);

/** Without `pass`, with a score above 1, or with a draft before it. */
const isLooseRubric = (reply: unknown): boolean =>
  typeof reply === 'string' || !('pass' in (reply as object)) || (reply as { score: number }).score > 1;
const rubrics: Judged[] = [
  { pass: true, score: 1, reason: 'so' },
  { pass: false, score: 0, reason: 'so' },
  { pass: true, score: 0.4, reason: 'so' },
  { score: 0.4, reason: 'so' },
  { reason: 'so' },
  { pass: true, score: 5, reason: 'so' },
  thought({ pass: true, score: 1, reason: 'a draft' }, { pass: false, score: 0, reason: 'so' }),
  'none',
].flatMap((reply): Judged[] =>
  [undefined, 0.5].map((threshold) => ({
    assertion: {
      type: 'llm-rubric',
      value: 'is polite §',
      ...(threshold === undefined ? {} : { threshold }),
    },
    ...same(reply),
    ...looseness(isLooseRubric(reply)),
  })),
);

const plain = [
  ...facts,
  ...criteria,
  ...grades,
  ...criteriaLists,
  ...noSteps,
  ...faithful,
  ...unfaithful,
  ...recalled,
  ...notRecalled,
  ...needed,
  ...asked,
  ...similar,
  ...rubrics,
  ...HELPED,
];

const told = (reply: unknown): string => (typeof reply === 'string' ? reply : JSON.stringify(reply));

/** Each also with `not-`; the first has the mark #0#. */
export const JUDGED_CASES: readonly OracleCase[] = plain
  .flatMap((one) => [one, { ...one, assertion: { ...one.assertion, type: `not-${one.assertion.type}` } }])
  .map(({ answer = 'Paris is in France §.', assertion, vars: given, ours, theirs, loose }, index) => {
    const marked = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('§', `#${index}#`)) as T;
    return marked({
      answer,
      assertion,
      ...(given === undefined ? {} : { vars: given }),
      replies: { ours: ours.map(told), theirs: theirs.map(told) },
      ...looseness(loose === true),
    });
  });
