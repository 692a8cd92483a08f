import { afterEach, describe, expect, test } from '@jest/globals';
import type { RegistryContext } from '@sluice/registries/registry';
import { parsePromote } from '@sluice/registries/targets';
import type { TestServer } from '../../sources/test/support/serve.ts';
import {
  AWS_KEYS,
  serveAzureml,
  serveSagemaker,
  serveVertex,
  type AzureVersion,
  type ModelPackage,
  type VertexVersion,
} from './support/cloud-registries.ts';
import { BACK, bareSubject, contextWith, pointerTo } from './support/subjects.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
});
const COMMENT = 'octocat: gate passed (https://ci.example/1)';
const digest = (digit: string): string => `sha256:${digit.repeat(64)}`;
const [a, b] = [bareSubject(digest('a'), 's3://models/a'), bareSubject(digest('b'), 's3://models/b')];
const without = (context: RegistryContext, name: string): RegistryContext => ({
  ...context,
  env: { ...context.env, [name]: '' },
});

describe('SageMaker', () => {
  const open = async (packages: ModelPackage[]): Promise<RegistryContext> => {
    server = await serveSagemaker('llm', packages);
    const { accessKeyId, secretAccessKey } = AWS_KEYS;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    return contextWith({ ...keys, AWS_ENDPOINT_URL_SAGEMAKER: server.url });
  };
  const packageOf = (data: string, status = 'PendingManualApproval'): ModelPackage => ({
    status,
    data,
    metadata: {},
  });

  test('the newest approved package is what a group stands for', async () => {
    const packages = ['s3://models/a', 's3://models/b', 's3://models/c'].map((data) => packageOf(data));
    const context = await open(packages);
    const llm = await pointerTo('sagemaker:llm', context);
    expect(await llm.observe()).toBeNull();
    const first = await llm.promote(a, null);
    expect(first).toEqual({ target: 'sagemaker:llm', from: null, to: '1', changed: true });
    expect(packages[0]).toMatchObject({
      ...{ status: 'Approved', description: COMMENT },
      metadata: { 'sluice.digest': digest('a'), 'sluice.verdict': 'pass' },
    });
    expect(await llm.promote(a, '1')).toMatchObject({ changed: false });
    await expect(llm.promote(b, null)).rejects.toThrow('points at 1 now');
    expect(await llm.promote(b, '1')).toMatchObject({ from: '1', to: '2' });
    // An older one can't be what counts while a newer one is approved.
    await expect(llm.promote(a, '2')).rejects.toThrow('reject 2 first');
    await expect(llm.restore('1', '3', BACK)).rejects.toMatchObject({ name: 'GateError' });
    expect(await llm.restore('1', '2', BACK)).toMatchObject({ from: '2', to: '1', changed: true });
    expect(packages.map(({ status }) => status)).toEqual(['Approved', 'Rejected', 'PendingManualApproval']);
    expect(await llm.restore('1', '2', BACK)).toMatchObject({ changed: false });
    const lost = bareSubject(digest('d'), 's3://models/d');
    await expect(llm.promote(lost, '1')).rejects.toThrow('create one in SageMaker');
  });
  test('a package that is said to be of other weights is not the subject’s, wherever its data lies', async () => {
    const marked = { ...packageOf('s3://models/a'), metadata: { 'sluice.digest': digest('b') } };
    const context = await open([marked, packageOf('s3://x')]);
    expect((await (await pointerTo('sagemaker:llm', context)).promote(b, null)).to).toBe('1');
    await expect((await pointerTo('sagemaker:llm', context)).promote(a, '1')).rejects.toThrow(
      'none of the newest',
    );
    const wrong = { ...context, env: { ...context.env, AWS_SECRET_ACCESS_KEY: 'wrong' } };
    await expect((await pointerTo('sagemaker:llm', wrong)).observe()).rejects.toThrow(
      'AWS_SECRET_ACCESS_KEY',
    );
    await expect(pointerTo('sagemaker:llm', without(context, 'AWS_ACCESS_KEY_ID'))).rejects.toThrow(
      'set `AWS_ACCESS',
    );
  });
});

