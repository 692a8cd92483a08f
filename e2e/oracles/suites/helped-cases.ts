/** Cases that an address, a conversation or code around the judge decides; `http://judge.test` stands for the judge's origin. */
import type { Judged } from './judged-cases.ts';

export const ORIGIN = 'http://judge.test';

const none = { ours: [], theirs: [] };
const withThreshold = (threshold: number | undefined): { threshold?: number } =>
  threshold === undefined ? {} : { threshold };

const measured: Judged[] = ['similar:dot', 'similar:euclidean'].flatMap((type) =>
  ['Paris', 'Where is Rome?', 'Oslo', ['Oslo', 'Paris'], ['Where is Rome?', 'Oslo']].flatMap((value) =>
    [undefined, 0.3, 1.2].map((threshold) => ({
      assertion: { type, value, ...withThreshold(threshold) },
      ...none,
    })),
  ),
);

const moderated: Judged[] = [
  'They fight.',
  'I hate you, so we fight',
  'Paris',
  'flagged oddly',
  'no results',
].flatMap((answer) =>
  [undefined, ['violence'], ['hate', 'self-harm'], ['violense']].map((value) => ({
    answer,
    assertion: {
      type: 'moderation',
      endpoint: `${ORIGIN}/v1/moderations`,
      ...(value === undefined ? {} : { value }),
    },
    ...none,
  })),
);

const hooked: Judged[] = [
  { pass: true },
  { pass: false },
  { pass: true, score: 0.4, reason: 'so' },
  { pass: false, score: 0.4 },
  { pass: true, score: 5 },
  { pass: 'yes' },
  { score: 1 },
  [],
].map((said) => ({
  assertion: { type: 'webhook', value: `${ORIGIN}/hook?say=${encodeURIComponent(JSON.stringify(said))}` },
  ...none,
  ...('score' in said && said.score === 5 ? { loose: true as const } : {}),
}));
const missed: Judged[] = ['/hook?say=nonsense', '/nowhere'].map((path) => ({
  assertion: { type: 'webhook', value: `${ORIGIN}${path}` },
  ...none,
}));

const yes = { ours: { relevant: true }, theirs: { verdict: 'yes' } };
const no = { ours: { relevant: false, reason: '§' }, theirs: { verdict: 'no', reason: '§ is odd' } };
const why = { reason: 'The score is low because §.' };
const turns = ['one', 'two', 'three'].map((word) => ({ input: `${word} §`, output: `${word}!` }));

const single: Judged[] = [
  { ours: [yes.ours], theirs: [yes.theirs] },
  { ours: [no.ours], theirs: [no.theirs, why] },
  { ours: ['hard to tell'], theirs: ['hard to tell'] },
  { ours: [{ relevant: 'yes' }], theirs: [{ verdict: true }] },
].flatMap((replies) =>
  [undefined, 1].map((threshold) => ({
    assertion: { type: 'conversation-relevance', ...withThreshold(threshold) },
    ...replies,
  })),
);
/** promptfoo judges what the variable holds, we the answer to it too. */
const told: Judged[] = [
  { ours: [yes.ours, yes.ours, yes.ours, yes.ours], theirs: [yes.theirs, yes.theirs, yes.theirs] },
  { ours: [yes.ours, no.ours, yes.ours, yes.ours], theirs: [yes.theirs, no.theirs, yes.theirs, why] },
  { ours: [no.ours, no.ours, no.ours, no.ours], theirs: [no.theirs, no.theirs, no.theirs, why] },
].flatMap((replies) =>
  [undefined, 2].map((windowSize) => ({
    assertion: {
      type: 'conversation-relevance',
      ...(windowSize === undefined ? {} : { config: { windowSize } }),
    },
    vars: { _conversation: turns },
    ...replies,
  })),
);

const answer = JSON.stringify({
  answer: 'Paris §',
  context: 'Paris is in France §. It is large.',
  chunks: ['Paris §', 'Large'],
});
const query = { query: 'Where is Paris? §' };
const code = 'JSON.parse(output).context';
const taken: Judged[] = [
  {
    assertion: { type: 'context-faithfulness', contextTransform: code },
    ours: [{ statements: ['a', 'b'] }, { supported: [true, false] }],
    theirs: ['a\nb', 'Final verdict for each statement in order: Yes. No.'],
  },
  {
    assertion: { type: 'context-recall', value: 'Paris is in France §. It is old.', contextTransform: code },
    ours: [{ supported: [true, false] }],
    theirs: ['1. So. [Attributed]\n2. So. [Not Attributed]'],
  },
  {
    assertion: { type: 'context-relevance', contextTransform: code },
    ours: [{ needed: [1] }],
    theirs: ['Paris is in France §.'],
  },
  {
    assertion: { type: 'context-relevance', contextTransform: 'JSON.parse(output).chunks' },
    ours: [{ needed: [1] }],
    theirs: ['Paris §'],
  },
  // Several lines are a body; what the test's variable says no longer counts.
  {
    assertion: {
      type: 'context-recall',
      value: 'Paris is in France §.',
      contextTransform: 'const found = JSON.parse(output);\nreturn found.context + context.vars.query;',
    },
    vars: { ...query, context: 'none of it' },
    ours: [{ supported: [true] }],
    theirs: ['1. So. [Attributed]'],
  },
  ...['JSON.parse(output).nothing', 'output.', '7', '""'].map((contextTransform) => ({
    assertion: { type: 'context-relevance', contextTransform },
    ours: [{ needed: [1] }],
    theirs: ['Paris §'],
  })),
].map((one) => ({ answer, vars: query, ...one }));

export const HELPED: readonly Judged[] = [
  ...measured,
  ...moderated,
  ...hooked,
  ...missed,
  ...single,
  ...told,
  ...taken,
];
