import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { register } from '@sluice/registries/open';
import type { Pointer, RegistryContext } from '@sluice/registries/registry';
import { parsePromote, parseRegister } from '@sluice/registries/targets';
import { startHub, type FixtureHub } from '@sluice/testing/hub/server';
import { bareSubject, BACK, contextWith, pointerTo, Weights } from './support/subjects.ts';

let hub: FixtureHub;
let context: RegistryContext;
let weights: Weights;
beforeEach(async () => {
  const revisions = ['v1', 'v2', 'v3'].map((name) => ({
    name,
    files: { 'm.gguf': name, 'README.md': '# llm' },
  }));
  hub = await startHub({ repos: [{ id: 'acme/llm', revisions }], token: 'hf_right' });
  context = contextWith({ HF_ENDPOINT: hub.url, HF_TOKEN: 'hf_right' });
  weights = new Weights();
});
afterEach(async () => {
  weights.remove();
  await hub.close();
});

const at = (name: string): string => hub.commit('acme/llm', name);
const pulled = (name: string) => bareSubject(`sha256:${name.repeat(32)}`, 'acme/llm', at(name));
const tag = (name = 'production'): Promise<Pointer> => pointerTo(`hf:acme/llm@${name}`, context);
const writes = () =>
  hub.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);

test('a tag moves from commit to commit, once, and is put back', async () => {
  const production = await tag();
  expect(await production.observe()).toBeNull();
  await production.promote(pulled('v1'), null);
  const moved = { target: 'hf:acme/llm@production', from: at('v1'), to: at('v2'), changed: true };
  expect(await production.promote(pulled('v2'), at('v1'))).toEqual(moved);
  hub.requests.length = 0;
  expect(await production.promote(pulled('v2'), at('v2'))).toMatchObject({ changed: false });
  expect(writes()).toEqual([]);
  await expect(production.promote(pulled('v3'), at('v1'))).rejects.toThrow(`points at ${at('v2')} now`);
  await expect(production.restore(at('v1'), at('v3'), BACK)).rejects.toMatchObject({ name: 'GateError' });
  await production.restore(at('v1'), at('v2'), BACK);
  expect(hub.commit('acme/llm', 'production')).toBe(at('v1'));
  await production.restore(null, at('v1'), BACK);
  expect(await production.observe()).toBeNull();
});

test('between removing and making it somebody else makes it: told, and left', async () => {
  const production = await tag();
  await production.promote(pulled('v1'), null);
  hub.faults.push({ origin: 'hub', method: 'POST', path: '/tag/', kind: 'status', status: 409, times: 1 });
  await expect(production.promote(pulled('v2'), at('v1'))).rejects.toMatchObject({ name: 'GateError' });
  // A hub that fails there is put back as it was.
  await production.promote(pulled('v1'), null);
  hub.faults.push({ origin: 'hub', method: 'POST', path: '/tag/', kind: 'status', status: 403, times: 1 });
  await expect(production.promote(pulled('v2'), at('v1'))).rejects.toThrow('set `HF_TOKEN`');
  expect(hub.commit('acme/llm', 'production')).toBe(at('v1'));
});

test('weights from elsewhere become a commit of their own, in a new repository or over what was there', async () => {
  const subject = await weights.subject({ 'new.gguf': 'GGUF', 'config.json': '{}' });
  const fresh = { kind: 'hf', given: 'hf:acme/new', repo: 'acme/new' } as const;
  const made = await register(fresh, subject, context);
  expect(made).toEqual({
    ...{ target: 'hf:acme/new', version: hub.commit('acme/new', 'main'), changed: true },
    address: `hf://acme/new@${hub.commit('acme/new', 'main')}`,
  });
  expect(hub.commit('acme/new', subject.digest.replace('sha256:', 'sluice-'))).toBe(made.version);
  hub.requests.length = 0;
  expect(await register(fresh, subject, context)).toMatchObject({ version: made.version, changed: false });
  expect(writes()).toEqual([]);
  // No token beyond the hub itself.
  expect(hub.requests.filter(({ origin, authorized }) => origin === 'cdn' && authorized)).toEqual([]);
  await register({ ...fresh, given: 'hf:acme/llm', repo: 'acme/llm' }, subject, context);
  const listed = await fetch(`${hub.url}/api/models/acme/llm/tree/main?recursive=true`);
  const paths = ((await listed.json()) as { path: string }[]).map(({ path }) => path);
  expect(paths.toSorted()).toEqual(['README.md', 'config.json', 'new.gguf']);
  expect(await (await pointerTo('hf:acme/new@live', context)).promote(subject, null)).toMatchObject({
    to: made.version,
  });
  const stranger = { ...subject, digest: `sha256:${'0'.repeat(64)}` };
  await expect((await tag()).promote(stranger, null)).rejects.toThrow('add `register: hf:acme/llm`');
});

test('two runs register the same at once: one version', async () => {
  const subject = await weights.subject({ 'm.gguf': 'GGUF' });
  const fresh = { kind: 'hf', given: 'hf:acme/llm', repo: 'acme/llm' } as const;
  const both = await Promise.all([1, 2].map(() => register(fresh, subject, context)));
  expect(new Set(both.map(({ version }) => version)).size).toBe(1);
  expect(both.filter(({ changed }) => changed)).toHaveLength(1);
});

test('a token that is missing or wrong is told by its variable', async () => {
  const none = { HF_ENDPOINT: hub.url };
  await expect(pointerTo('hf:acme/llm@x', { ...context, env: none })).rejects.toThrow('set `HF_TOKEN`');
  const wrong = await pointerTo('hf:acme/llm@x', { ...context, env: { ...none, HF_TOKEN: 'hf_wrong' } });
  await expect(wrong.observe()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('refuses the token from `HF_TOKEN`'),
  });
});

test('what may be named', () => {
  expect(parsePromote('hf:acme/llm@live')).toMatchObject({
    target: { kind: 'hf', repo: 'acme/llm', tag: 'live' },
  });
  expect(parseRegister('hf://acme/llm')).toMatchObject({ target: { repo: 'acme/llm' } });
  for (const given of ['hf:llm@x', 'hf:a/b@main', 'hf:a/b@..', 'hf:a--b/c@x'])
    expect(parsePromote(given)).toMatchObject({ fault: expect.any(String) });
});
