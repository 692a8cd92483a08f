import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { newRecord, withStage, type ReleaseRecord } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import type { ActionContext } from '@sluice/runtime/action';
import { plainLogger } from '@sluice/runtime/logger';
import { startMlflowServer, type MlflowServer } from '@sluice/testing/mlflow-server';
import { parseRegistry, promotedIn, putBack, type PutBack } from '../src/registry.ts';

const TARGET = 'mlflow:llm@production';
let mlflow: MlflowServer;
let context: ActionContext;
beforeEach(async () => {
  mlflow = await startMlflowServer();
  mlflow.addVersions('llm', ['1', '2']);
  mlflow.point('llm', 'production', '2');
  context = {
    ...{ env: { MLFLOW_TRACKING_URI: mlflow.url }, log: plainLogger(() => undefined) },
    ...{ signal: AbortSignal.timeout(10_000), addSecret: () => undefined },
    run: { actor: 'octocat', url: 'https://ci.example/1' },
  } as unknown as ActionContext;
});
afterEach(async () => {
  await mlflow[Symbol.asyncDispose]();
});

interface Step {
  from: string | null;
  to: string;
  changed: boolean;
}
const recordOf = (...steps: Step[]): ReleaseRecord => {
  let record = newRecord();
  for (const step of steps) {
    const stage = { action: 'eval-gate', name: 'quality', at: new Date().toISOString(), unit: emptyUnit() };
    record = withStage(record, {
      ...{ ...stage, run: { url: '', id: '', attempt: 1, sha: '' } },
      ...{ verdict: 'pass', outcome: 'success', reasons: [], metrics: {} },
      data: { registry: { promoted: [{ target: TARGET, ...step }] } },
    });
  }
  return record;
};
const { targets } = parseRegistry([TARGET]);
const undo = async (
  bad: ReleaseRecord | null,
  good: ReleaseRecord | null = null,
): Promise<PutBack | undefined> => (await putBack(targets, { bad, good }, 'loop_rate', context))[0];
const aliases = () => mlflow.models.get('llm')?.aliases;

test('back to where it pointed before, once, with who and why', async () => {
  const bad = recordOf({ from: '1', to: '2', changed: true }, { from: null, to: '2', changed: false });
  expect(await undo(bad)).toEqual({
    ...{ target: TARGET, from: '2', to: '1', changed: true },
    ...{ left: null, failed: false },
  });
  expect(mlflow.models.get('llm')?.versions[0]?.tags['sluice.comment']).toBe(
    'octocat: rolled back: loop_rate (https://ci.example/1)',
  );
  mlflow.calls.length = 0;
  expect(await undo(bad)).toMatchObject({ changed: false, left: null });
  expect(mlflow.calls.filter((call) => !call.startsWith('GET'))).toEqual([]);
});

test('one that pointed nowhere is removed; one of which that is not known is left', async () => {
  expect(await undo(recordOf({ from: null, to: '2', changed: false }))).toMatchObject({
    left: 'where it pointed before 2 is not known',
  });
  expect(aliases()).toEqual({ production: '2' });
  expect(await undo(recordOf({ from: null, to: '2', changed: true }))).toMatchObject({ to: 'nothing' });
  expect(aliases()).toEqual({});
});

test('what this release never moved, and what somebody else has moved since, is left', async () => {
  expect(await undo(newRecord())).toMatchObject({
    left: expect.stringContaining('names no promotion'),
    failed: false,
  });
  expect(await undo(recordOf({ from: '1', to: '7', changed: true }))).toMatchObject({
    left: expect.stringContaining('points at 2 now'),
    failed: false,
  });
  expect(aliases()).toEqual({ production: '2' });
});

test('a registry that refuses leaves the undo half done: that is told as a failure', async () => {
  mlflow.authorization = 'Bearer right';
  expect(await undo(recordOf({ from: '1', to: '2', changed: true }))).toMatchObject({
    left: expect.stringContaining('MLFLOW_TRACKING_TOKEN'),
    failed: true,
  });
  expect(promotedIn(null, TARGET)).toBeUndefined();
});
