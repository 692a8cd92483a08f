/**
 * The fixture hub as a program: `node packages/testing/src/hub/main.ts --models fixtures/models --port 0`.
 * Serves `acme/capitals` with a tag for each folder v1, v2, … below `--models` (main = v1), prints its address on the
 * first line of stdout, and ends at SIGTERM or SIGINT.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { HubRevision } from './repository.ts';
import { startHub } from './server.ts';

/** The folders v1, v2, … of `models`, oldest first. */
export async function listRevisions(models: string): Promise<HubRevision[]> {
  const names = (await readdir(models)).filter((name) => /^v\d+$/.test(name));
  names.sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  return names.map((name) => ({ name, folder: join(models, name) }));
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      models: { type: 'string', default: 'fixtures/models' },
      repo: { type: 'string', default: 'acme/capitals' },
      port: { type: 'string', default: '0' },
      'cdn-port': { type: 'string', default: '0' },
      token: { type: 'string' },
      gated: { type: 'boolean', default: false },
      private: { type: 'boolean', default: false },
    },
  });
  const hub = await startHub({
    repos: [
      {
        id: values.repo,
        revisions: await listRevisions(values.models),
        gated: values.gated,
        private: values.private,
      },
    ],
    port: Number(values.port),
    cdnPort: Number(values['cdn-port']),
    ...(values.token !== undefined && { token: values.token }),
  });
  process.stdout.write(`${hub.url}\n`);
  const end = () => void hub.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
}