describe('Vertex AI', () => {
  test('an alias moves between versions, found by label or place', async () => {
    const versions: VertexVersion[] = [
      { aliases: ['default'], artifactUri: 's3://models/a', labels: {} },
      { aliases: [], artifactUri: 's3://elsewhere', labels: { 'sluice-digest': 'b'.repeat(63) } },
    ];
    server = await serveVertex(versions);
    const place = { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'l' };
    const override = { CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM: server.url };
    const context = contextWith({ ...place, ...override, CLOUDSDK_AUTH_ACCESS_TOKEN: 'right' });
    const live = await pointerTo('vertex:llm@live', context);
    expect(await live.observe()).toBeNull();
    expect((await live.promote(a, null)).to).toBe('1');
    expect(versions[0]).toMatchObject({ aliases: ['default', 'live'], description: COMMENT });
    await expect(live.promote(b, null)).rejects.toThrow('points at 1 now');
    expect(await live.promote(b, '1')).toEqual({
      target: 'vertex:llm@live',
      from: '1',
      to: '2',
      changed: true,
    });
    expect(await live.promote(b, '2')).toMatchObject({ changed: false });
    await live.restore('1', '2', BACK);
    await live.restore(null, '1', BACK);
    expect(versions.map(({ aliases }) => aliases)).toEqual([['default'], []]);
    await expect(live.promote(bareSubject(digest('c'), 'gs://c'), null)).rejects.toThrow(
      'upload one to Vertex AI',
    );
    const wrong = { ...context, env: { ...context.env, CLOUDSDK_AUTH_ACCESS_TOKEN: 'wrong' } };
    await expect((await pointerTo('vertex:llm@live', wrong)).observe()).rejects.toThrow(
      'CLOUDSDK_AUTH_ACCESS_TOKEN',
    );
    await expect(pointerTo('vertex:llm@live', without(context, 'GOOGLE_CLOUD_PROJECT'))).rejects.toThrow(
      'needs `GOOGLE',
    );
  });
});

describe('Azure ML', () => {
  test('a stage moves between versions, what is there is kept, who leaves is archived', async () => {
    const versions: AzureVersion[] = ['a', 'b'].map((name, index) => ({
      name: String(index + 1),
      properties: {
        modelUri: `s3://models/${name}`,
        tags: { own: 'x' },
        description: 'd',
        // As the published examples have them; what is nullable there may be null.
        ...{ properties: { string: 'string' }, isAnonymous: false, modelType: 'CustomModel', jobName: null },
        provisioningState: 'Succeeded',
      },
    }));
    server = await serveAzureml(versions);
    const place = { AZURE_SUBSCRIPTION_ID: 's1', AZURE_RESOURCE_GROUP: 'g1', AZURE_ML_WORKSPACE: 'w1' };
    const login = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' };
    const servers = { AZURE_RESOURCE_MANAGER_ENDPOINT: server.url, AZURE_AUTHORITY_HOST: server.url };
    const context = contextWith({ ...place, ...login, ...servers });
    const live = await pointerTo('azureml:llm', context);
    expect((await live.promote(a, null)).target).toBe('azureml:llm/Production');
    expect(versions[0]?.properties).toMatchObject({
      ...{ stage: 'Production', description: 'd' },
      tags: { own: 'x', 'sluice.digest': digest('a'), 'sluice.comment': COMMENT },
    });
    await expect(live.promote(b, null)).rejects.toThrow('points at 1 now');
    expect(await live.promote(b, '1')).toMatchObject({ from: '1', to: '2' });
    expect(versions.map(({ properties }) => properties.stage)).toEqual(['Archived', 'Production']);
    await live.restore('1', '2', BACK);
    expect(versions.map(({ properties }) => properties.stage)).toEqual(['Production', 'Archived']);
    await live.restore(null, '1', BACK);
    expect(await live.observe()).toBeNull();
    await expect(live.promote(bareSubject(digest('c'), 'x'), null)).rejects.toThrow(
      'register one in Azure ML',
    );
    await expect(pointerTo('azureml:llm', without(context, 'AZURE_ML_WORKSPACE'))).rejects.toThrow(
      'needs `AZURE_ML_WORKSPACE`',
    );
  });
});

test.each([
  ['sagemaker:-x'],
  ['vertex:llm@default'],
  ['vertex:LLM@live'],
  ['azureml:llm/Archived'],
  ['azureml:../x'],
  ['wandb:a/b/c:latest'],
  ['wandb:a/b:c'],
])('%s is refused', (given) => expect(parsePromote(given)).toMatchObject({ fault: expect.any(String) }));
