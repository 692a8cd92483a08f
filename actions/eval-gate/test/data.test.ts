import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { parseRecord } from '@sluice/release/record';
import { gate, put, read, useWorkspaces } from './workspace.ts';

/** Data through the committed bundle. */

useWorkspaces();
const rows = (count: number, shift = 0): string =>
  ['prompt,score,lang', ...Array.from({ length: count }, (_, i) => `question ${i} of the set,${((i * 37) % 100) + shift},${i % 2 === 0 ? 'de' : 'en'}`)].join('\n'); // prettier-ignore
const schema = `# yaml-language-server: $schema=../schemas/data.schema.json
rows: {min: 10}
columns:
  prompt: {type: string, min-length: 5, unique: true}
  score: {type: number, min: 0, max: 1000, nulls: 5%}
  lang: {values: [de, en]}
`;
const listOf = (sha256: string): string => `datasets:
  - name: instruction-v3
    uri: file:data/instruction.csv
    sha256: ${sha256}
    created: 2026-01-01
    schema: data/schema.yaml
`;
const E14 = {
  data: 'data/datasets.yaml#instruction-v3',
  'data-schema': 'data/schema.yaml',
  'drift-reference': 'file:data/before.csv',
  'drift-current': 'data/train.csv',
  thresholds: `schema.violations == 0
nulls.rate <= 1%
outliers.rate <= 1%
drift.max_psi <= 0.2
score.psi <= 0.2 against training`,
  'data-report': 'reports/data_validation_report.html',
};
const putE14 = (data = rows(200), train = rows(300)): void => {
  put('data/instruction.csv', data);
  put('data/before.csv', rows(300));
  put('data/train.csv', train);
  put('data/schema.yaml', schema);
  put('data/datasets.yaml', listOf(createHash('sha256').update(data).digest('hex')));
};

describe('E14', () => {
  test('good data pass without any results; report and record say what was seen', async () => {
    putE14();
    const done = await gate(E14);
    expect(done.stdout).not.toContain('::error');
    expect(done).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass' } });
    const metrics = JSON.parse(done.outputs['metrics'] ?? '') as Record<string, number>;
    expect(metrics).toMatchObject({
      'data.rows': 200,
      'schema.violations': 0,
      'nulls.rate': 0,
      'drift.max_psi': 0,
    });
    expect(metrics['data.age_days']).toBeGreaterThan(300);
    expect(read('reports/data_validation_report.html')).toContain('Everything fits the schema');
    expect(JSON.parse(read('reports/data_validation_report.json'))).toMatchObject({
      data: { rows: 200, findings: [] },
      drift: [{ against: null, reference: 'file:data/before.csv' }],
    });
    const [stage] = parseRecord(read('sluice-run/release.json'), 'release.json').stages;
    expect(stage?.data['measured']).toMatchObject({ data: { files: [{ path: 'data/instruction.csv' }] } });
  });
  test('each fault alone is red and named', async () => {
    putE14(`${rows(200)}\n<img src=x onerror=alert(1)>,5000,fr`);
    const broken = await gate(E14);
    expect(broken).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail' } });
    expect(broken.outputs['failures']).toContain('schema.violations == 0');
    expect(broken.stdout).toContain(
      'data/instruction.csv, column "score": at most 1000 is not met (row 201: "5000")',
    );
    expect(read('reports/data_validation_report.html')).not.toContain('<img');
    putE14(undefined, rows(300, 60));
    const drifted = await gate(E14);
    expect(drifted.outputs['failures']).toBe('drift.max_psi <= 0.2\nscore.psi <= 0.2 against training');
    putE14(rows(200).replaceAll(',de', ','));
    expect((await gate(E14)).outputs['failures']).toBe('nulls.rate <= 1%');
  });
});

describe('bad inputs are refused with their mend', () => {
  test.each([
    [{ results: '' }, 'input `results` is required and was not given'],
    [{ 'drift-reference': 'a.csv' }, 'neither `drift-current` nor `data`'],
    [{ data: 'nowhere.csv' }, 'there is no such file'],
    [{ data: 'data/datasets.yaml#other' }, 'there is no entry "other"; there are "instruction-v3"'],
    [
      { data: 'hf://datasets/org/name' },
      'pull it first (model-pull with model: org/name, repo-type: dataset)',
    ],
    [{ data: 'data/train.csv', 'data-report': 'x.pdf' }, 'has to end in .html'],
    [{ 'data-schema': 'data/schema.yaml', results: 'm.json' }, 'no `data` to hold against it'],
    [
      { data: 'data/train.csv', thresholds: 'score.psi <= 0.2 against training' },
      "'against training': this drift is not measured here",
    ],
  ])('%j', async (inputs, message) => {
    putE14();
    put('m.json', '{"accuracy": 1}');
    const done = await gate({ thresholds: 'data.rows >= 1', ...inputs });
    expect(done).toMatchObject({ exitCode: 1, outputs: { verdict: 'error', outcome: 'config-error' } });
    expect(done.stdout).toContain(message);
  });
  test('data that are not those of the list', async () => {
    putE14();
    put('data/instruction.csv', rows(199));
    const done = await gate(E14);
    expect(done.outputs['outcome']).toBe('config-error');
    expect(done.stdout).toContain('the data changed');
  });
  test('validate: schema and list are checked, no data opened', async () => {
    putE14();
    put('data/instruction.csv', '');
    expect((await gate({ ...E14, validate: 'true' })).outputs['verdict']).toBe('pass');
    put('data/datasets.yaml', 'datasets:\n  - name: instruction-v3\n    url: x\n');
    const done = await gate({ ...E14, validate: 'true' });
    expect(done.exitCode).toBe(1);
    expect(done.stdout).toContain('datasets.0 must NOT have additional properties ("url" is none)');
  });
});

describe('beside results', () => {
  test('an evaluation set that training data hold is red; texts: none keeps its values out', async () => {
    put('metrics.json', '{"accuracy": 0.95}');
    put(
      'eval.jsonl',
      '{"q":"What is the capital of France?","mail":"jane.doe@example.org"}\n{"q":"Name a colour that nobody expects here"}',
    );
    put('train.jsonl', '{"text":"what is the capital of france"}');
    const inputs = {
      results: 'metrics.json',
      data: 'eval.jsonl',
      'leakage-against': 'train.jsonl',
      'data-report': 'r.html',
      texts: 'none',
    };
    const done = await gate({ ...inputs, thresholds: 'accuracy >= 0.9\nleakage.exact == 0\npii.mail == 0' });
    expect(done.outputs).toMatchObject({ verdict: 'fail', failures: 'leakage.exact == 0\npii.mail == 0' });
    expect(read('r.html') + read('r.json') + done.stdout + done.summary).not.toMatch(/jane|example\.org|j•/u);
  });
});
