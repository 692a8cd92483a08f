import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openPointer, register, track } from '@sluice/registries/open';
import type { Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import { parsePromote, parseRegister, parseTrack } from '@sluice/registries/targets';
import { plainLogger } from '@sluice/runtime/logger';
import { startMlflowServer, type MlflowServer } from '@sluice/testing/mlflow-server';

let server: MlflowServer;
let context: RegistryContext;
beforeEach(async () => {
  server = await startMlflowServer();
  const env = { MLFLOW_TRACKING_URI: server.url };
  context = { env, log: plainLogger(() => undefined), signal: AbortSignal.timeout(10_000), workspace: '/' };
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

const subject = (digit: string, source = 'acme/llm'): Subject => ({
  digest: `sha256:${digit.repeat(64)}`,
  source,
  revision: 'abc',
  description: 'gated',
  tags: { 'sluice.verdict': 'pass' },
  comment: { who: 'octocat', why: 'gate passed', link: 'https://ci.example/1' },
});
const BACK = { who: 'octocat', why: 'broken', link: '' };
const llm = { kind: 'mlflow', given: 'mlflow:llm', name: 'llm' } as const;
const put = (digit: string, source?: string) => register(llm, subject(digit, source), context);
const pointer = async (given: string): Promise<Pointer> => {
  const parsed = parsePromote(given);
  if ('fault' in parsed) throw new Error(parsed.fault);
  if (parsed.target.kind === 'git') throw new Error('no pointer');
  return openPointer(parsed.target, context);
};
const writes = () => server.calls.filter((call) => /POST|DELETE|PATCH/u.test(call));

describe('registering', () => {
  test('one digest is one version, with tags and a comment', async () => {
    expect(await put('a')).toEqual({
      target: 'mlflow:llm',
      version: '1',
      address: 'models:/llm/1',
      changed: true,
    });
    expect(server.models.get('llm')?.versions[0]).toMatchObject({
      source: 'hf://acme/llm@abc',
      description: 'gated',
      tags: { 'sluice.verdict': 'pass', 'sluice.comment': 'octocat: gate passed (https://ci.example/1)' },
    });
    server.calls.length = 0;
    expect(await put('a')).toMatchObject({ version: '1', changed: false });
    expect(writes()).toEqual([]);
  });
  test('another run makes the same version at the same moment: the older one stays', async () => {
    await put('a');
    server.before = (call) => {
      if (call !== 'POST model-versions/create') return;
      server.before = undefined;
      const tags = { 'sluice.digest': subject('b').digest };
      const version = { version: '2', source: 'hf://acme/llm', description: '', stage: 'None', tags };
      server.models.get('llm')?.versions.push(version);
    };
    expect(await put('b')).toMatchObject({ version: '2', changed: false });
    expect(server.models.get('llm')?.versions.map(({ version }) => version)).toEqual(['1', '2']);
  });
  test('a model that came out of the registry is its own version', async () => {
    await put('a', 's3://bucket/llm');
    const versions = server.models.get('llm')?.versions ?? [];
    for (const version of versions) version.tags = {};
    expect(await put('c', 'models:/llm/1')).toMatchObject({ version: '1', changed: false });
    expect(versions[0]?.tags['sluice.digest']).toBe(subject('c').digest);
    await expect(put('d', 'models:/llm/1')).rejects.toThrow('is tagged sha256:cccc');
  });
  test('what MLflow refuses is told in its words', async () => {
    await expect(put('a', 'file:model.gguf')).rejects.toThrow(
      'MLflow refuses it: "Invalid model version source',
    );
  });
});

describe('promoting', () => {
  test('an alias moves from where it was seen, once, and remembers from where', async () => {
    const alias = await pointer('mlflow:llm@production');
    expect(await alias.observe()).toBeNull();
    await expect(alias.promote(subject('a'), null)).rejects.toThrow('add `register: mlflow:llm`');
    await put('a');
    await put('b');
    await alias.promote(subject('a'), null);
    expect(await alias.promote(subject('b'), '1')).toMatchObject({ from: '1', to: '2', changed: true });
    server.calls.length = 0;
    expect(await alias.promote(subject('b'), '2')).toMatchObject({ from: '1', to: '2', changed: false });
    expect(writes()).toEqual([]);
  });
  test('a race lost before the move overwrites nothing', async () => {
    await put('a');
    await put('b');
    const alias = await pointer('mlflow:llm@production');
    await alias.promote(subject('a'), null);
    await expect(alias.promote(subject('b'), null)).rejects.toThrow('points at 1 now');
    expect(server.models.get('llm')?.aliases).toEqual({ production: '1' });
  });
  test('a race lost right after the move is told', async () => {
    await put('a');
    await put('b');
    const alias = await pointer('mlflow:llm@production');
    let asked = 0;
    server.before = (call) => {
      if (call !== 'GET registered-models/alias') return;
      asked += 1;
      const model = server.models.get('llm');
      if (asked === 2 && model !== undefined) model.aliases = { production: '2' };
    };
    await expect(alias.promote(subject('a'), null)).rejects.toMatchObject({ name: 'GateError' });
  });
  test('stages archive what was there', async () => {
    await put('a');
    await put('b');
    const stage = await pointer('mlflow:llm/staging');
    await stage.promote(subject('a'), null);
    expect(await stage.promote(subject('b'), '1')).toMatchObject({ target: 'mlflow:llm/Staging', from: '1' });
    expect(server.models.get('llm')?.versions.map(({ stage: where }) => where)).toEqual([
      'Archived',
      'Staging',
    ]);
    await expect(pointer('mlflow:llm/Live')).rejects.toThrow('use an alias, mlflow:llm@Live');
  });
  test('putting back asks whether it still points there', async () => {
    await put('a');
    await put('b');
    const alias = await pointer('mlflow:llm@production');
    await alias.promote(subject('b'), null);
    await expect(alias.restore('1', '7', BACK)).rejects.toThrow('points at 2 now');
    expect(await alias.restore('1', '2', BACK)).toMatchObject({ from: '2', to: '1', changed: true });
    expect(await alias.restore('1', '2', BACK)).toMatchObject({ changed: false });
    await alias.restore(null, '1', BACK);
    expect(server.models.get('llm')?.aliases).toEqual({});
  });
  test('a login that is refused names the variables that give one', async () => {
    server.authorization = 'Basic right';
    await expect(put('a')).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringContaining('give MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD'),
    });
  });
});

test('tracking logs once, without what is missing', async () => {
  const tracked = {
    key: 'k',
    name: 'gate quality',
    metrics: { 'acc[strict]': 0.5, missing: null, 'a%b': 1 },
    params: { thresholds: 'acc >= 0.4' },
    tags: { 'sluice.verdict': 'fail' },
  };
  const gates = { kind: 'mlflow', given: 'mlflow:gates', experiment: 'gates' } as const;
  const first = await track(gates, tracked, context);
  expect(await track(gates, tracked, context)).toEqual({ run: first.run, changed: false });
  expect(server.runs).toMatchObject([
    { metrics: { 'acc/strict': 0.5, apercentb: 1 }, tags: { 'sluice.verdict': 'fail' }, status: 'FINISHED' },
  ]);
});

describe('what may be named', () => {
  test.each([
    ['mlflow:llm@production', { kind: 'mlflow-alias', name: 'llm', alias: 'production' }],
    ['mlflow:models:/llm@a-b', { kind: 'mlflow-alias', name: 'llm', alias: 'a-b' }],
    ['git:models/v2.0', { kind: 'git', folder: 'models/v2.0' }],
    ['mlflow:llm/Staging', { kind: 'mlflow-stage', name: 'llm', stage: 'Staging' }],
  ])('%s', (given, target) => expect(parsePromote(given)).toEqual({ target: { given, ...target } }));
  test.each([
    ['mlflow:llm@v1', 'no alias that MLflow takes'],
    ['mlflow:llm@latest', 'no alias that MLflow takes'],
    ["mlflow:l'm@x", 'no name of a model'],
    ['mlflow:llm', 'write mlflow:name@alias'],
    ['nowhere:model', 'names no registry'],
    ['git:../x', 'no folder of the repository'],
    ['git:models/.git', 'no folder of the repository'],
    ['git:a b', 'no folder of the repository'],
    ['nonsense', 'names no registry'],
  ])('%s is refused', (given, fault) =>
    expect(parsePromote(given)).toEqual({ fault: expect.stringContaining(fault) }),
  );
  test('register and track', () => {
    expect(parseRegister('mlflow:llm@x')).toEqual({ fault: expect.stringContaining('moved by `promote`') });
    expect(parseTrack('mlflow:a b')).toMatchObject({ target: { experiment: 'a b' } });
    expect(parseTrack('x')).toEqual({ fault: expect.stringContaining('mlflow:experiment') });
  });
});
