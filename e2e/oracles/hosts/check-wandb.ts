/**
 * The server that our tests of `wandb:` use, met by the official client: what that downloads, and the version and digest it
 * names, are what we get. So the server answers as W&B's does, as far as the client asks.
 */
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { serveWandb } from '../../../packages/sources/test/support/wandb-server.ts';
import { Checks, readAll, resolveText } from '../sources/checks.ts';
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
  for (const alias of ['production', 'v0']) {
    const name = `acme/llm/weights:${alias}`;
    const args = [join(import.meta.dirname, 'wandb_client.py'), name, join(folder, alias)];
    const variables = {
      ...env,
      PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
      WANDB_ERROR_REPORTING: 'false',
    };
    const { stdout } = await run(python, args, { cwd: folder, env: variables, timeoutMs: 120_000 });
    const facts = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Facts;
    const ours = await resolveText(`wandb:${name}`, { env });
    checks.equal(`${alias}: the files that the official client downloads`, await readAll(ours), facts.files);
    checks.equal(`${alias}: its version and digest`, ours.revision, `${facts.version}@${facts.digest}`);
    checks.equal(`${alias}: the digest that it computes itself`, facts.computed, facts.digest);
  }
  return checks;
}
