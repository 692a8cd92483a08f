import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { decide } from '../src/assertions/decide.ts';
import type { Answer } from '../src/clients/answer.ts';
import { countRepeated, loadSuites, readSuite } from '../src/suites/load-suites.ts';
import { formatFinding } from '../src/suites/types.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const findings = (text: string): string[] => readSuite(text, 's.yaml').findings.map(formatFinding);

describe('findings name file, line and key', () => {
  test.each([
    [
      'an unknown key, with the near one',
      'promts: [a]\ntests:\n  - vars: {prompt: a}',
      "s.yaml:1:1: promts: unknown key 'promts'; did you mean 'prompts'?",
    ],
    [
      'a key of promptfoo that is not built',
      'nunjucksFilters: {x: y}\ntests: [{}]',
      "s.yaml:1:1: nunjucksFilters: 'nunjucksFilters' is not built yet",
    ],
    [
      'an unknown assertion, with the near one',
      'tests:\n  - vars: {prompt: a}\n    assert:\n      - type: contain\n        value: x',
      "s.yaml:4:9: tests[0].assert[0].type: unknown assertion 'contain'; did you mean 'contains'?",
    ],
    [
      'an assertion that is not built',
      'tests:\n  - assert: [{type: pi}]',
      "s.yaml:2:15: tests[0].assert[0].type: the assertion 'pi' is not built yet: it is scored by a service of one company; use llm-rubric or classifier",
    ],
    [
      'a key inside options',
      'tests:\n  - vars: {prompt: a}\n    options: {max_tokns: 3}',
      "s.yaml:3:15: tests[0].options.max_tokns: unknown key 'max_tokns'; did you mean 'max_tokens'?",
    ],
    [
      'a value of the wrong type',
      'tests:\n  - vars: {prompt: a}\n    options: {max_tokens: many}',
      's.yaml:3:15: tests[0].options.max_tokens: must be integer',
    ],
    [
      'a protocol that is not known',
      'tests:\n  - vars: {prompt: a}\n    options: {protocol: grpc}',
      "s.yaml:3:15: tests[0].options.protocol: 'grpc' is none of openai-completions, openai-chat, tgi",
    ],
    ['no tests', 'prompts: [a]', "s.yaml:1:1: must have required property 'tests'"],
    ['empty tests', 'tests: []', 's.yaml:1:1: tests: must NOT have fewer than 1 items'],
    [
      'a broken pattern',
      "tests:\n  - vars: {prompt: a}\n    assert:\n      - {type: regex, value: '('}",
      's.yaml:4:23: tests[0].assert[0].value: ',
    ],
    [
      'a variable without a value',
      "prompts: ['{{q}}']\ntests:\n  - vars: {prompt: a}",
      "s.yaml:3:5: tests[0]: '{{q}}' has no value; vars has prompt",
    ],
    [
      'a filter in a template',
      "prompts: ['{{ prompt | upcase }}']\ntests:\n  - vars: {prompt: a}",
      "s.yaml:1:11: prompts[0]: '{{ prompt | upcase }}' is not supported",
    ],
    [
      'a fault in the defaults',
      'defaultTest:\n  assert:\n    - {type: latency}\ntests:\n  - vars: {prompt: a}',
      "s.yaml:3:7: defaultTest.assert[0].threshold: 'latency' needs a threshold",
    ],
    [
      'a test that demands nothing',
      'tests:\n  - vars: {prompt: a}\n    assert: []',
      's.yaml:2:5: tests[0]: the test demands nothing, so every answer would pass',
    ],
    [
      'a threshold that nothing misses',
      'tests:\n  - vars: {prompt: a}\n    threshold: 0\n    assert: [{type: ends}]',
      's.yaml:3:5: tests[0].threshold: must be > 0',
    ],
    [
      'an assertion that a variable empties',
      "tests:\n  - vars: {prompt: a, want: ''}\n    assert: [{type: contains, value: '{{want}}'}]",
      "s.yaml:3:31: tests[0].assert[0].value: 'contains' with an empty text holds for every answer (with its",
    ],
    [
      'a variable that is no pattern',
      "defaultTest: {assert: [{type: regex, value: '{{want}}'}]}\ntests:\n  - vars: {prompt: a, want: '(('}",
      "defaultTest.assert[0].value: '((' is no regular expression",
    ],
    [
      'a list without values',
      'tests:\n  - vars: {prompt: []}\n    assert: [{type: ends}]',
      's.yaml:2:5: tests[0].vars: an empty list makes no test',
    ],
    ['broken YAML', 'tests:\n  - a: [', 's.yaml:2:'],
    ['a key twice', 'tests:\n  - vars: {prompt: a}\ntests: []', 's.yaml:3:1: '],
    ['an empty file', '', 's.yaml:1:1: must be object'],
  ])('%s', (_name, text, expected) => {
    expect(findings(text).join('\n')).toContain(expected);
  });

  test('all faults of all files come at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'suites-'));
    writeFileSync(join(folder, 'a.yaml'), 'x: 1\ntests: [{y: 2}]');
    writeFileSync(join(folder, 'b.yaml'), 'tests: 7');
    const error = await loadSuites(['*.yaml'], folder).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).faults.map((fault) => fault.split(':')[0])).toEqual([
      'a.yaml',
      'a.yaml',
      'b.yaml',
    ]);
  });

  test('a pattern that matches nothing is named', async () => {
    await expect(loadSuites(['nothing/*.yaml'], ROOT)).rejects.toThrow(
      /input `suite`: 'nothing\/\*\.yaml' matches no file/,
    );
  });

  test('a bomb of aliases is no suite', () => {
    const lines = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [at, name] of Array.from('bcdefgh').entries())
      lines.push(`${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(',')}]`);
    expect(findings(lines.join('\n')).length).toBeGreaterThan(0);
  });
});

