/** Names in an S3 bucket and SageMaker's approvals, against moto, which checks every signature; boto3 reads what was written. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { register } from '@sluice/registries/open';
import { hashModelPath } from '@sluice/release/weights';
import { Checks } from '../sources/checks.ts';
import { freePort, startServer } from '../sources/servers.ts';
import { contextOf, pointerTo, subjectOf } from './check-mlflow.ts';

const BACK = { who: 'octocat', why: 'broken', link: '' };

export async function checkMoto(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('moto');
  const port = await freePort();
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  await using server = await startServer(python, args, { port, path: '/moto-api/', folder });
  const script = join(import.meta.dirname, 'moto_server.py');
  const python3 = async (...words: string[]): Promise<unknown> => {
    const { stdout } = await run(python, [script, server.url, ...words], { timeoutMs: 120_000 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown;
  };
  const [id = '', secret = ''] = (await python3('fill')) as string[];
  const env = { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_ENDPOINT_URL: server.url };
  const context = contextOf({ HOME: folder, ...env });

  const subject = async (name: string) => {
    const root = join(folder, name);
    await mkdir(root);
    await writeFile(join(root, 'm b.gguf'), name);
    const { digest, files } = await hashModelPath(root);
    return { ...subjectOf('a', 's3://elsewhere/llm'), digest, local: { root, files } };
  };
  const [a, b] = [await subject('a'), await subject('b')];
  const place = { kind: 's3', given: 's3://models/llm', bucket: 'models', prefix: 'llm' } as const;
  checks.equal('a bucket: registered', (await register(place, a, context)).changed, true);
  checks.equal('… again: nothing', (await register(place, a, context)).changed, false);
  await register(place, b, context);
  const alias = await pointerTo('s3://models/llm@live', context);
  const other = await pointerTo('s3://models/llm@live', context);
  await alias.promote(a, null);
  checks.equal('… moved', (await alias.promote(b, a.digest)).from, a.digest);
  checks.equal('… remembers', (await alias.promote(b, b.digest)).from, a.digest);
  const both = await Promise.allSettled([
    alias.restore(a.digest, b.digest, BACK),
    other.restore(a.digest, b.digest, BACK),
  ]);
  const moved = both.filter((each) => each.status === 'fulfilled' && each.value.changed).length;
  checks.equal('… two at once: one of them moves it', moved, 1);
  const hex = a.digest.slice('sha256:'.length);
  checks.equal('… boto3 reads it', await python3('read'), { address: `s3://models/llm/${hex}`, text: 'a' });
  const wrong = contextOf({ HOME: folder, ...env, AWS_SECRET_ACCESS_KEY: 'wrong' });
  await checks.refused(
    '… a wrong key',
    (await pointerTo('s3://models/llm@live', wrong)).observe(),
    'may not be read',
  );

  const approved = await pointerTo('sagemaker:llm', context);
  checks.equal('SageMaker: nothing is approved', await approved.observe(), null);
  const first = await approved.promote(subjectOf('a', 's3://models/one'), null);
  checks.equal('… approved', first, { target: 'sagemaker:llm', from: null, to: '1', changed: true });
  await approved.promote(subjectOf('b', 's3://models/two'), '1');
  checks.equal('… put back', (await approved.restore('1', '2', BACK)).changed, true);
  checks.equal('… boto3 sees it', await python3('packages'), { '1': 'Approved', '2': 'Rejected' });
  await checks.refused(
    '… a wrong key',
    (await pointerTo('sagemaker:llm', wrong)).observe(),
    'sagemaker:ListModelPackages',
  );
  return checks;
}
