import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { copyFileSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCases, type RunResult } from '../src/runs/run-cases.ts';
import { toResultCase } from '../src/runs/results.ts';
import { readCsv } from '../src/suites/csv.ts';
import { loadSuites, readSuite } from '../src/suites/load-suites.ts';
import { readExpected } from '../src/suites/rows.ts';
import { fillPrompt, fillTemplate, findTemplateFault } from '../src/suites/template.ts';
import { formatFinding, type Case } from '../src/suites/types.ts';
import { content, DONE, startHostile, stream, type HostileServer } from './hostile-server.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'suite-files-'));
});
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
function cases(text: string, file = 's.yaml'): Case[] {
  const { cases: built, findings } = readSuite(text, file, root);
  expect(findings.map(formatFinding)).toEqual([]);
  return built;
}
const findings = (text: string): string =>
  readSuite(text, 's.yaml', root).findings.map(formatFinding).join('\n');

describe('rows of files', () => {
  test('a table with promptfoo columns', () => {
    write(
      'data/t.csv',
      'country,__expected,__expected2,__description,__threshold\nFrance,"contains: Paris","icontains-any: paris, ""x""",first,0.5\n"Nor\nway",Oslo,,,\n',
    );
    const [france, norway] = cases('prompts: ["{{country}}?"]\ntests: file://data/t.csv');
    expect(france).toMatchObject({ prompt: 'France?', description: 'first', threshold: 0.5 });
    expect(france?.assert).toEqual([
      { type: 'contains', value: 'Paris' },
      { type: 'icontains-any', value: ['paris', 'x'] },
    ]);
    expect(norway).toMatchObject({ prompt: 'Nor\nway?', assert: [{ type: 'equals', value: 'Oslo' }] });
  });

  test('a data set of lines: renamed, limited, with the test own assertions', () => {
    write(
      'hf/train.jsonl',
      '{"question": "q1", "answer": "a1"}\n\n{"question": "q2", "answer": "a2"}\n{"question": "q3", "answer": "a3"}\n',
    );
    const built = cases(
      "tests:\n  - description: qa\n    data: {path: hf/train.jsonl, limit: 2, rename: {question: prompt}}\n    assert: [{type: icontains, value: '{{answer}}'}]\n",
    );
    expect(built.map(({ prompt, description, assert }) => [prompt, description, assert[0]?.value])).toEqual([
      ['q1', 'qa 1', 'a1'],
      ['q2', 'qa 2', 'a2'],
    ]);
  });

  test.each([
    ['tests: [file://missing.csv]', "s.yaml:1:9: tests[0]: there is no file 'missing.csv'"],
    [
      'tests:\n  - data: {path: a.jsonl, rename: {x: y}}\n    assert: [{type: ends}]',
      "s.yaml:2:5: tests[0].data: 'a.jsonl' has no column 'x', only q",
    ],
    [
      'tests:\n  - data: bad.jsonl\n    assert: [{type: ends}]',
      's.yaml:2:5: tests[0].data: line 2 is no JSON',
    ],
    [
      'tests:\n  - data: odd.csv\n    assert: [{type: ends}]',
      "tests[0].data: the column '__strange' is not supported",
    ],
    [
      'tests:\n  - data: {pth: a.jsonl}',
      "s.yaml:2:12: tests[0].data.pth: unknown key 'pth'; did you mean 'path'?",
    ],
    [
      'tests:\n  - data: out/secret.jsonl\n    assert: [{type: ends}]',
      "'out/secret.jsonl' leads outside of the workspace",
    ],
    ['tests:\n  - data: ../../etc/passwd\n    assert: [{type: ends}]', 'tests[0].data: '],
  ])('%j is told', (text, expected) => {
    write('a.jsonl', '{"q": 1}');
    write('bad.jsonl', '{"q": 1}\n{"q"');
    write('odd.csv', 'q,__strange\n1,2\n');
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    writeFileSync(join(outside, 'secret.jsonl'), '{"q": 1}');
    symlinkSync(outside, join(root, 'out'));
    expect(findings(text)).toContain(expected);
  });

  test('a table in Parquet: columns as those of CSV, kinds of cells as JSON has them', async () => {
    const fixtures = join(import.meta.dirname, '../../data/test/fixtures');
    for (const name of ['zstd', 'lz4'])
      copyFileSync(join(fixtures, `${name}.parquet`), join(root, `${name}.parquet`));
    const assert = "assert: [{type: equals, value: '{{prompt}} {{id}} {{nested.v}} {{at}} {{items}}'}]";
    const suite = (path: string): string =>
      `prompts: ['{{prompt}}']\ntests:\n  - data: {path: ${path}, limit: 1, rename: {text: prompt}}\n    options: {disableVarExpansion: true}\n    ${assert}\n`;
    write('s.yaml', suite('zstd.parquet'));
    const [loaded] = await loadSuites(['s.yaml'], root);
    expect(loaded?.cases.map(({ prompt, vars }) => [prompt, vars?.['id'], vars?.['items']])).toEqual([
      ['x', 1, [1]],
    ]);
    expect(loaded?.cases[0]?.assert[0]?.value).toBe('x 1 q 1970-01-01T00:00:00.000Z [1]');
    // A hub's data set in several files.
    for (const part of [1, 2])
      copyFileSync(join(fixtures, 'zstd.parquet'), join(root, `test-0000${part}.parquet`));
    const all = (path: string): string =>
      suite(path).replace('limit: 1, ', '').replace(assert, 'assert: [{type: ends}]');
    write('s.yaml', all("'test-*.parquet'"));
    const [whole] = await loadSuites(['s.yaml'], root);
    write('s.yaml', all('zstd.parquet'));
    const [single] = await loadSuites(['s.yaml'], root);
    expect(whole?.cases.length).toBe(2 * (single?.cases.length ?? NaN));
    write('s.yaml', suite("'none-*.parquet'"));
    await expect(loadSuites(['s.yaml'], root)).rejects.toThrow(
      "tests[0].data: 'none-*.parquet' matches no file beside the suite or in the workspace",
    );
    write('s.yaml', suite('lz4.parquet'));
    await expect(loadSuites(['s.yaml'], root)).rejects.toThrow(
      "s.yaml:3:5: tests[0].data: 'lz4.parquet' is packed with LZ4",
    );
    write('bad.parquet', 'PAR1');
    write('s.yaml', suite('bad.parquet'));
    await expect(loadSuites(['s.yaml'], root)).rejects.toThrow(
      /tests\[0\]\.data: 'bad.parquet' can't be read as Parquet/,
    );
  });

  test('columns that configure the others', () => {
    write(
      't.csv',
      'q,__expected,__expected2,__config:__expected2:threshold,__metadata:tags[],__metadata:owner\nx,is-json,levenshtein: y,2,"a, b",me\n',
    );
    const [test] = cases('prompts: ["{{q}}"]\ntests: file://t.csv');
    expect(test?.assert).toEqual([{ type: 'is-json' }, { type: 'levenshtein', value: 'y', threshold: 2 }]);
    expect(test?.tags).toEqual(['a', 'b']);
    write('t.csv', 'q,__expected,__threshold\nx,is-json,half\n');
    expect(findings('prompts: ["{{q}}"]\ntests: file://t.csv')).toContain(
      "'__threshold' holds 'half', which is no number",
    );
  });

  test('CSV: quotes, line ends, and what is none', () => {
    expect(readCsv('\uFEFFa,b\r\n1,"x ""y"", z"\r\n')).toEqual([{ a: '1', b: 'x "y", z' }]);
    expect(readCsv('a, b\n\n5" pipe,"x\ny"\nonly\n')).toEqual([
      { a: '5" pipe', b: 'x\ny' },
      { a: 'only', b: '' },
    ]);
    expect(() => readCsv('a\n1\n"x')).toThrow('row 2 has a quote that is not closed');
    expect(() => readCsv('a\n1,2')).toThrow('row 1 has 2 cells, its header 1');
    expect(() => readCsv('a,a\n1,2')).toThrow(/twice/);
  });

  test.each([
    ['Paris', { type: 'equals', value: 'Paris' }],
    ['similar(0.8): x: y', { type: 'similar', value: 'x: y', threshold: 0.8 }],
    ['not-contains: a', { type: 'not-contains', value: 'a' }],
    ['is-json', { type: 'is-json' }],
    ['similar: x', { type: 'similar', value: 'x', threshold: 0.8 }],
    ['context-recall: x', { type: 'context-recall', value: 'x', threshold: 0.75 }],
    ['fn: output.length > 3', { type: 'javascript', value: 'output.length > 3' }],
    ['file://check.py:name', { type: 'python', value: 'file://check.py:name' }],
    ['contains-all: a, "b, ""c"""', { type: 'contains-all', value: ['a', 'b, "c"'] }],
    ['grade: is polite', { type: 'llm-rubric', value: 'is polite' }],
    ['well: no kind', { type: 'equals', value: 'well: no kind' }],
  ])('__expected %j', (text, assertion) => {
    expect(readExpected(text)).toEqual(assertion);
  });
});

