/**
 * The server that our tests of `wandb:` use, met by the official client: what that downloads, and the version and digest it
 * names, are what we get, and it downloads what we register. So the server answers as W&B's does, as far as the client asks.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { registerInWandb } from '@sluice/registries/wandb-register';
import { hashModelPath } from '@sluice/release/weights';
import { WandbClient } from '@sluice/sources/wandb-client';
import { testContext } from '../../../packages/sources/test/support/serve.ts';
import { serveWandb } from '../../../packages/sources/test/support/wandb-server.ts';
import { Checks, hashFolder, readAll, resolveText } from '../sources/checks.ts';
import type { Hashes } from '../sources/checks.ts';

interface Facts {
  version: string;
  digest: string;
  computed: string;
  files: Hashes;
}

export async function checkWandb(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('wandb');
  const key = 'w'.repeat(40);
  await using server = await serveWandb({
    ...{ entity: 'acme', project: 'llm', key, pageSize: 2 },
    runs: { r1: { state: 'finished', summaryMetrics: '{"accuracy": 0.93, "loss": NaN, "bleu": 31}' } },
    collections: {
      weights: [
        { aliases: ['old'], entries: { 'old.txt': { bytes: Buffer.from('old') } } },
        {
          aliases: ['latest', 'production'],
          entries: {
            'config.json': { bytes: Buffer.from('{"hidden_size": 8}') },
            'a b/ü.bin': { bytes: Buffer.alloc(300_000, 7) },
            'shards/1.bin': { bytes: Buffer.alloc(1, 1) },
          },
        },
      ],
    },
  });
  const env = { HOME: folder, WANDB_BASE_URL: server.url, WANDB_API_KEY: key };
  const variables = {
    ...env,
    PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
    WANDB_ERROR_REPORTING: 'false',
  };
  const theirs = async (name: string, argument: string): Promise<unknown> => {
    const args = [join(import.meta.dirname, 'wandb_client.py'), name, argument];
    const { stdout } = await run(python, args, { cwd: folder, env: variables, timeoutMs: 120_000 });
    return JSON.parse((stdout.trim().split('\n').at(-1) ?? '').replaceAll('NaN', '"NaN"'));
  };
  const compare = async (alias: string): Promise<Facts> => {
    const name = `acme/llm/weights:${alias}`;
    const facts = (await theirs(name, join(folder, alias))) as Facts;
    const ours = await resolveText(`wandb:${name}`, { env });
    checks.equal(`${alias}: the files that the official client downloads`, await readAll(ours), facts.files);
    checks.equal(`${alias}: its version and digest`, ours.revision, `${facts.version}@${facts.digest}`);
    checks.equal(`${alias}: the digest that it computes itself`, facts.computed, facts.digest);
    return facts;
  };
  await compare('production');
  await compare('v0');
  await checkRun(checks, { ...env, GITHUB_WORKSPACE: folder }, () => theirs('acme/llm/r1', '--run'));
  await checkRegistered(checks, { folder, env }, compare);
  return checks;
}

/** A run's state and summary, read by the query of `results: wandb:entity/project/run`. */
async function checkRun(
  checks: Checks,
  env: Record<string, string>,
  theirs: () => Promise<unknown>,
): Promise<void> {
  const { summary, state } = (await theirs()) as { summary: Record<string, unknown>; state: string };
  const client = new WandbClient({ ...testContext(), env });
  const text = (await client.runSummary('acme', 'llm', 'r1')).replaceAll('NaN', '"NaN"');
  checks.equal('a run: its state', state, 'finished');
  checks.equal('a run: its summary, as the official client reads it', JSON.parse(text) as unknown, summary);
}

/** What `register: wandb:…` uploads, at once and in parts, is what the official client downloads. */
async function checkRegistered(
  checks: Checks,
  { folder, env }: { folder: string; env: Record<string, string> },
  compare: (alias: string) => Promise<Facts>,
): Promise<void> {
  const root = join(folder, 'registered');
  await mkdir(join(root, 'sub'), { recursive: true });
  await writeFile(join(root, 'model.gguf'), Buffer.alloc(500_000, 'weights'));
  await writeFile(join(root, 'sub/ü config.json'), '{}');
  const { digest, files } = await hashModelPath(root);
  const subject = {
    ...{ digest, source: 's3://elsewhere/llm', revision: 'r1', description: 'gated', tags: {} },
    ...{ comment: { who: 'o', why: 'gate passed', link: '' }, local: { root, files } },
  };
  const name = { given: 'wandb:acme/llm/weights', entity: 'acme', project: 'llm', collection: 'weights' };
  const context = { ...testContext(), env };
  const sizes = { fromBytes: 400_000, partBytes: 150_000 };
  const registered = await registerInWandb(name, subject, context, sizes);
  checks.equal('registered: a new version', registered.version, 'v2');
  const { files: downloaded } = await compare('v2');
  checks.equal('registered: its files', downloaded, await hashFolder(root));
}
