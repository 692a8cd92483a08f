/** Data sets and spaces, and what is said of repositories that can't be read. */
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';

const TOKEN = 'hf_reader';
let hub: FixtureHub;
let workspace: string;
beforeAll(async () => {
  const named = (name: string, text: string) => ({ name, files: { 'data/train.json': text } });
  hub = await startHub({
    repos: [
      { id: 'acme/facts', revisions: [named('v1', '["model"]')] },
      { id: 'acme/facts', type: 'dataset', revisions: [named('v1', '["a"]'), named('v2', '["b"]')] },
      { id: 'acme/facts', type: 'space', revisions: [named('v1', '["space"]')] },
      { id: 'acme/secret', type: 'dataset', revisions: [named('v1', '[]')], private: true },
      { id: 'acme/gated', type: 'dataset', revisions: [named('v1', '[]')], gated: true },
    ],
    token: TOKEN,
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-repositories-'));
});

function pull(inputs: Record<string, string>): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { 'cache-dir': 'cache', endpoint: hub.url, ...inputs },
    env: NO_HUB_SETTINGS,
    timeoutMs: 30_000,
  });
}

describe('the type of a repository', () => {
  test.each([
    ['its prefix', { model: 'hf://datasets/acme/facts@v2' }, 'datasets', '["b"]'],
    ['`repo-type`', { model: 'acme/facts', 'repo-type': 'dataset' }, 'datasets', '["a"]'],
    ['a space', { model: 'hf://spaces/acme/facts' }, 'spaces', '["space"]'],
    ['no word of it: a model', { model: 'acme/facts' }, 'models', '["model"]'],
  ])('by %s', async (_, inputs, kind, text) => {
    const run = await pull(inputs);
    expect(run.exitCode).toBe(0);
    const snapshots = join(workspace, `cache/${kind}--acme--facts/snapshots`);
    expect(run.outputs['path']).toBe(join(snapshots, run.outputs['revision'] ?? ''));
    expect(await readFile(join(run.outputs['path'] ?? '', 'data/train.json'), 'utf8')).toBe(text);
    const names = (await readdir(join(workspace, 'cache'))).filter((name) => name.endsWith('acme--facts'));
    expect(names).toEqual([`${kind}--acme--facts`]);
    const manifest = JSON.parse(await readFile(run.outputs['manifest'] ?? '', 'utf8')) as { source: string };
    expect(manifest.source).toBe(kind === 'models' ? 'hf://acme/facts' : `hf://${kind}/acme/facts`);
    const offline = await pull({ ...inputs, offline: 'true' });
    expect([offline.exitCode, offline.outputs['digest']]).toEqual([0, run.outputs['digest']]);
  });

  test('of which two are told is a config error', async () => {
    const run = await pull({ model: 'hf://datasets/acme/facts', 'repo-type': 'space' });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
    expect(run.stdout).toContain('input `repo-type` = "space", but `model`');
  });
});

describe('what cannot be read says why, and the mend', () => {
  test.each([
    [
      'gated, without a token',
      { model: 'hf://datasets/acme/gated' },
      /is gated and no token was given: ask for access at \S+\/datasets\/acme\/gated, then pass a read token/,
    ],
    [
      'private, without a token',
      { model: 'hf://datasets/acme/secret' },
      /"acme\/secret" is not known to the hub \S+: check its spelling; if it is private, pass a read token by `token`/,
    ],
    [
      'unknown, with a token',
      { model: 'hf://datasets/acme/fact', token: TOKEN },
      /check its spelling, and that the token from input `token` may read it/,
    ],
    ['a model of that name, but no such space', { model: 'hf://spaces/acme/gated' }, /not known to the hub/],
    [
      'a revision that is none',
      { model: 'hf://datasets/acme/facts@v3' },
      /"v3" does not exist in acme\/facts; the nearest that do are "v[12]", "v[12]", "main"/,
    ],
  ])('%s', async (_, inputs, message) => {
    const run = await pull(inputs);
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
    expect(run.stdout).toMatch(message);
    expect(run.stdout.replaceAll(`::add-mask::${TOKEN}`, '')).not.toContain(TOKEN);
  });

  test('gated, with a token that has no access', async () => {
    const headers = { 'X-Error-Code': 'GatedRepo' };
    hub.faults.push({ origin: 'hub', kind: 'status', status: 403, headers, path: '/resolve/' });
    const run = await pull({ model: 'hf://datasets/acme/gated', token: TOKEN });
    expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
    expect(run.stdout).toMatch(
      /the token from input `token` has no access: ask for access at \S+\/datasets\/acme\/gated/,
    );
  });

  test('the beginning of a commit id', async () => {
    const run = await pull({ model: 'acme/facts', revision: hub.commit('acme/facts', 'v1').slice(0, 8) });
    expect(run.stdout).toMatch(
      /does not exist in acme\/facts; the nearest .*; a commit needs all its 40 digits/,
    );
  });

  test('private and gated are read with the token', async () => {
    for (const model of ['hf://datasets/acme/secret', 'hf://datasets/acme/gated'])
      expect((await pull({ model, token: TOKEN })).exitCode).toBe(0);
  });
});
