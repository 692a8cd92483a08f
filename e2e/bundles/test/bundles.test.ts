/** What holds for every committed bundle, run as the runner runs it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { actionsCopy, runAction } from '@sluice/testing/runner';
import { actionNames, readAction, ROOT } from '../../../scripts/action-metadata.ts';

/** An input that each action has, with a value that can't be. */
const WRONG: Record<string, [input: string, value: string]> = {
  'model-pull': ['connections', 'many'],
  'inference-test': ['startup-timeout', 'soon'],
  'eval-gate': ['confidence', '95'],
  'canary-deploy': ['interval', '5 parsecs'],
  'auto-rollback': ['mode', 'wacth'],
};

test('the five actions are there', () => {
  expect(actionNames()).toEqual(Object.keys(WRONG).sort());
});

describe.each(Object.entries(WRONG))('%s', (action, [input, value]) => {
  test('a wrong input: exit 1, config-error, a message with input, value and mend, no stack trace', async () => {
    const ran = await runAction(action, { inputs: { [input]: value } });
    expect([ran.exitCode, ran.outputs['outcome'], ran.outputs['verdict']]).toEqual([
      1,
      'config-error',
      'error',
    ]);
    const line = ran.stdout.split('\n').find((text) => text.includes(`\`${input}\` = "${value}"`));
    expect(line).toMatch(/^::error::input `.+` = ".+" is (not|outside) .+/);
    expect(ran.stdout + ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.summary).toContain('config-error');
  });

  const planned = readAction(action).inputs.filter((entry) => entry.planned && entry.type === 'string');
  // Where all is built there is nothing to refuse.
  for (const { name } of planned.slice(0, 1))
    test(`${name}, which is not built yet, is refused by name`, async () => {
      const ran = await runAction(action, { inputs: { [name]: 'something' } });
      expect(ran.outputs['outcome']).toBe('config-error');
      expect(ran.stdout).toContain(`input \`${name}\` = "something" is not built yet`);
    });

  test('a misspelt input is refused with the near name', async () => {
    const ran = await runAction(action, { inputs: { 'relase-record': 'x.json' } });
    expect(ran.stdout).toContain('input `relase-record` does not exist; did you mean `release-record`?');
  });
});

test('a repository archive stays small: dist together under 12 MB', () => {
  const bytes = (folder: string): number =>
    readdirSync(folder, { withFileTypes: true }).reduce(
      (sum, entry) =>
        sum +
        (entry.isDirectory() ? bytes(join(folder, entry.name)) : statSync(join(folder, entry.name)).size),
      0,
    );
  expect(bytes(join(ROOT, 'dist'))).toBeLessThan(12e6);
  expect(actionsCopy()).not.toContain('node_modules');
});