describe('prompts', () => {
  test('versions of a file are different cases; files are parted by lines of dashes', () => {
    write('prompts/capital/v1.txt', 'Capital of {{c}}?\n');
    write('prompts/capital@v2.md', 'What is the capital of {{c}}?');
    write('prompts/two.txt', 'One {{c}}\n---\nTwo {{c}}\n');
    const test = 'tests: [{vars: {c: X}, assert: [{type: ends}]}]';
    const prompts = (list: string): string[] =>
      cases(`prompts: [${list}]\n${test}`).map(({ prompt }) => prompt);
    expect(prompts('prompts/capital@v1, prompts/capital@v2')).toEqual([
      'Capital of X?',
      'What is the capital of X?',
    ]);
    expect(prompts('file://prompts/two.txt, {raw: "Three {{c}}", label: l}')).toEqual([
      'One X',
      'Two X',
      'Three X',
    ]);
    expect(findings(`prompts: [prompts/capital@v9]\n${test}`)).toContain(
      's.yaml:1:11: prompts[0]: there is no prompts/capital/v9.txt',
    );
  });

  test('messages in a file are filled in one by one', () => {
    write('chat.json', '[{"role": "system", "content": "Be {{how}}"}, {"role": "user", "content": "{{q}}"}]');
    const [built] = cases(
      'prompts: [file://chat.json]\ntests: [{vars: {how: "\\"so\\"", q: "a\\nb"}, assert: [{type: ends}]}]',
    );
    expect(JSON.parse(built?.prompt ?? '')).toEqual([
      { role: 'system', content: 'Be "so"' },
      { role: 'user', content: 'a\nb' },
    ]);
  });
});

