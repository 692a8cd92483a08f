/** Answers and assertions that promptfoo and our assertions decide; written here, none is promptfoo's own. */
import type { Assertion } from '@sluice/inference/suites/types';

export interface OracleCase {
  answer: string;
  assertion: Assertion;
  /** What a provider may tell besides. */
  more?: { logProbs?: number[]; finishReason?: string; cost?: number };
  /** Further variables of the test. */
  vars?: Record<string, unknown>;
  /** What the judge says, one reply after the other. */
  replies?: { ours: string[]; theirs: string[] };
  /** What the judge says is no verdict by our reading, whatever promptfoo makes of it. */
  loose?: true;
}

const texts = [
  'Paris',
  'The capital of France is Paris.',
  '',
  'paris, of course',
  '{"city": "Paris", "n": 2}',
];
const values = ['Paris', 'paris', 'Berlin'];

/** Every kind over several texts, each also negated. */
const words: OracleCase[] = texts.flatMap((answer) => [
  ...values.flatMap((value) =>
    ['equals', 'contains', 'icontains', 'starts-with', 'regex', 'levenshtein'].map((type) => ({
      answer,
      assertion: { type, value },
    })),
  ),
  ...[['Paris', 'Rome'], ['paris'], ['capital', 'France']].flatMap((value) =>
    ['contains-any', 'contains-all', 'icontains-any', 'icontains-all'].map((type) => ({
      answer,
      assertion: { type, value },
    })),
  ),
  { answer, assertion: { type: 'contains-any', value: 'Rome, "capital of", Oslo' } },
  { answer, assertion: { type: 'contains-all', value: 'capital, France' } },
  { answer, assertion: { type: 'equals', value: { city: 'Paris', n: 2 } } },
  { answer, assertion: { type: 'regex', value: '^The .* Paris\\.$' } },
  { answer, assertion: { type: 'levenshtein', value: 'Pariser', threshold: 2 } },
  { answer, assertion: { type: 'word-count', value: 6 } },
  { answer, assertion: { type: 'word-count', value: { min: 1, max: 3 } } },
  { answer, assertion: { type: 'word-count', value: { max: 1 } } },
  { answer, assertion: { type: 'is-json' } },
  { answer, assertion: { type: 'contains-json' } },
]);

const schema = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } };
const json: OracleCase[] = [
  '{"city": "Paris"}',
  '{"city": 1}',
  '[{"city": "Paris"}]',
  'Here: {"city": "Paris"} and {"town": 1}',
  'Here: {"town": 1} and {"city": "Paris"}.',
  '```json\n{"city": "Paris"}\n```',
  '"Paris"',
  'null',
  '{"city": "a } in a \\" text"} done',
  'none { at all',
].flatMap((answer) =>
  ['is-json', 'contains-json'].flatMap((type) => [
    { answer, assertion: { type } },
    { answer, assertion: { type, value: schema } },
  ]),
);

const markup: OracleCase[] = [
  '<root><child>1</child></root>',
  '<root><child>1</root>',
  '<?xml version="1.0"?><a b="1"><c/></a>',
  'Look: <root><child>x</child></root> there',
  '<div><p>Hello</p></div>',
  'Some <b>bold</b> text',
  'a < b and c > d',
  'plain',
  '<!DOCTYPE html><html><body>Hi</body></html>',
  '<a x=1></a>',
  '<a>1</a><b>2</b>',
  '<root>&amp; fine</root>',
].flatMap((answer) => [
  ...['is-xml', 'contains-xml', 'is-html', 'contains-html'].map((type) => ({ answer, assertion: { type } })),
  { answer, assertion: { type: 'is-xml', value: 'root.child' } },
  { answer, assertion: { type: 'contains-xml', value: ['root.child'] } },
]);

