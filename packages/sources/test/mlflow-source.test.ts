/** A server of MLflow's API shape; a real one, where its environment is there, is met in e2e/oracles. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { parseMlflowAddress, proxiedPath, resolveMlflow } from '@sluice/sources/mlflow-source';
import { MLFLOW_FILES, startMlflow } from './support/mlflow-server.ts';
import { serveS3 } from './support/s3-server.ts';
import { bytesOfFile, testContext } from './support/serve.ts';
import type { TestServer } from './support/serve.ts';

const env = (server: TestServer): NodeJS.ProcessEnv => ({
  HOME: '/nonexistent',
  MLFLOW_TRACKING_URI: `${server.url}/base/`,
  MLFLOW_TRACKING_TOKEN: 'tok',
});

describe('mlflow:', () => {
  test.each([
    ['models:/llm/3', '3'],
    ['mlflow:models:/llm@champion', '3'],
    ['models:/llm/Production', '10'],
    ['models:/llm/latest', '10'],
  ])('%s is version %s, all its files', async (given, version) => {
    await using server = await startMlflow();
    const { files, revision, source } = await resolveMlflow({ given }, testContext({ env: env(server) }));
    expect([source, revision]).toEqual([`models:/llm/${version}`, version]);
    expect(files).toMatchObject([
      { path: 'MLmodel', bytes: 11, acceptsRanges: false, hash: null },
      { path: 'model/weights.bin', bytes: 7 },
    ]);
    expect((await bytesOfFile(files[1], { start: 1, end: 2 })).bytes.toString()).toBe('weights');
  });

  test('runs: an artifact of the run, or the model that it logged', async () => {
    await using server = await startMlflow();
    const context = testContext({ env: env(server) });
    expect((await resolveMlflow({ given: 'mlflow:runs:/r1/single.txt' }, context)).files).toMatchObject([
      { path: 'single.txt', bytes: 3 },
    ]);
    const model = await resolveMlflow({ given: 'runs:/r1/model' }, context);
    expect(model.files.map(({ path }) => path)).toEqual(['MLmodel', 'model/weights.bin']);
    expect(model.revision).toMatch(/^listing:/);
    await expect(resolveMlflow({ given: 'runs:/r1/none' }, context)).rejects.toThrow(
      'no artifact and no model',
    );
  });

  test('artifacts in S3 are read there, without MLflow’s token', async () => {
    await using s3 = await serveS3({
      bucket: 'b',
      objects: new Map([['m/MLmodel', { bytes: Buffer.from('x') }]]),
    });
    await using server = await startMlflow('s3://b/m');
    const context = testContext({ env: { ...env(server), MLFLOW_S3_ENDPOINT_URL: s3.url } });
    const { files } = await resolveMlflow({ given: 'models:/llm/3' }, context);
    expect(files).toMatchObject([{ path: 'MLmodel', hash: { algorithm: 'md5' } }]);
    expect(s3.seen.every(({ headers }) => headers.authorization === undefined)).toBe(true);
  });

  test.each([
    ['models:/none/3', {}, 'does not exist'],
    ['models:/llm@nobody', {}, 'does not exist'],
    ['models:/llm/3', { MLFLOW_TRACKING_TOKEN: 'bad' }, '401 PERMISSION_DENIED'],
    ['models:/llm/3', { MLFLOW_TRACKING_URI: 'databricks' }, 'no http(s) address'],
    ['models:/llm/3', { MLFLOW_TRACKING_URI: '' }, 'set `MLFLOW_TRACKING_URI`'],
  ])('%s with %j is the user’s to mend', async (given, more, part) => {
    await using server = await startMlflow();
    const failure = resolveMlflow({ given }, testContext({ env: { ...env(server), ...more } }));
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(part);
  });

  test.each(['file:///etc', 'dbfs:/x', 'mlflow-artifacts://evil.example/x', 'http://evil.example/x'])(
    'a model that says it lies at %s is refused',
    async (uri) => {
      await using server = await startMlflow(uri);
      await expect(
        resolveMlflow({ given: 'models:/llm/3' }, testContext({ env: env(server) })),
      ).rejects.toThrow(ConfigError);
    },
  );

  test('paths that lead out are refused', async () => {
    expect(() => proxiedPath('mlflow-artifacts:/a/../../x', 'http://h')).toThrow(InfraError);
    MLFLOW_FILES.set('1/models/m-1/artifacts/..', 'x');
    try {
      await using server = await startMlflow();
      await expect(
        resolveMlflow({ given: 'models:/llm/3' }, testContext({ env: env(server) })),
      ).rejects.toThrow('refused');
    } finally {
      MLFLOW_FILES.delete('1/models/m-1/artifacts/..');
    }
  });

  test.each([
    ['models:/llm', undefined],
    ['models:/llm/3', '4'],
    ['runs:/id/a/../b', undefined],
    ['runs:/id/a', '3'],
    ['models:/', undefined],
    ['mlflow:x', undefined],
  ])('%s with revision %s is no address', (given, revision) => {
    expect(() => parseMlflowAddress(given, revision)).toThrow(ConfigError);
  });
});
