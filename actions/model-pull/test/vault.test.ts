/** A token that lies in Vault, through the committed bundle: read by the job's OIDC token, sent to the source, seen nowhere. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readRecord } from '@sluice/release/record';
import { runAction } from '@sluice/testing/runner';
import { sendBytes, serve } from '../../../packages/sources/test/support/serve.ts';
import { startLab } from '../../../packages/vault/test/support/vault-server.ts';

test('vault:path#key is read, used and hidden; without the permission the mend is told', async () => {
  await using web = await serve((request, response) => {
    if (request.headers.authorization === 'Bearer deepSecretToken')
      sendBytes(request, response, Buffer.from('{}'), '"one"');
    else response.writeHead(401).end();
  });
  await using lab = await startLab({
    roles: {
      ci: {
        mount: 'jwt',
        audiences: ['https://github.com/acme'],
        repository: 'acme/llm',
        reads: ['secret/'],
      },
    },
    secrets: { 'secret/models': { token: 'deepSecretToken', other: 'otherSecretValue' } },
  });
  const cwd = await mkdtemp(join(tmpdir(), 'sluice-vault-'));
  const pull = (env: Record<string, string>, more: Record<string, string> = {}) =>
    runAction('model-pull', {
      cwd,
      inputs: {
        model: `${web.url}/config.json`,
        token: 'vault:secret/models#token',
        'vault-role': 'ci',
        'cache-dir': 'cache',
        'min-free-space': '0B',
        ...more,
      },
      env: {
        VAULT_ADDR: lab.vault.url,
        VAULT_TOKEN: '',
        HF_TOKEN: '',
        HF_ENDPOINT: '',
        HF_HUB_CACHE: '',
        HF_HOME: '',
        ...env,
      },
      timeoutMs: 30_000,
    });
  try {
    const done = await pull(lab.jobEnv);
    expect([done.exitCode, done.outputs['outcome']]).toEqual([0, 'success']);
    expect(web.seen.every(({ headers }) => headers.authorization === 'Bearer deepSecretToken')).toBe(true);
    const record = JSON.stringify(await readRecord(join(cwd, 'sluice-run/release.json')));
    const log = done.stdout
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n');
    for (const secret of [...lab.secrets, 'otherSecretValue']) {
      expect(log + done.stderr + done.summary + record + JSON.stringify(done.outputs)).not.toContain(secret);
      if (secret !== 'otherSecretValue' && secret !== lab.rootToken)
        expect(done.stdout).toContain(`::add-mask::${secret}`);
    }
    const checked = await pull({}, { validate: 'true' });
    expect(checked.exitCode).toBe(0);
    const refused = await pull({});
    expect(refused.outputs['outcome']).toBe('config-error');
    expect(refused.stdout).toContain('id-token: write');
    const lost = await pull({ VAULT_ADDR: '' });
    expect(lost.stdout).toContain('set `vault-address: https://…` or `VAULT_ADDR`');
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
});
