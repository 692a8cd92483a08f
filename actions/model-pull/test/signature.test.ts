/** `require-signature` through the committed bundle: what isn't signed gets no name. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { startHub } from '@sluice/testing/hub/server';
import type { ActionOutcome } from '@sluice/testing/runner';
import { NO_HUB_SETTINGS, runAction } from '@sluice/testing/runner';
import { keyBundle } from '../../../packages/signing/test/sign-model.ts';
import { IDENTITY, ISSUER, mockSigstore } from '../../../packages/signing/test/sigstore-mock.ts';

const FILES = { 'config.json': '{}', 'notes.md': '# notes' };
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
let hub: FixtureHub;
let workspace: string;
let trustedRoot: unknown;
beforeAll(async () => {
  const sigstore = await mockSigstore();
  trustedRoot = sigstore.trustedRoot;
  const signed = { ...FILES, 'model.sig': JSON.stringify(keyBundle({ files: FILES }, privateKey)) };
  const keyless = { ...FILES, 'model.sig': JSON.stringify(await sigstore.sign({ files: FILES })) };
  hub = await startHub({
    repos: [
      {
        id: 'acme/signed',
        revisions: [
          { name: 'v1', files: signed },
          { name: 'added', files: { ...signed, 'modeling.py': 'print(1)' } },
          { name: 'changed', files: { ...signed, 'config.json': '[]' } },
          { name: 'fewer', files: { 'config.json': '{}', 'model.sig': signed['model.sig'] } },
          { name: 'keyless', files: keyless },
        ],
      },
    ],
  });
});
afterAll(() => hub.close());
beforeEach(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'sluice-signed-'));
  await writeFile(join(workspace, 'acme.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(workspace, 'root.json'), JSON.stringify(trustedRoot));
});
afterEach(() => rm(workspace, { recursive: true, force: true }));

function pull(inputs: Record<string, string>): Promise<ActionOutcome> {
  return runAction('model-pull', {
    cwd: workspace,
    inputs: {
      model: 'acme/signed',
      'cache-dir': 'cache',
      'min-free-space': '0B',
      endpoint: hub.url,
      'require-signature': 'key:acme.pub',
      ...inputs,
    },
    env: NO_HUB_SETTINGS,
    timeoutMs: 30_000,
  });
}
const named = () => readdir(join(workspace, 'cache/models--acme--signed/snapshots')).catch(() => []);

test('a signed model passes; the record says by whom; a filter is no hole', async () => {
  const run = await pull({ revision: 'v1' });
  expect([run.exitCode, run.outputs['verdict']]).toEqual([0, 'pass']);
  const record = await readRecord(join(workspace, 'sluice-run/release.json'));
  expect(record?.stages[0]?.data['signature']).toMatchObject({
    state: 'valid',
    signer: expect.stringMatching(/^key [0-9a-f]{64}$/),
    signed: 2,
  });
  expect(run.summary).toMatch(/2 files signed by key/);
  const bom = JSON.parse(await readFile(run.outputs['bom'] ?? '', 'utf8')) as Record<string, unknown>;
  expect(bom).toMatchObject({
    specVersion: '1.6',
    metadata: {
      timestamp: record?.stages[0]?.at,
      component: { properties: [{ value: run.outputs['digest'] }, { name: 'sluice:signer' }] },
    },
    components: [{ name: 'config.json' }, { name: 'model.sig' }, { name: 'notes.md' }],
  });
  const part = await pull({ revision: 'fewer', include: 'config.json, model.sig', 'cache-dir': 'other' });
  expect([part.exitCode, part.summary]).toEqual([
    0,
    expect.stringContaining('1 signed files were not asked for'),
  ]);
});

test.each([
  ['added', 'not signed: "modeling.py"'],
  ['changed', 'changed since they were signed: "config.json"'],
  ['fewer', 'signed, but missing: "notes.md"'],
  ['keyless', 'was made with a keyless signer'],
])('%s is refused, with safety off too, and no file gets a name', async (revision, why) => {
  const run = await pull({ revision, safety: 'off' });
  expect([run.exitCode, run.outputs['outcome'], run.outputs['path']]).toEqual([1, 'gate-failed', undefined]);
  expect(run.stdout).toContain(why);
  expect(await named()).toEqual([]);
});

test('keyless, by a trusted root of our own', async () => {
  const demand = `keyless:${IDENTITY}@${ISSUER}`;
  const run = await pull({ revision: 'keyless', 'require-signature': `${demand} trusted-root=root.json` });
  expect([run.exitCode, run.summary]).toEqual([0, expect.stringContaining('sign.yml')]);
  // The public good instance knows nothing of it.
  const other = await pull({ revision: 'keyless', 'require-signature': demand, 'cache-dir': 'other' });
  expect([other.exitCode, other.stdout]).toEqual([1, expect.stringContaining("sigstore's verifier refuses")]);
});

test('a wrong demand is told before anything is fetched', async () => {
  hub.requests.length = 0;
  const run = await pull({ 'require-signature': 'key:missing.pub' });
  expect([run.exitCode, run.outputs['outcome']]).toEqual([1, 'config-error']);
  expect(run.stdout).toContain('missing.pub can not be read');
  expect(hub.requests).toEqual([]);
});
