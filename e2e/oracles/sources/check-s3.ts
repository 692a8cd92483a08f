/** `s3://` against moto, filled by boto3; moto checks every signature with botocore's own signer. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { killPulls } from '@sluice/testing/kill-pulls';
import { Checks, readAll, resolveText } from './checks.ts';
import type { Hashes } from './checks.ts';
import { freePort, startServer } from './servers.ts';

interface Facts {
  keys: [string, string];
  llm: Hashes;
  big: string;
  versions: [string, string];
}

/** Runs `then` while the server still runs, for what else reads from it. */
export async function checkS3(
  python: string,
  folder: string,
  dvcObjects: string,
  then: (env: Record<string, string>) => Promise<void>,
): Promise<Checks> {
  const checks = new Checks('s3');
  const port = await freePort();
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  await using server = await startServer(python, args, { port, path: '/moto-api/', folder });
  const script = join(import.meta.dirname, 's3_server.py');
  const { stdout } = await run(python, [script, server.url, dvcObjects], { timeoutMs: 120_000 });
  const facts = JSON.parse(stdout) as Facts;
  const env = {
    HOME: folder,
    AWS_ACCESS_KEY_ID: facts.keys[0],
    AWS_SECRET_ACCESS_KEY: facts.keys[1],
    AWS_ENDPOINT_URL: server.url,
  };
  const folderSource = await resolveText('s3://models/llm', { env });
  checks.equal('a folder: names, bytes, hashes', await readAll(folderSource), facts.llm);
  const algorithms = folderSource.files.map(({ path, hash }) => `${path} ${hash?.algorithm ?? 'none'}`);
  checks.tell(
    'a sha256 that S3 keeps is used',
    algorithms.includes('model.safetensors sha256'),
    algorithms.join(),
  );
  const many = await resolveText('s3://models/many/', { env });
  checks.equal('a listing of two pages', many.files.length, 1100);
  const big = await resolveText('s3://models/parts/big.bin', { env });
  checks.equal('an object in parts has no md5', big.files[0]?.hash?.algorithm === 'md5', false);
  checks.equal('an object in parts', await readAll(big), { 'big.bin': facts.big });
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
  const latest = await resolveText('s3://models/v/model.bin', { env });
  checks.equal('the newest version is the revision', latest.revision, facts.versions[1]);
  const first = await resolveText('s3://models/v/model.bin', { env, revision: facts.versions[0] });
  checks.equal('a version that is asked for', await readAll(first), { 'model.bin': sha256('first') });
  await checkResume(checks, { folder, url: server.url, env, sha256: facts.big });
  const wrong = { ...env, AWS_SECRET_ACCESS_KEY: 'wrong' };
  await checks.refused('a wrong key', resolveText('s3://models/llm', { env: wrong }), 'may not be read');
  await checks.refused('no such bucket', resolveText('s3://nothing/x', { env }), 'no bucket');
  await checks.refused('no such object', resolveText('s3://models/none', { env }), 'does not exist');
  await then(env);
  return checks;
}

/** The bundle, killed in the middle of the object in parts: its ETag is no hash, and alone says that it is still the same. */
async function checkResume(
  checks: Checks,
  where: { folder: string; url: string; env: Record<string, string>; sha256: string },
): Promise<void> {
  const result = await killPulls({
    hubUrl: where.url,
    repo: 's3://models/parts/big.bin',
    file: { path: 'big.bin', sha256: where.sha256 },
    scratch: where.folder,
    pulls: 4,
    width: 2,
    withinMs: 300,
    // Slow enough that kills strike in the middle.
    inputs: { 'INPUT_BANDWIDTH-LIMIT': '4MB' },
    env: where.env,
  });
  checks.equal('pulls killed in the middle of a file end right', result.faults, []);
  const counts = `${result.struck} struck, ${result.resumed} resumed`;
  checks.tell('and go on where they were', result.struck >= 3 && result.resumed >= 2, counts);
}