describe('cases', () => {
  test('the examples load: 80 capitals, 6 bad inputs, 10 long answers', async () => {
    const suites = await loadSuites(['examples/suites/*.yaml'], ROOT);
    expect(
      Object.fromEntries(suites.map((suite) => [suite.path.split('/').at(-1), suite.cases.length])),
    ).toEqual({
      'bad-input.yaml': 6,
      'capitals.yaml': 80,
      'long.yaml': 10,
    });
    const cases = suites.flatMap((suite) => suite.cases);
    expect(new Set(cases.map((test) => test.id)).size).toBe(cases.length);
    expect(cases.filter((test) => test.kind === 'bad-input').length).toBe(6);
  });

  test('prompts times tests, defaults merged, values filled into prompts and assertions', () => {
    const text = `
prompts: ['Capital of {{ country }}?', 'Q: {{country}}']
defaultTest:
  vars: {tone: kind}
  assert: [{type: ends}]
  options: {max_tokens: 5, body: {a: 1}}
tests:
  - vars: {country: France, city: Paris}
    assert: [{type: contains, value: '{{city}}'}, {type: contains-any, value: ['{{city}}', x]}]
    options: {temperature: 0, body: {b: 2}}
    metadata: {tags: [x, x]}
`;
    const { cases, findings: found } = readSuite(text, 's.yaml');
    expect(found).toEqual([]);
    expect(cases.map((test) => test.prompt)).toEqual(['Capital of France?', 'Q: France']);
    expect(cases[0]).toMatchObject({
      description: 'test 1 (prompt 1)',
      tags: ['x'],
      options: { max_tokens: 5, temperature: 0, body: { a: 1, b: 2 } },
      assert: [
        { type: 'ends' },
        { type: 'contains', value: 'Paris' },
        { type: 'contains-any', value: ['Paris', 'x'] },
      ],
    });
  });

  test('lists of values are multiplied out, as promptfoo does', () => {
    const text = `
prompts: ['{{greeting}} {{country}}']
tests:
  - description: greets
    vars: {greeting: [Hi, Hello], country: [France, Japan], want: Paris}
    assert: [{type: contains, value: '{{country}}'}]
`;
    const { cases, findings: found } = readSuite(text, 's.yaml');
    expect(found).toEqual([]);
    expect(cases.map((test) => test.prompt)).toEqual([
      'Hi France',
      'Hi Japan',
      'Hello France',
      'Hello Japan',
    ]);
    expect(cases[1]).toMatchObject({
      description: 'greets (greeting: Hi, country: Japan)',
      assert: [{ value: 'Japan' }],
    });
    expect(new Set(cases.map((test) => test.id)).size).toBe(4);
  });

  test('is-json with a schema: compiled at the load, fails closed, and a broken one is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'suites-'));
    const schema = '{type: object, required: [city], properties: {city: {type: string}}}';
    const write = (value: string): void =>
      writeFileSync(
        join(folder, 'a.yaml'),
        `tests:\n  - description: json\n    vars: {prompt: x}\n    assert: [{type: is-json, value: ${value}}]\n`,
      );
    write(schema);
    const [suite] = await loadSuites(['a.yaml'], folder);
    const [assertion] = suite?.cases[0]?.assert ?? [];
    if (assertion === undefined) throw new Error('no assertion');
    const says = (text: string, type = 'is-json') =>
      decide({ ...assertion, type }, { answer: { text } as Answer, aliveAfterwards: null });
    expect((await says('{"city": "Paris"}')).passed).toBe(true);
    expect(await says('{"city": 1}')).toEqual({
      passed: false,
      score: 0,
      reason: "the answer is JSON that fits the schema ('/city must be string')",
    });
    expect((await says('{}')).reason).toContain("it must have required property 'city'");
    expect((await says('Paris')).passed).toBe(false);
    expect((await says('{}', 'not-is-json')).passed).toBe(true);
    const unknown = { type: 'is-json', value: { type: 'object' } };
    const seen = { answer: { text: '{}' } as Answer, aliveAfterwards: null };
    expect((await decide(unknown, seen)).passed).toBe(false);

    write('{type: objekt}');
    await expect(loadSuites(['a.yaml'], folder)).rejects.toThrow(
      /a\.yaml: 'json': the value of 'is-json' is no JSON Schema: schema is invalid/,
    );
    write('[1]');
    await expect(loadSuites(['a.yaml'], folder)).rejects.toThrow("'is-json' takes a JSON Schema as a map");
  });

  test('what stands in a value is never read as a template', () => {
    const { cases } = readSuite(
      "tests:\n  - vars: {prompt: '{{evil}} {% x %}', evil: no}\n    assert: [{type: ends}]",
      's.yaml',
    );
    expect(cases[0]?.prompt).toBe('{{evil}} {% x %}');
  });

  test('the id is the content: not the file, the place, the description or the order of keys', () => {
    const a = readSuite(
      'tests:\n  - description: one\n    vars: {prompt: hi}\n    options: {seed: 1, max_tokens: 2}\n    assert: [{type: ends}]',
      'a.yaml',
    );
    const b = readSuite(
      "prompts: ['{{p}}']\ndefaultTest: {assert: [{type: ends}]}\ntests:\n  - vars: {p: other}\n  - vars: {p: hi}\n    options: {max_tokens: 2, seed: 1}",
      'b.yaml',
    );
    expect(a.cases[0]?.id).toBe(b.cases[1]?.id);
    expect(a.cases[0]?.id).not.toBe(b.cases[0]?.id);
    const c = readSuite(
      'tests:\n  - vars: {prompt: hi}\n    options: {seed: 2, max_tokens: 2}\n    assert: [{type: ends}]',
      'a.yaml',
    );
    expect(c.cases[0]?.id).not.toBe(a.cases[0]?.id);
  });

  test('the same case twice has two ids', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'suites-'));
    writeFileSync(
      join(folder, 'a.yaml'),
      'defaultTest: {assert: [{type: ends}]}\ntests: [{vars: {prompt: x}}, {vars: {prompt: x}}]',
    );
    const suites = await loadSuites(['a.yaml'], folder);
    const ids = suites.flatMap((suite) => suite.cases.map((test) => test.id));
    expect(ids[1]).toBe(`${ids[0]}-2`);
    expect(countRepeated(suites)).toBe(1);
  });
});