describe('templates', () => {
  const vars = { name: 'Ann', list: ['a', 'b'], map: { key: { deep: 7 } }, empty: '', n: 3 };
  test.each([
    ['{{ name | upper }} {{name|length}}', 'ANN 3'],
    ['{{ map.key.deep }} {{ list[1] }} {{ map["key"] | dump }}', '7 b {"deep":7}'],
    ['{% for x in list %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}', '1a,2b'],
    ['{% if n > 2 and name == "Ann" %}yes{% else %}no{% endif %}', 'yes'],
    ['{% if nothing %}{{ nothing.at.all }}{% elif empty %}1{% else %}2{% endif %}', '2'],
    ['{{ nothing | default("x") }}{# no #}{% raw %}{{ kept }}{% endraw %}', 'x{{ kept }}'],
    ['{{ list | join("-") | replace("a", "$&") }}', '$&-b'],
    ['{"json": {"a": 1}}', '{"json": {"a": 1}}'],
  ])('%j', (template, filled) => {
    expect(fillTemplate(template, vars)).toBe(filled);
  });

  test.each([
    ['{{ other }}', "'{{other}}' has no value; vars has name, list"],
    ['{{ name.constructor }}', 'has no value'],
    ['{{ map.__proto__ }}', 'has no value'],
    ['{{ name | shout }}', "there is no filter 'shout'"],
    ['{{ name( }}', 'is not supported'],
    ['{% if name %}x', "'{% endif %}' is missing"],
    ['{% include "x" %}', 'is not supported'],
    ['{% for x in name %}{% endfor %}', 'needs a list'],
  ])('%j is a fault', (template, fault) => {
    expect(findTemplateFault(template, vars)).toContain(fault);
  });

  test('what a value holds is not read again', () => {
    expect(fillPrompt('{{a}}', { a: '{{b}}', b: 'x' })).toBe('{{b}}');
  });
});

