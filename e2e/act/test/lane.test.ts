import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readLog } from '../act.ts';
import { editValues, readTemplate, RELEASE_SHA, stageSuite } from '../consumer.ts';

describe('editing a template as a user does', () => {
  const text = 'env:\n  MODEL: a/b\n  RULES: |\n    x == 0\n    y >= 1\n  LAST: 1\njobs:\n  # RULES: kept\n';

  test('replaces a value, and a block with all its lines', () => {
    expect(editValues(text, { MODEL: 'c/d', RULES: 'z == 2' })).toBe(
      'env:\n  MODEL: "c/d"\n  RULES: "z == 2"\n  LAST: 1\njobs:\n  # RULES: kept\n',
    );
  });

  test('a value the template does not have is an error', () => {
    expect(() => editValues(text, { GONE: '1' })).toThrow('the template has no value GONE');
  });
});

test('results and summaries are read out of the log; the last summary of a step is whole', () => {
  const lines = [
    { jobID: 'gate', step: 'Gate it', command: 'summary', content: 'half' },
    { jobID: 'gate', step: 'Gate it', command: 'summary', content: 'half and half' },
    { jobID: 'gate', step: 'Gate it', stepResult: 'failure', msg: 'Failure - Gate it' },
    { jobID: 'gate', jobResult: 'failure', msg: 'Job failed' },
  ];
  const read = readLog(`${lines.map((line) => JSON.stringify(line)).join('\n')}\nError: not JSON\n`);
  expect(read.jobs).toEqual({ gate: 'failure' });
  expect(read.steps).toEqual({ 'gate: Gate it': 'failure' });
  expect(read.summaries).toEqual({ 'gate: Gate it': 'half and half' });
  expect(read.log).toContain('Error: not JSON');
});

test('the staged reusable workflow calls this repository at the release commit, and carries no sources', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-stage-'));
  try {
    await stageSuite(folder);
    const text = await readFile(join(folder, '.github/workflows/llm-release.yml'), 'utf8');
    expect(text).not.toContain('$/');
    expect(text).toContain(`uses: acme/sluice/actions/canary-deploy@${RELEASE_SHA}\n`);
    await expect(readFile(join(folder, 'actions/canary-deploy/src/run.ts'))).rejects.toThrow('ENOENT');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a template as GitHub hands it out has no placeholder left', async () => {
  for (const name of ['llm-release.yml', 'llm-release-reusable.yml']) {
    const text = await readTemplate(name);
    expect(text).not.toMatch(/OWNER|ORGANISATION\/|\$default-branch|@0{40}/);
  }
});
