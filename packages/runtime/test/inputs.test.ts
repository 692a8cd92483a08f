import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ConfigError } from '../src/errors.ts';
import { InputReader } from '../src/inputs.ts';

const NAMES = ['model', 'timeout', 'steps', 'thresholds', 'prometheus'];

function faultsOf(env: NodeJS.ProcessEnv, read: (reader: InputReader) => void): readonly string[] {
  const reader = new InputReader(env, NAMES);
  read(reader);
  try {
    reader.finish();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

test('all faults are told at once, each with input, value and mend', () => {
  const faults = faultsOf({ INPUT_TIMEOUT: 'soon', INPUT_THRESHOLD: 'a > 1' }, (reader) => {
    reader.string('model', { required: true });
    reader.duration('timeout', { default: '30s' });
  });
  expect(faults).toEqual([
    'input `model` is required and was not given',
    'input `timeout` = "soon" is not a duration; write it like 30s, 5m, 2h or 7d',
    'input `threshold` does not exist; did you mean `thresholds`?',
  ]);
});

test('an input that is not built yet is refused unless it has its default', () => {
  const read = (reader: InputReader): void => reader.planned('prometheus', { default: 'none' });
  expect(faultsOf({ INPUT_PROMETHEUS: 'none' }, read)).toEqual([]);
  expect(faultsOf({ INPUT_PROMETHEUS: 'http://p:9090' }, read)).toEqual([
    'input `prometheus` = "http://p:9090" is not built yet in this version; remove it',
  ]);
});

test('@path reads the value from a file of the workspace; a missing file is named', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'inputs-'));
  writeFileSync(join(workspace, 'rules.txt'), 'accuracy >= 0.9\n');
  const env = { GITHUB_WORKSPACE: workspace, INPUT_THRESHOLDS: '@rules.txt' };
  expect(new InputReader(env, NAMES).string('thresholds', { atPath: true })).toBe('accuracy >= 0.9');
  const faults = faultsOf({ ...env, INPUT_THRESHOLDS: '@no.txt' }, (reader) => {
    reader.string('thresholds', { atPath: true });
  });
  expect(faults[0]).toContain('input `thresholds` = "@no.txt": the file cannot be read');
});

test('defaults hold where the runner sets nothing', () => {
  const reader = new InputReader({}, NAMES);
  expect(reader.duration('timeout', { default: '5m' })).toBe(300_000);
  expect(reader.list('steps')).toEqual([]);
});

test('text from Windows: CRs and a byte order mark mean nothing', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'inputs-'));
  writeFileSync(join(workspace, 'rules.txt'), '\ufeffa >= 1\r\nb >= 2\r\n');
  const env = {
    GITHUB_WORKSPACE: workspace,
    INPUT_THRESHOLDS: '@rules.txt',
    INPUT_STEPS: ' 5%\r\n10%\r\n',
    INPUT_MODEL: 'say "two\r\nlines"\r\nthree',
    INPUT_TIMEOUT: '5m\r\n',
  };
  const reader = new InputReader(env, NAMES);
  expect(reader.string('thresholds', { atPath: true })).toBe('a >= 1\nb >= 2');
  expect(reader.list('steps')).toEqual(['5%', '10%']);
  expect(reader.words('model')).toEqual(['say', 'two\nlines', 'three']);
  expect(reader.duration('timeout')).toBe(300_000);
});

test('huge and binary values are refused at once, in one short line', () => {
  const digits = '9'.repeat(120_000);
  const started = Date.now();
  const faults = faultsOf(
    {
      INPUT_STEPS: `${digits}x`,
      INPUT_TIMEOUT: `${digits}x`,
      INPUT_MODEL: '\ufffd\u0001\u007f'.repeat(9_000),
    },
    (reader) => {
      reader.number('steps');
      reader.duration('timeout');
      reader.enum('model', ['a', 'b'], []);
    },
  );
  expect(Date.now() - started).toBeLessThan(2_000);
  expect(faults).toHaveLength(3);
  for (const fault of faults) expect(fault.length).toBeLessThan(500);
});

test('the key in an address that is not built yet stands in no message', () => {
  const read = (reader: InputReader): void => reader.planned('prometheus');
  expect(faultsOf({ INPUT_PROMETHEUS: 'slack:https://hooks.example/T0/B0/key' }, read)).toEqual([
    'input `prometheus` = "slack:https://hooks.example/…" is not built yet in this version; remove it',
  ]);
});
