/** Model hosts with an API of their own, through the committed bundle: servers of their published interfaces on loopback. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { filesDigest } from '@sluice/release/weights';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';
import { serveClearml } from '../../../packages/sources/test/support/clearml-server.ts';
import { serveLakefs } from '../../../packages/sources/test/support/lakefs-server.ts';
import { serveHdfs } from '../../../packages/sources/test/support/webhdfs-server.ts';
import { serveWandb } from '../../../packages/sources/test/support/wandb-server.ts';

const SECRET = 'verySecretKey42';
const CONFIG = Buffer.from('{"hidden_size": 8}');

let workspace: string;
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-hosted-'));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

function pull(
  model: string,
  env: Record<string, string>,
  inputs: Record<string, string> = {},
): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: { model, 'cache-dir': 'cache', 'min-free-space': '0B', ...inputs },
    env: {
      ...NO_HUB_SETTINGS,
      HOME: workspace,
      ...env,
    },
    timeoutMs: 30_000,
  });
}

/** What every source must show: right bytes, revision and digest, a hit the second time, no secret anywhere. */
async function expectPulled(
  run: ActionOutcome,
  revision: string | RegExp,
  again: () => Promise<ActionOutcome>,
): Promise<void> {
  expect(run.stdout).not.toContain('::error::');
  expect(run.outputs['revision']).toMatch(revision);
  const sha256 = createHash('sha256').update(CONFIG).digest('hex');
  const digest = filesDigest([{ path: 'config.json', bytes: CONFIG.length, sha256 }]);
  expect(run.outputs).toMatchObject({ outcome: 'success', 'cache-hit': 'none', digest });
  expect(await readFile(join(run.outputs['path'] ?? '', 'config.json'))).toEqual(CONFIG);
  const record = await readRecord(join(workspace, 'sluice-run/release.json'));
  expect(record?.model).toMatchObject({ revision: run.outputs['revision'], digest });
  const log = run.stdout.replace(/^::add-mask::.*$/gm, '');
  expect(log + run.stderr + run.summary + JSON.stringify(record)).not.toContain(SECRET);
  expect((await again()).outputs).toMatchObject({ 'cache-hit': 'full', changed: 'false', digest });
}

test('lakefs:// is the commit behind the branch', async () => {
  const [first, second] = ['a1'.repeat(32), 'b2'.repeat(32)];
  const refs = { main: first };
  await using server = await serveLakefs({
    authorization: `Basic ${Buffer.from(`AKIAkey:${SECRET}`).toString('base64')}`,
    repositories: {
      models: {
        refs,
        commits: {
          [first]: new Map([['llm/config.json', CONFIG]]),
          [second]: new Map([['llm/config.json', Buffer.from('{}')]]),
        },
      },
    },
  });
  const env = {
    LAKECTL_SERVER_ENDPOINT_URL: server.url,
    LAKECTL_CREDENTIALS_ACCESS_KEY_ID: 'AKIAkey',
    LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY: SECRET,
  };
  const again = (): Promise<ActionOutcome> => pull('lakefs://models/main/llm', env);
  await expectPulled(await again(), first, again);
  refs.main = second;
  expect((await again()).outputs).toMatchObject({ revision: second, 'cache-hit': 'none', changed: 'true' });
  const refused = await pull('lakefs://models/mian/llm', env);
  expect([refused.exitCode, refused.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(refused.stdout).toContain('its branches are');
});

test('wandb: is the version behind the alias, with its digest', async () => {
  await using server = await serveWandb({
    ...{ entity: 'acme', project: 'llm', key: SECRET },
    collections: { weights: [{ aliases: ['production'], entries: { 'config.json': { bytes: CONFIG } } }] },
  });
  const env = { WANDB_BASE_URL: server.url, WANDB_API_KEY: SECRET };
  const again = (): Promise<ActionOutcome> => pull('wandb:acme/llm/weights:production', env);
  await expectPulled(await again(), /^v0@[0-9a-f]{32}$/, again);
  const refused = await pull('wandb:acme/llm/weights:staging', env);
  expect([refused.exitCode, refused.outputs['outcome']]).toEqual([1, 'config-error']);
});

test('clearml: is the model by its id, from the file server', async () => {
  const id = 'ab12'.repeat(8);
  await using server = await serveClearml({
    ...{ key: 'ACCESS', secret: SECRET },
    models: { [id]: { uri: '/llm/train.1/models/config.json' } },
    files: new Map([['/llm/train.1/models/config.json', CONFIG]]),
  });
  const env = {
    CLEARML_API_HOST: server.url,
    CLEARML_FILES_HOST: server.files.url,
    CLEARML_API_ACCESS_KEY: 'ACCESS',
    CLEARML_API_SECRET_KEY: SECRET,
  };
  const again = (): Promise<ActionOutcome> => pull(`clearml:${id}`, env);
  const first = await again();
  await expectPulled(first, new RegExp(`^${id}@listing:`), again);
  expect(first.stdout.replace(/^::add-mask::.*$/gm, '')).not.toContain(server.token);
  const refused = await pull(`clearml:${'0'.repeat(32)}`, env);
  expect([refused.exitCode, refused.outputs['outcome']]).toEqual([1, 'config-error']);
});

test('webhdfs:// is what the listing says, and refused when it changes meanwhile', async () => {
  const files = new Map([['/llm/config.json', { bytes: CONFIG, modified: 1_700_000_000_000 }]]);
  let changes = false;
  await using cluster = await serveHdfs({
    files,
    who: { 'user.name': 'ml' },
    onOpen: (path) => {
      if (changes) setImmediate(() => files.set(path, { bytes: CONFIG, modified: 1_700_000_009_000 }));
    },
  });
  const again = (): Promise<ActionOutcome> =>
    pull(`${cluster.url.replace('http', 'webhdfs')}/llm`, { HADOOP_USER_NAME: 'ml' });
  await expectPulled(await again(), /^listing:[0-9a-f]{64}$/, again);
  changes = true;
  files.set('/llm/config.json', { bytes: Buffer.from('{"x": 1}'), modified: 1_700_000_005_000 });
  const refused = await again();
  expect([refused.exitCode, refused.outputs['outcome']]).toEqual([1, 'infra-error']);
  expect(refused.stdout).toContain('changed while it was read');
});
