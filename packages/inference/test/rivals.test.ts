import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeAides } from '../src/assertions/aides.ts';
import { parseFormula } from '../src/runs/formula.ts';
import { computeNamed } from '../src/runs/named-metrics.ts';
import { runCases, type CaseResult } from '../src/runs/run-cases.ts';
import { readSuite } from '../src/suites/load-suites.ts';
import { formatFinding } from '../src/suites/types.ts';
import { content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

let server: HostileServer;
beforeAll(async () => {
  server = await startHostile();
});
afterAll(() => server.close());

/** The model says the prompt's last word; the judge is asked by chat, and sees the texts in their order. */
function serve(judge: (texts: string[]) => string): void {
  server.reply((response, request, body) => {
    const given = JSON.parse(body) as { prompt?: string; messages?: { content: string }[] };
    if (request.url?.endsWith('/v1/completions') === true) {
      const said = given.prompt?.split(' ').at(-1) ?? '';
      if (said === 'broken') response.writeHead(500).end('{}');
      else
        void stream(
          content(said, 'stop').replace('"delta":{"content":', '"text":').replace('},"finish', ',"finish'),
          DONE,
        )(response, request, body);
      return;
    }
    const texts = [...(given.messages?.[0]?.content ?? '').matchAll(/^\d+\. (".*")$/gm)].map(
      ([, text = '']) => JSON.parse(text) as string,
    );
    response.end(JSON.stringify({ choices: [{ message: { content: judge(texts) } }] }));
  });
}

const longest = (texts: string[]): string => {
  const most = Math.max(...texts.map(({ length }) => length));
  return JSON.stringify({ reason: 'long', best: texts.findIndex(({ length }) => length === most) + 1 });
};

async function run(suite: string): Promise<CaseResult[]> {
  const { cases, findings } = readSuite(suite, 's.yaml');
  expect(findings.map(formatFinding)).toEqual([]);
  const target = { origin: server.origin, modelName: 'm' };
  const { signal } = new AbortController();
  const aides = makeAides({ target, judge: target, timeoutMs: 2_000, signal });
  const plan = { target, protocol: 'openai-completions' as const, healthPath: '/', concurrency: 4, seed: 1 };
  const rest = { repeats: 1, minPass: 1, warmup: 0, timeoutMs: 2_000, signal, aides };
  return (await runCases(cases, { ...plan, ...rest })).cases;
}

const THREE = "prompts: ['{{q}} a', '{{q}} bbb', '{{q}} cc']\n";
const verdicts = (results: CaseResult[]): string[] => results.map(({ status }) => status);

describe('select-best', () => {
  const suite = `${THREE}tests:\n  - vars: {q: say}\n    assert: [{type: select-best, value: the longest}]\n`;

  test('one prompt passes, the others fail and are told which', async () => {
    serve(longest);
    const results = await run(suite);
    expect(verdicts(results)).toEqual(['failed', 'passed', 'failed']);
    expect(results[0]?.reasons).toEqual([
      "expected that the answer is the best by 'the longest' (that of prompt 2 is)",
    ]);
    expect(results.map(({ score }) => score)).toEqual([0, 1, 0]);
  });

  test.each<[string, (texts: string[]) => string]>([
    ['goes by the place', () => '{"best": 1}'],
    ['names a text that is not there', () => '{"best": 4}'],
    ['counts from 0', () => '{"best": 0}'],
    ['says it in words', () => 'The 2nd is the best'],
  ])('a judge that %s chooses none', async (_name, judge) => {
    serve(judge);
    expect(verdicts(await run(suite))).toEqual(['failed', 'failed', 'failed']);
  });

  test('a prompt without an answer leaves none the best; what failed already stays so', async () => {
    serve(longest);
    const broken = suite.replace("'{{q}} a'", "'{{q}} broken'");
    expect(verdicts(await run(broken))).toEqual(['error', 'failed', 'failed']);
    const short = suite.replace('[{type', '[{type: not-contains, value: bbb}, {type');
    expect(verdicts(await run(short))).toEqual(['failed', 'failed', 'failed']);
  });
});

test.each([
  ['', ['failed', 'passed', 'failed']],
  [', value: {weights: {contains: 0}}', ['failed', 'failed', 'passed']],
  [', value: {method: sum, threshold: 2.5}', ['failed', 'failed', 'failed']],
])('max-score%s', async (value, expected) => {
  const assert = `[{type: contains, value: b}, {type: javascript, value: "output === 'cc' ? 1 : 0.5"}, {type: max-score${value}}]`;
  const suite = `${THREE}tests:\n  - vars: {q: say}\n    threshold: 0.1\n    assert: ${assert}\n`;
  serve(longest);
  expect(verdicts(await run(suite))).toEqual(expected);
});

describe('named metrics', () => {
  const suite = `prompts: ['{{q}}']
defaultTest:
  assert:
    - {type: javascript, metric: tp, value: 'output === "yes" && context.vars.truth === "yes"'}
    - {type: javascript, metric: fp, value: 'output === "yes" && context.vars.truth === "no"'}
    - {type: assert-set, threshold: 0.5, assert: [{type: javascript, metric: fn, value: 'output === "no" && context.vars.truth === "yes"'}]}
  threshold: 0.01
tests:
${['yes yes', 'yes no', 'no yes', 'yes yes', 'no no'].map((one) => `  - vars: {q: 'say ${one.split(' ')[0]}', truth: '${one.split(' ')[1]}'}\n`).join('')}derivedMetrics:
  - {name: precision, value: tp / (tp + fp)}
  - {name: recall, value: tp / (tp + fn)}
  - {name: f1, value: 2 * precision * recall / (precision + recall)}
  - {name: share, value: sqrt(tp / __count) ^ 2}
  - {name: nothing, value: fp / (tp - 2)}
`;

  test('means of scores, and formulas over their sums', async () => {
    serve(longest);
    const results = await run(suite.replaceAll('fn: ', 'fn: '));
    const { cases, derived } = readSuite(suite, 's.yaml');
    const metrics = computeNamed([{ path: 's.yaml', cases, derived }], results);
    const value = (name: string): number | null | undefined => metrics[name]?.value;
    expect(value('score.tp')).toBeCloseTo(2 / 5);
    expect(metrics['score.fn']?.n).toBe(5);
    expect(value('derived.precision')).toBeCloseTo(2 / 3);
    expect(value('derived.f1')).toBeCloseTo(2 / 3);
    expect(value('derived.share')).toBeCloseTo(2 / 5);
    expect(metrics['derived.nothing']).toEqual({ value: null, n: 5 });
  });

  test('before anything is asked they are known, and have no values', () => {
    const { cases, derived } = readSuite(suite, 's.yaml');
    const metrics = computeNamed([{ path: 's.yaml', cases, derived }], []);
    expect(Object.keys(metrics)).toContain('derived.f1');
    expect(Object.values(metrics).map(({ value }) => value)).toEqual(Object.keys(metrics).map(() => null));
  });
});

test.each([
  ['1 + 2 * 3 ^ 2 - 4 / 2', 17],
  ['-2 ^ 2', -4],
  ['2 ^ -1', 0.5],
  ['2 ^ 3 ^ 2', 512],
  ['max(1, min(5, 3), 2)', 3],
  ['round(log(8, 2) + 1e-9, 3)', 3],
  ['(a + 1) * .5', 2],
])('%s = %d', (text, value) => {
  expect(parseFormula(text).evaluate(new Map([['a', 3]]))).toBeCloseTo(value, 9);
});

test.each([
  [
    'derivedMetrics:\n  - {name: x, value: 1 +}',
    '12:15: derivedMetrics[0].value: something is missing at its end',
  ],
  [
    'derivedMetrics:\n  - {name: x, value: toneless / 2}',
    "no assertion has the metric 'toneless'; there is tone, __count",
  ],
  ['derivedMetrics:\n  - {name: x, value: x + 1}', "no assertion has the metric 'x'"],
  ['derivedMetrics:\n  - {name: tone, value: "1"}', "derivedMetrics[0].name: 'tone' is a metric already"],
  ['derivedMetrics:\n  - {name: x, value: sqr(tone)}', "there is no function 'sqr'; known are abs, sqrt"],
  [
    'derivedMetrics:\n  - {nme: x, value: tone}',
    "derivedMetrics[0].nme: unknown key 'nme'; did you mean 'name'?",
  ],
  ['derivedMetrics:\n  - {name: x, value: "process.exit(1)"}', "there is no function 'process.exit'"],
  ['x1: 1', "unknown key 'x1'"],
])('%s is told', (lines, message) => {
  const suite = `prompts:\n  - a\n  - b\ndefaultTest:\n  options: {seed: 1}\ntests:\n  - assert:\n      - type: contains\n        value: x\n        metric: tone\n${lines}\n`;
  expect(readSuite(suite, 's.yaml').findings.map(formatFinding).join('\n')).toContain(message);
});

test.each([
  [
    '[{type: select-best, value: x}]',
    "'select-best' compares the answers to several prompts, and the suite has one",
    "['a']",
  ],
  ['[{type: not-select-best, value: x}]', "write 'select-best'", "['a', 'b']"],
  ['[{type: max-score}]', "'max-score' needs another assertion", "['a', 'b']"],
  ['[{type: ends}, {type: max-score, value: {methd: sum}}]', "'max-score' takes {method", "['a', 'b']"],
  [
    '[{type: assert-set, assert: [{type: select-best, value: x}]}]',
    "'select-best' stands in no set",
    "['a', 'b']",
  ],
  ['[{type: select-bst, value: x}]', "did you mean 'select-best'?", "['a', 'b']"],
])('%s is told', (assert, message, prompts) => {
  const suite = `prompts: ${prompts}\ntests:\n  - assert: ${assert}\n`;
  expect(readSuite(suite, 's.yaml').findings.map(formatFinding).join('\n')).toContain(message);
});
