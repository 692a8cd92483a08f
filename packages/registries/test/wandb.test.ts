import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { register } from '@sluice/registries/open';
import type { Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import { parseRegister } from '@sluice/registries/targets';
import { registerInWandb } from '@sluice/registries/wandb-register';
import {
  manifestOf,
  serveWandb,
  type WandbRun,
  type WandbServer,
  type WandbVersion,
} from '../../sources/test/support/wandb-server.ts';
import { BACK, bareSubject, contextWith, pointerTo, Weights } from './support/subjects.ts';

let server: WandbServer;
let context: RegistryContext;
let versions: WandbVersion[];
let runs: Record<string, WandbRun>;
let weights: Weights;
beforeEach(async () => {
  const version = (text: string): WandbVersion => ({
    aliases: [],
    entries: { 'm.gguf': { bytes: Buffer.from(text) } },
  });
  versions = ['a', 'b', 'c'].map(version);
  runs = {};
  server = await serveWandb({
    entity: 'acme',
    project: 'llm',
    key: 'right',
    collections: { weights: versions },
    runs,
  });
  weights = new Weights();
  context = contextWith({ WANDB_BASE_URL: server.url, WANDB_API_KEY: 'right' });
});
afterEach(async () => {
  weights.remove();
  await server[Symbol.asyncDispose]();
});

const NAME = 'wandb:acme/llm/weights';
const alias = (): Promise<Pointer> => pointerTo(`${NAME}:production`, context);
/** As model-pull records it. */
const pulled = (index: number) => {
  const { digest } = manifestOf(versions[index]?.entries ?? {});
  return bareSubject(`sha256:${String(index).repeat(64)}`, `${NAME}:v${index}`, `v${index}@${digest}`);
};

test('an alias moves from version to version, once, with who and why in the metadata, and is put back', async () => {
  const production = await alias();
  expect(await production.observe()).toBeNull();
  Object.assign(versions[0] ?? {}, { metadata: '{"loss": 0.1}' });
  await production.promote(pulled(0), null);
  expect(JSON.parse(versions[0]?.metadata ?? '')).toEqual({
    ...{ loss: 0.1, 'sluice.verdict': 'pass', 'sluice.digest': `sha256:${'0'.repeat(64)}` },
    'sluice.comment': 'octocat: gate passed (https://ci.example/1)',
  });
  const moved = { target: `${NAME}:production`, from: 'v0', to: 'v1', changed: true };
  expect(await production.promote(pulled(1), 'v0')).toEqual(moved);
  server.seen.length = 0;
  expect(await production.promote(pulled(1), 'v1')).toMatchObject({ changed: false });
  expect(server.seen.filter(({ body }) => body.includes('mutation'))).toEqual([]);
  await expect(production.promote(pulled(2), 'v0')).rejects.toThrow('points at v1 now');
  await production.restore('v0', 'v1', BACK);
  expect(versions.map(({ aliases }) => aliases)).toEqual([['production'], [], []]);
  await production.restore(null, 'v0', BACK);
  expect(await production.observe()).toBeNull();
});

test('weights from elsewhere, a version that is another by now, and a wrong key are told', async () => {
  const production = await alias();
  await expect(production.promote(bareSubject('sha256:x', 'acme/llm'), null)).rejects.toThrow(
    'pull it from there',
  );
  const other = { ...pulled(0), revision: `v0@${'0'.repeat(32)}` };
  await expect(production.promote(other, null)).rejects.toThrow(/v0 has the digest \w{32} now/u);
  const wrong = { ...context, env: { ...context.env, WANDB_API_KEY: 'wrong' } };
  await expect((await pointerTo(`${NAME}:x`, wrong)).observe()).rejects.toThrow('set `WANDB_API_KEY`');
});

const put = (subject: Subject) => {
  const parsed = parseRegister(NAME);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return register(parsed.target, subject, context);
};
const FILES = { 'model.gguf': 'GGUF', 'sub/ü config.json': '{}', empty: '' };
const entriesOf = (version: WandbVersion | undefined) =>
  Object.fromEntries(
    Object.entries(version?.entries ?? {}).map(([path, { bytes }]) => [path, bytes?.toString()]),
  );

test('files become a version, once, logged by a run that ends; an alias can point at it', async () => {
  const subject = await weights.subject(FILES);
  const address = `${NAME}:v3`;
  expect(await put(subject)).toEqual({ target: NAME, version: 'v3', address, changed: true });
  expect(entriesOf(versions[3])).toEqual(FILES);
  expect(JSON.parse(versions[3]?.metadata ?? '')).toMatchObject({
    ...{ 'sluice.verdict': 'pass', 'sluice.digest': subject.digest },
    'sluice.comment': 'octocat: gate passed (https://ci.example/1)',
  });
  expect(versions[3]?.aliases).toEqual(['latest', `sluice-${subject.digest.slice(7)}`]);
  expect(Object.values(runs).map(({ state }) => state)).toEqual(['finished']);
  expect(server.store.seen.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
  server.seen.length = 0;
  expect(await put(subject)).toMatchObject({ version: 'v3', changed: false });
  expect(server.seen.filter(({ body }) => body.includes('mutation'))).toEqual([]);
  expect(await (await alias()).promote(subject, null)).toMatchObject({ to: 'v3', changed: true });
  await expect(put(pulled(1))).resolves.toMatchObject({ version: 'v1', changed: false });
});

test('bytes that W&B has already get the alias, and no second version', async () => {
  expect(await put(await weights.subject({ 'm.gguf': 'b' }))).toMatchObject({
    version: 'v1',
    changed: false,
  });
  expect(versions).toHaveLength(3);
});

test('a large file goes in parts', async () => {
  const [text, name] = ['0123456789'.repeat(50_000), { entity: 'acme', project: 'llm', collection: 'large' }];
  const subject = await weights.subject({ 'm.gguf': text });
  const sizes = { fromBytes: 400_000, partBytes: 150_000 };
  const told = await registerInWandb({ ...name, given: 'wandb:acme/llm/large' }, subject, context, sizes);
  expect(told).toMatchObject({ version: 'v0', changed: true });
  const parts = server.store.seen.filter(({ url }) => url.pathname.includes('%23'));
  expect(parts.map(({ bytes }) => bytes.length)).toEqual([150_000, 150_000, 150_000, 50_000]);
});

test('what has changed since it was judged is not sent; a run whose upload fails ends as failed', async () => {
  const subject = await weights.subject(FILES);
  const { root = '' } = subject.local ?? {};
  versions.push = () => {
    throw new Error('the quota is used up');
  };
  await expect(put(subject)).rejects.toThrow('the quota is used up');
  expect(Object.values(runs).map(({ state }) => state)).toEqual(['failed']);
  writeFileSync(join(root, 'model.gguf'), 'GGUG');
  await expect(put(subject)).rejects.toThrow('model.gguf has changed since it was judged');
  await expect(put({ ...subject, local: undefined })).rejects.toThrow('set input `model-path`');
});