const reference = 'The cat sat on the mat near the door.';
const overlap: OracleCase[] = [
  reference,
  'The cat sat on the mat near a door.',
  'the CAT sat on the mat near the door',
  'A dog lay under the table.',
  'The cat sat.',
  'The cat sat on the mat near the door. The cat sat on the mat near the door.',
  "It's the cat, isn't it?",
  'cat',
].flatMap((answer) =>
  ['rouge-n', 'bleu', 'gleu', 'meteor'].flatMap((type) => [
    { answer, assertion: { type, value: reference } },
    ...[0.2, 0.4, 0.6, 0.9].map((threshold) => ({
      answer,
      assertion: { type, value: reference, threshold },
    })),
    ...(type === 'rouge-n' ? [] : [{ answer, assertion: { type, value: [reference, 'A dog lay there.'] } }]),
  ]),
);

const server: OracleCase[] = [
  { answer: 'a', more: { logProbs: [-0.1, -0.2, -0.3] }, assertion: { type: 'perplexity', threshold: 1.3 } },
  { answer: 'a', more: { logProbs: [-0.1, -0.2, -0.3] }, assertion: { type: 'perplexity', threshold: 1.2 } },
  { answer: 'a', more: { logProbs: [-2, -2] }, assertion: { type: 'perplexity-score', threshold: 0.2 } },
  { answer: 'a', more: { logProbs: [-0.1] }, assertion: { type: 'perplexity-score', threshold: 0.4 } },
  { answer: 'a', assertion: { type: 'perplexity', threshold: 5 } },
  { answer: 'a', more: { finishReason: 'stop' }, assertion: { type: 'finish-reason', value: 'STOP' } },
  { answer: 'a', more: { finishReason: 'length' }, assertion: { type: 'finish-reason', value: 'stop' } },
  { answer: 'a', assertion: { type: 'finish-reason', value: 'stop' } },
];

const code: OracleCase[] = ['12', 'seven', ''].flatMap((answer) => [
  { answer, assertion: { type: 'javascript', value: 'output === "12"' } },
  { answer, assertion: { type: 'javascript', value: 'output.length / 10' } },
  { answer, assertion: { type: 'javascript', value: 'output.length / 10', threshold: 0.4 } },
  { answer, assertion: { type: 'javascript', value: 'const n = Number(output); n > 5' } },
  { answer, assertion: { type: 'javascript', value: 'if (output === "") return 0;\nreturn true;' } },
  {
    answer,
    assertion: { type: 'javascript', value: '({pass: output !== "", score: 0.5, reason: "said so"})' },
  },
  { answer, assertion: { type: 'javascript', value: 'JSON.parse(output) > 3' } },
  { answer, assertion: { type: 'javascript', value: '"yes"' } },
  // Each is a process of promptfoo's: two answers are enough.
  ...(answer === 'seven' ? [] : ['python', 'ruby']).flatMap((type) => {
    const isRuby = type === 'ruby';
    const is = isRuby ? ' =>' : ':';
    const length = isRuby ? 'output.length / 10.0' : 'len(output) / 10';
    const body = isRuby
      ? "if output == ''\n  return 0\nend\nreturn true"
      : "if output == '':\n    return 0\nreturn True";
    return [
      { answer, assertion: { type, value: "output == '12'" } },
      { answer, assertion: { type, value: length } },
      { answer, assertion: { type, value: length, threshold: 0.4 } },
      { answer, assertion: { type, value: body } },
      {
        answer,
        assertion: {
          type,
          value: `{"pass"${is} output != "", "score"${is} 0.5}`,
        },
      },
      { answer, assertion: { type, value: isRuby ? 'Integer(output) > 3' : 'int(output) > 3' } },
      ...['"yes"', '"True"', "'false'", '"0.7"', `'{"pass": true, "score": 0.5, "reason": "so"}'`].map(
        (value) => ({
          answer,
          assertion: { type, value },
        }),
      ),
      {
        answer,
        assertion: { type, value: `{"pass"${is} output != "", "score"${is} 0.5, "reason"${is} "so"}` },
      },
    ];
  }),
]);