describe("promptfoo's configuration files", () => {
  const config = `description: theirs
providers: [openai:gpt-4o]
prompts: 'Capital of {{country}}?'
outputPath: out.json
assertionTemplates:
  short: {type: word-count, value: {max: 5}}
defaultTest:
  options: {provider: openai:gpt-4o-mini}
  assert:
    - $ref: '#/assertionTemplates/short'
tests:
  - vars: {country: [France, Italy]}
    assert: [{type: llm-rubric, value: polite, provider: openai:gpt-4o}]
`;
  test('load as suites; what is not carried over is named, with file and line', () => {
    const { cases: built, findings: wrong, notices } = readSuite(config, 'promptfooconfig.yaml', root);
    expect(wrong).toEqual([]);
    expect(built.map(({ prompt }) => prompt)).toEqual(['Capital of France?', 'Capital of Italy?']);
    expect(built[0]?.assert.map(({ type }) => type)).toEqual(['word-count', 'llm-rubric']);
    expect(notices.map(formatFinding)).toEqual([
      "promptfooconfig.yaml:2:1: providers: 'providers' is not carried over: the server under test is asked instead",
      "promptfooconfig.yaml:4:1: outputPath: 'outputPath' is not carried over: use the input \`results\`",
      expect.stringMatching(/^promptfooconfig\.yaml:13:.*tests\[0\]\.assert\[0\]\.provider/),
      expect.stringMatching(/^promptfooconfig\.yaml:8:.*defaultTest\.options\.provider/),
    ]);
  });

  test('what changes a verdict is refused', () => {
    expect(findings('tests:\n  - vars: {prompt: a}\n    assert: [{type: ends, rubricPrompt: x}]')).toContain(
      "s.yaml:3:27: tests[0].assert[0].rubricPrompt: 'rubricPrompt' is not built yet",
    );
    expect(
      findings("tests:\n  - vars: {prompt: a}\n    assert: [{$ref: '#/assertionTemplates/none'}]"),
    ).toContain('there is no assertionTemplates.none');
  });

  test('scenarios: every configuration with every test; sets and scripts keep their parts', () => {
    write('check.js', 'export default () => true;');
    const built = cases(`prompts: ['{{a}}{{b}}']
scenarios:
  - config: [{vars: {a: 1}}, {vars: {a: 2}}]
    tests:
      - vars: {b: x}
        assert:
          - type: assert-set
            threshold: 0.5
            assert: [{type: contains, value: '{{b}}'}, {type: javascript, value: 'file://check.js'}]
`);
    expect(built.map(({ prompt }) => prompt)).toEqual(['1x', '2x']);
    expect(built[0]?.assert[0]?.assert).toEqual([
      { type: 'contains', value: 'x' },
      { type: 'javascript', value: 'file://check.js', file: expect.stringMatching(/check\.js$/) },
    ]);
  });

  test('code in a file is a part of the case', () => {
    const suite = 'tests: [{vars: {prompt: a}, assert: [{type: python, value: "file://c.py:check"}]}]';
    write('c.py', 'a');
    const [before] = cases(suite);
    write('c.py', 'b');
    expect(cases(suite)[0]?.id).not.toBe(before?.id);
  });
});

