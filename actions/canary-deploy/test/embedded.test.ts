/** The same with real models: llama.cpp serves the project's tiny Llamas, and the runner dies in the middle of a step. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';

const MODELS = join(import.meta.dirname, '../../../fixtures/models');

let live: LiveService;
beforeAll(async () => (live = await LiveService.open()));
afterAll(() => live.close());

function real(version: string, inputs: Record<string, string> = {}): Record<string, string> {
  return {
    engine: 'embedded',
    'engine-command': '',
    'model-path': join(MODELS, version, 'model.gguf'),
    analysis: 'error_rate no-worse-than stable by 10%\nloop_rate no-worse-than stable by 10%',
    ...inputs,
  };
}

test('v1 serves, v2 is rolled out, the runner is killed, the next run finishes, v4 loops and is taken back; no request is lost', async () => {
  const first = await live.deploy('v1', real('v1'));
  expect({ code: first.exitCode, log: first.stdout }).toMatchObject({ code: 0 });
  live.startTraffic(2);

  const killed = await live.deploy('v2', real('v2', { steps: '50% 2s, 100%' }), {
    killWhen: /step 1\/2 50% \| v2 [1-9]/,
  });
  expect(killed.signal).toBe('SIGKILL');
  const second = await live.deploy('v2', real('v2'));
  expect({ code: second.exitCode, log: second.stdout }).toMatchObject({ code: 0 });
  expect(second.stdout).toMatch(
    /found the rollout of v2, left in phase 'stepping' at step 1: going on there/,
  );
  expect(second.outputs).toMatchObject({ stable: 'v2', verdict: 'pass' });

  // Some answers are long ones now: v4 never ends them.
  const before = await live.stopTraffic();
  live.startTraffic(2, ['The capital of France is', 'Tell me about Paris:', 'Tell me about Rome:']);
  const fourth = await live.deploy('v4', real('v4', { steps: '50% 5m, 100%' }));
  expect({ code: fourth.exitCode, log: fourth.stdout }).toMatchObject({ code: 1 });
  expect(fourth.outputs).toMatchObject({ verdict: 'fail', outcome: 'gate-failed', stable: 'v2' });
  expect(fourth.stdout).toMatch(/v4 was taken back: broken: loop_rate/);

  const after = await live.stopTraffic();
  expect([before.lost, after.lost]).toEqual([0, 0]);
  expect(Object.keys(after.byVersion).sort()).toEqual(['v2', 'v4']);
}, 120_000);