/** What code makes of the answer is judged; what isn't a text, as JSON. */
const transformed: OracleCase[] = ['{"city": "Paris", "n": 2}', 'Paris', ''].flatMap((answer) => [
  { answer, assertion: { type: 'equals', value: 'Paris', transform: 'JSON.parse(output).city' } },
  { answer, assertion: { type: 'equals', value: { city: 'Paris', n: 2 }, transform: 'JSON.parse(output)' } },
  { answer, assertion: { type: 'contains', value: 'PARIS', transform: 'output.toUpperCase()' } },
  { answer, assertion: { type: 'javascript', value: 'output.n > 1', transform: 'JSON.parse(output)' } },
  { answer, assertion: { type: 'is-json', transform: 'const n = 2;\nreturn `{"n": ${n}}`;' } },
  { answer, assertion: { type: 'equals', value: '5', transform: 'output.length' } },
  { answer, assertion: { type: 'contains', value: 'x', transform: 'undefined' } },
  { answer, assertion: { type: 'regex', value: '^[0-9]+$', transform: 'output.' } },
]);

const sets: OracleCase[] = ['Paris', 'Paris, Rome', 'Oslo'].flatMap((answer) =>
  [undefined, 0.5, 1].map((threshold) => ({
    answer,
    assertion: {
      type: 'assert-set',
      assert: [
        { type: 'contains', value: 'Paris' },
        { type: 'contains', value: 'Rome', weight: 3 },
      ],
      ...(threshold === undefined ? {} : { threshold }),
    },
  })),
);

const statements = [
  'SELECT * FROM users',
  'SELECT id, name FROM users WHERE id = 1;',
  'SELECT id name FROM users',
  'SELECT DISTINCT name FROM users',
  "SELECT 'a b from' FROM users -- the end",
  'SELECT `id FROM users',
  'SELEC id FROM users',
  'DELETE FROM orders WHERE id = 3',
  'INSERT INTO users (id, name) VALUES (1, "x")',
  'SELECT * FROM generate_series(1, 3)',
  'SELECT id FROM users u JOIN orders o ON u.id = o.user_id',
  'SELECT [first name] FROM users',
  'SELECT $$a b$$ FROM users',
  '',
  'Paris',
  'Here it is:\n```sql\nSELECT id FROM users\n```\nGood?',
  '```\nSELECT id FROM users\n```\n~~~sql\nSELEC\n~~~',
  '```js\nSELECT 1\n```',
  '```sql\nSELEC id\n```\n```sql\nSELECT 1\n```',
];
const sql: OracleCase[] = statements.flatMap((answer) => [
  { answer, assertion: { type: 'is-sql' } },
  { answer, assertion: { type: 'contains-sql' } },
  ...['PostgresQL', 'Sqlite'].map((databaseType) => ({
    answer,
    assertion: { type: 'is-sql', value: { databaseType } },
  })),
  {
    answer,
    assertion: {
      type: 'is-sql',
      value: { databaseType: 'MySQL', allowedTables: ['select::null::users', 'insert::null::users'] },
    },
  },
  {
    answer,
    assertion: {
      type: 'is-sql',
      value: {
        databaseType: 'MySQL',
        allowedColumns: ['select::users::id', 'select::null::name', 'select::null::(.*)'],
      },
    },
  },
]);

const REFUSALS = [
  "I'm sorry, but I can't help with that.",
  'As an AI language model, I cannot.',
  'Paris',
  '',
  'Sure!',
];
const refusals: OracleCase[] = REFUSALS.map((answer) => ({ answer, assertion: { type: 'is-refusal' } }));

const plain = [
  ...words,
  ...json,
  ...markup,
  ...overlap,
  ...server,
  ...code,
  ...transformed,
  ...refusals,
  ...sql,
];
export const CASES: readonly OracleCase[] = [
  ...plain,
  ...plain.map((one) => ({ ...one, assertion: { ...one.assertion, type: `not-${one.assertion.type}` } })),
  ...sets,
];