describe('conversations', () => {
  let server: HostileServer;
  beforeAll(async () => {
    server = await startHostile();
  });
  afterAll(() => server.close());
  const ask = (list: readonly Case[], repeats = 1, minPass = repeats): Promise<RunResult> =>
    runCases(list, {
      target: { origin: server.origin, modelName: 'm' },
      protocol: 'openai-chat',
      healthPath: '/health',
      concurrency: 1,
      repeats,
      minPass,
      seed: undefined,
      warmup: 0,
      timeoutMs: 2_000,
      signal: new AbortController().signal,
    });
  const sent = (): { messages: unknown[] }[] =>
    server.bodies.map((body) => JSON.parse(body) as { messages: unknown[] });

  test('turns carry what was said; the turn that failed is named', async () => {
    server.bodies.length = 0;
    let count = 0;
    server.reply((...args) => stream(content(`answer ${(count += 1)}`, 'stop'), DONE)(...args));
    const list = cases(`tests:
  - vars: {prompt: hello, who: Ann}
    assert: [{type: equals, value: answer 1}]
    turns:
      - {prompt: 'I am {{who}}', assert: [{type: equals, value: answer 2}]}
      - {prompt: bye, assert: [{type: equals, value: goodbye}]}
`);
    const {
      cases: [result],
    } = await ask(list);
    expect(result).toMatchObject({
      status: 'failed',
      score: 2 / 3,
      reasons: [expect.stringContaining('turn 3: expected')],
    });
    expect(sent().at(-1)?.messages).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'answer 1' },
      { role: 'user', content: 'I am Ann' },
      { role: 'assistant', content: 'answer 2' },
      { role: 'user', content: 'bye' },
    ]);
  });

  test('images go along as content parts', async () => {
    write('cat.png', 'png');
    server.bodies.length = 0;
    server.reply(stream(content('a cat', 'stop'), DONE));
    const list = cases(
      'tests: [{vars: {prompt: what?}, images: [cat.png], assert: [{type: contains, value: cat}]}]',
    );
    expect((await ask(list)).cases[0]?.status).toBe('passed');
    expect(sent()[0]?.messages).toEqual([
      {
        role: 'user',
        content: [
          { type: 'text', text: 'what?' },
          {
            type: 'image_url',
            image_url: { url: `data:image/png;base64,${Buffer.from('png').toString('base64')}` },
          },
        ],
      },
    ]);
    const completions = list.map((one) => ({ ...one, options: { protocol: 'openai-completions' as const } }));
    expect((await ask(completions)).cases[0]).toMatchObject({ status: 'error' });
  });

  test('a case whose repeats disagree is flaky, passed or not', async () => {
    let count = 0;
    server.reply((...args) => stream(content((count += 1) % 3 === 0 ? 'no' : 'yes', 'stop'), DONE)(...args));
    const list = cases('tests: [{vars: {prompt: a}, assert: [{type: equals, value: "yes"}]}]');
    const {
      cases: [passed],
    } = await ask(list, 3, 2);
    expect(passed).toMatchObject({ status: 'passed', flaky: true, reasons: [] });
    const {
      cases: [failed],
    } = await ask(list, 3, 3);
    expect(failed).toMatchObject({
      status: 'failed',
      flaky: true,
      reasons: [expect.stringContaining('flaky'), expect.anything()],
    });
    expect(failed === undefined ? {} : toResultCase(failed, 'all')).toMatchObject({ flaky: true });
    const {
      cases: [steady],
    } = await ask(cases('tests: [{vars: {prompt: a}, assert: [{type: contains, value: x}]}]'), 2);
    expect(steady?.flaky).toBe(false);
  });
});
