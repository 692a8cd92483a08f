import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { parseSource } from '@sluice/sources/grammar';

const hub = (repo: string, revision: string | null = null, repoType = 'model') => ({
  kind: 'hub',
  repoType,
  repo,
  revision,
});

describe('the grammar of sources', () => {
  test.each([
    ['org/name', hub('org/name')],
    ['gpt2', hub('gpt2')],
    [' meta-llama/Llama-2-7b ', hub('meta-llama/Llama-2-7b')],
    ['org/name.v1_2@v2.1', hub('org/name.v1_2', 'v2.1')],
    ['hf://org/name', hub('org/name')],
    ['hf://org/name@refs/pr/1', hub('org/name', 'refs/pr/1')],
    ['hf://datasets/org/name', hub('org/name', null, 'dataset')],
    ['hf://spaces/org/name@main', hub('org/name', 'main', 'space')],
    ['datasets/squad', hub('datasets/squad')],
    ['file:models/x', { kind: 'file', path: 'models/x' }],
    ['file:/srv/models', { kind: 'file', path: '/srv/models' }],
    ['file:///srv/models', { kind: 'file', path: '/srv/models' }],
    ['file://localhost/srv', { kind: 'file', path: '/srv' }],
    ['s3://bucket/key', { kind: 's3', rest: 'bucket/key' }],
    ['gs://bucket/key', { kind: 'gs', rest: 'bucket/key' }],
    ['az://account/container/prefix', { kind: 'az', rest: 'account/container/prefix' }],
    ['dvc:models/llama', { kind: 'dvc', rest: 'models/llama' }],
    ['mlflow:models:/name/3', { kind: 'mlflow', rest: 'models:/name/3' }],
    ['models:/name@champion', { kind: 'mlflow', rest: 'name@champion' }],
    ['mlflow:runs:/id/path', { kind: 'mlflow', rest: 'runs:/id/path' }],
    ['wandb:e/p/n:latest', { kind: 'wandb', rest: 'e/p/n:latest' }],
    ['clearml:abc', { kind: 'clearml', rest: 'abc' }],
    ['oci://host/repo:tag', { kind: 'oci', rest: 'host/repo:tag' }],
    ['lakefs://repo/ref/path', { kind: 'lakefs', rest: 'repo/ref/path' }],
    ['webhdfs://host/path', { kind: 'webhdfs', rest: 'host/path' }],
    ['https://example.com/m.gguf', { kind: 'https', rest: 'example.com/m.gguf' }],
    ['models/v3/model-card.yaml', { kind: 'model-card', rest: 'models/v3/model-card.yaml' }],
    ['data/datasets.yaml#train', { kind: 'dataset-entry', rest: 'data/datasets.yaml#train' }],
  ])('%s', (text, expected) => {
    expect(parseSource(text, 'model')).toMatchObject(expected);
  });

  test.each([
    ['', 'is empty'],
    ['a/b/c', 'is no repository name'],
    ['org/na me', 'is no repository name'],
    ['org/..', 'is no repository name'],
    ['org/a--b', 'is no repository name'],
    ['org/name.git', 'is no repository name'],
    ['org/name@', 'is no repository name'],
    ['../models', 'write file:../models'],
    ['/srv/models', 'write file:/srv/models'],
    ['ftp://host/x', "unknown scheme 'ftp:'"],
    ['file:', 'names no path'],
    ['file://host/share', 'names no path'],
  ])('%j is refused: %s', (text, part) => {
    expect(() => parseSource(text, 'model')).toThrow(ConfigError);
    expect(() => parseSource(text, 'model')).toThrow(part);
  });
});
