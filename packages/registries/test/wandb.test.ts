import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Pointer, RegistryContext } from '@sluice/registries/registry';
import {
  manifestOf,
  serveWandb,
  type WandbServer,
  type WandbVersion,
} from '../../sources/test/support/wandb-server.ts';
import { BACK, bareSubject, contextWith, pointerTo } from './support/subjects.ts';

let server: WandbServer;
let context: RegistryContext;
let versions: WandbVersion[];
beforeEach(async () => {
  const version = (text: string): WandbVersion => ({
    aliases: [],
    entries: { 'm.gguf': { bytes: Buffer.from(text) } },
  });
  versions = ['a', 'b', 'c'].map(version);
  server = await serveWandb({
    entity: 'acme',
    project: 'llm',
    key: 'right',
    collections: { weights: versions },
  });
  context = contextWith({ WANDB_BASE_URL: server.url, WANDB_API_KEY: 'right' });
});
afterEach(async () => {
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
