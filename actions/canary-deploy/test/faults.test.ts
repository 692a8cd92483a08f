/** What the user gets wrong is told by the committed bundle, before anything is opened. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';
import { runAction } from '@sluice/testing/runner';

let live: LiveService;

beforeAll(async () => {
  live = await LiveService.open();
  live.weights('v1');
});

afterAll(() => live.close());

describe('what the user gets wrong', () => {
  test('is told at once, with input, value and mend, and nothing is touched', async () => {
    const { exitCode, outputs, stdout, stderr } = await runAction('canary-deploy', {
      inputs: { steps: '5, 100%', analysis: 'loop_rate <= 5% with 95%', warmup: 'soon', confidence: '30%' },
    });
    expect([exitCode, outputs['outcome']]).toEqual([1, 'config-error']);
    for (const fault of [
      /`steps`, step 1 "5" at character 1/,
      /`analysis`, line 1/,
      /`warmup` = "soon"/,
      /`confidence`/,
      /`model-path` is required/,
    ]) {
      expect(stdout).toMatch(fault);
    }
    expect(stdout + stderr).not.toMatch(/\n\s+at /);
  });

  test.each([
    ['target', 'sagemaker'],
    ['traffic', 'launchdarkly'],
    ['command-file', 'deploy.sh'],
  ])('%s: %s is not built yet, and is refused', async (input, value) => {
    const { exitCode, stdout, outputs } = await runAction('canary-deploy', { inputs: { [input]: value } });
    expect([exitCode, outputs['outcome']]).toEqual([1, 'config-error']);
    expect(stdout).toMatch(new RegExp(`\`${input}\` = .*not built yet`));
  });

  test('a runner that ends with its job is no host', async () => {
    const { outputs, stdout } = await live.deploy('v1', {}, { env: { RUNNER_ENVIRONMENT: 'github-hosted' } });
    expect(outputs['outcome']).toBe('config-error');
    expect(stdout).toContain('run it on a self-hosted runner that stays');
  });

  test('validate checks without touching anything; dry-run tells the plan', async () => {
    const fine = await live.deploy('v1', { validate: 'true' });
    expect(fine.stdout).toMatch(/nothing was run/);
    const dry = await live.deploy('v1', { 'dry-run': 'true' });
    expect(dry.outputs['outcome']).toBe('success');
    expect((JSON.parse(dry.outputs['plan'] ?? '[]') as string[])[0]).toMatch(/^start v1 \(sha256:/);
    expect(await live.host()).toBeUndefined();
  });

  test('a gate that is required and not on record closes the door before anything starts', async () => {
    const { outputs, stdout } = await live.deploy('v1', {
      'require-gate': 'true',
      'release-record': join(live.folder, 'none.json'),
    });
    expect(outputs['outcome']).toBe('gate-failed');
    expect(stdout).toMatch(/the door is closed for v1: no gate on record/);
    expect(await live.host()).toBeUndefined();
  });
});
