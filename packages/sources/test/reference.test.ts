import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource } from '@sluice/sources/grammar';
import { followReference } from '@sluice/sources/reference';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-card-'));
  await mkdir(join(root, 'models/v3'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

const follow = (text: string) => followReference(parseSource(text, 'model'), text, 'model', root);
const CARD = 'models/v3/model-card.yaml';
const card = (spec: string): Promise<void> =>
  writeFile(join(root, CARD), `apiVersion: llm/v1\nkind: ModelVersion\nspec:\n  baseModel: llama\n${spec}`);

test('a card names its source, revision and digest, and gives its base model', async () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  await card(`  source: {uri: "hf://org/name", revision: v3, digest: "${digest}"}\n`);
  expect(await follow(CARD)).toMatchObject({
    source: { kind: 'hub', repo: 'org/name' },
    text: 'hf://org/name',
    revision: 'v3',
    digest,
    lineage: { baseModel: 'llama' },
  });
});

test('a card without it is a config error that names the key to add', async () => {
  await card('');
  await expect(follow(CARD)).rejects.toThrow(ConfigError);
  await expect(follow(CARD)).rejects.toThrow('add the key `spec.source`');
});

test('entries of a list of data sets, by name, as a list or a map', async () => {
  await writeFile(
    join(root, 'sets.yaml'),
    'datasets:\n- {name: a, uri: "s3://b/k", revision: "7", sha256: "' +
      `${'a'.repeat(64)}"}\n- {name: b, source: {uri: "dvc:x"}}\n`,
  );
  expect(await follow('sets.yaml#a')).toMatchObject({
    source: { kind: 's3' },
    revision: '7',
    sha256: 'a'.repeat(64),
  });
  expect(await follow('sets.yaml#b')).toMatchObject({ source: { kind: 'dvc' }, text: 'dvc:x' });
  await expect(follow('sets.yaml#c')).rejects.toThrow('there are "a", "b"');
  await writeFile(join(root, 'map.yaml'), 'c: "https://host/x.jsonl"\n');
  expect(await follow('map.yaml#c')).toMatchObject({ source: { kind: 'https' } });
});

test('any other source is returned as it is', async () => {
  expect(await follow('org/name')).toMatchObject({ text: 'org/name', revision: null, digest: null });
});

test.each([
  ['  source: models/v2/model-card.yaml\n', 'another card'],
  ['  source: {revision: x}\n', 'no `uri`'],
  ['  source: {uri: "org/name", revision: 1.0}\n', 'quote it'],
  ['  source: {uri: "org/name", digest: abc}\n', '64 hex digits'],
  ['  source: {uri: "ftp://x"}\n', 'unknown scheme'],
  ['  source: [\n', ''],
])('%j is refused', async (spec, part) => {
  await card(spec);
  await expect(follow(CARD)).rejects.toThrow(ConfigError);
  await expect(follow(CARD)).rejects.toThrow(part);
});

test('a card outside the workspace, or none, is refused', async () => {
  await expect(
    followReference(
      { kind: 'model-card', given: '../x.yaml', rest: '../x.yaml' },
      '../x.yaml',
      'model',
      root,
    ),
  ).rejects.toThrow('outside the workspace');
  await expect(follow('none.yaml')).rejects.toThrow("can't be read");
});
