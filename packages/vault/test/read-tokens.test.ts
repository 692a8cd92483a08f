/** Against Vault's published API with real signatures; a real Vault, where it builds, is met in e2e/oracles. */
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '@sluice/runtime/errors';
import { parseVaultReference } from '@sluice/runtime/vault-reference';
import { readVaultTokens } from '@sluice/vault/read-tokens';
import { testContext } from '../../sources/test/support/serve.ts';
import { OWNER_AUDIENCE, startLab } from './support/vault-server.ts';
import type { Lab, LabOptions } from './support/vault-server.ts';

const ROLES: LabOptions['roles'] = {
  ci: {
    mount: 'jwt',
    audiences: [OWNER_AUDIENCE],
    repository: 'acme/llm',
    reads: ['secret/data/hub', 'old/'],
  },
  other: { mount: 'gh/oidc', audiences: ['nobody'], repository: 'acme/llm', reads: [] },
  strange: { mount: 'jwt', audiences: [OWNER_AUDIENCE], repository: 'evil/llm', reads: [''] },
};
const SECRETS = {
  'secret/hub': { token: 'hf_deepSecret1', number: 4711, empty: '', link: 'vault:a/b#c' },
  'secret/hub/gone': { token: 'goneSecret' },
  'secret/private': { token: 'privateSecret' },
  'old/hub': { token: 'hf_oldSecret22' },
};

const start = (): Promise<Lab> => startLab({ roles: ROLES, secrets: SECRETS, deleted: ['secret/hub/gone'] });

async function read(
  lab: Lab,
  references: Record<string, string>,
  role: string | null = 'ci',
  env: NodeJS.ProcessEnv = lab.jobEnv,
): Promise<{ tokens: Record<string, string>; secrets: string[]; lines: string[] }> {
  const context = testContext({ env });
  const addSecret = (value: string): void => void context.secrets.push(value);
  const vaultReferences = Object.entries(references).map(([input, text]) => {
    const parsed = parseVaultReference(text);
    if ('fault' in parsed) throw new Error(parsed.fault);
    return { input, ...parsed };
  });
  const inputs = { vaultReferences, vaultAddress: lab.vault.url, vaultRole: role ?? undefined };
  const tokens = await readVaultTokens(inputs, { ...context, addSecret });
  return { tokens, secrets: context.secrets, lines: context.lines };
}

describe('vault:path#key', () => {
  test('is read by the job’s OIDC token from both versions of the engine, masked, and the login ended', async () => {
    await using lab = await start();
    const { tokens, secrets, lines } = await read(lab, {
      token: 'vault:secret/hub#token',
      'endpoint-token': 'vault:secret/data/hub#number',
      'github-token': 'vault:old/hub#token',
    });
    expect(tokens).toEqual({
      INPUT_TOKEN: 'hf_deepSecret1',
      'INPUT_ENDPOINT-TOKEN': '4711',
      'INPUT_GITHUB-TOKEN': 'hf_oldSecret22',
    });
    // What was got on the way is masked too: both job tokens, the runner's bearer, Vault's own token.
    expect(secrets).toEqual(
      expect.arrayContaining([
        ...lab.secrets.filter((each) => /^(ey|hvs\.[0-9a-f]|runner)/.test(each)),
        'hf_deepSecret1',
      ]),
    );
    expect(lab.revoked).toHaveLength(1);
    for (const secret of secrets) expect(lines.join('\n')).not.toContain(secret);
    // The audience is Vault itself first; this role is bound to GitHub's default.
    expect(lab.oidc.seen.map(({ url }) => url.searchParams.get('audience'))).toEqual([lab.vault.url, null]);
    expect(lab.vault.seen.every(({ headers }) => headers['x-vault-token'] === undefined)).toBe(true);
  });

  test('`VAULT_TOKEN` is used without a role, and stays alive', async () => {
    await using lab = await start();
    const { tokens, secrets } = await read(lab, { token: 'vault:secret/private#token' }, null, {
      ...lab.jobEnv,
      VAULT_TOKEN: lab.rootToken,
    });
    expect(tokens['INPUT_TOKEN']).toBe('privateSecret');
    expect(secrets).toContain(lab.rootToken);
    expect([lab.revoked, lab.oidc.seen]).toEqual([[], []]);
  });

  test.each([
    [
      'a key that is not there',
      { token: 'vault:secret/hub#tokne' },
      'ci',
      'no key "tokne"; it has "empty", "link", "number", "token"',
    ],
    ['an empty key', { token: 'vault:secret/hub#empty' }, 'ci', 'holds no text'],
    ['a secret that names another', { token: 'vault:secret/hub#link' }, 'ci', 'names another secret'],
    [
      'what the policy hides',
      { token: 'vault:secret/private#token' },
      'ci',
      'grant `read` on "secret/data/private"',
    ],
    [
      'a mount that is not there',
      { token: 'vault:none/x#token' },
      'ci',
      'does not let us read none/x by OIDC as role "ci"',
    ],
    ['a secret that is not there', { token: 'vault:old/none#token' }, 'ci', 'there is no secret old/none'],
    ['a deleted version', { token: 'vault:secret/hub/gone#token' }, 'ci', 'is deleted'],
    [
      'a role that is not there',
      { token: 'vault:secret/hub#token' },
      'nobody',
      'role \\"nobody\\" could not be found',
    ],
    [
      'a role for another repository',
      { token: 'vault:secret/hub#token' },
      'strange',
      'do its `bound_claims`',
    ],
    [
      'a role for another audience',
      { token: 'vault:secret/hub#token' },
      'gh/oidc/other',
      '`bound_audiences`',
    ],
    ['a mount without a jwt method', { token: 'vault:secret/hub#token' }, 'nowhere/ci', 'auth/nowhere'],
  ])('%s is the user’s to mend, and no value is told', async (_, references, role, part) => {
    await using lab = await start();
    const failure = read(lab, references, role);
    await expect(failure).rejects.toThrow(ConfigError);
    const message = await failure.then(String, String);
    expect(message).toContain(part);
    for (const secret of lab.secrets.filter((each) => each !== '')) expect(message).not.toContain(secret);
  });

  test('all faults are told at once, after one login', async () => {
    await using lab = await start();
    const failure = read(lab, { a: 'vault:secret/hub#x', b: 'vault:old/none#y' });
    await expect(failure).rejects.toMatchObject({
      faults: [expect.stringContaining('`a`'), expect.stringContaining('`b`')],
    });
    expect(lab.vault.seen.filter(({ url }) => url.pathname.endsWith('/login'))).toHaveLength(2);
    expect(lab.revoked).toHaveLength(1);
  });

  test('a job without the permission is told which', async () => {
    await using lab = await start();
    await expect(read(lab, { token: 'vault:secret/hub#token' }, 'ci', {})).rejects.toThrow(
      '`permissions: id-token: write`',
    );
    await expect(
      readVaultTokens(
        { vaultReferences: [], vaultAddress: lab.vault.url, vaultRole: undefined },
        { ...testContext({ env: {} }), addSecret: () => undefined },
      ),
    ).rejects.toThrow('nothing to log in');
    expect(lab.vault.seen).toEqual([]);
  });

  test.each(['vault:x', 'vault:#k', 'vault:a/../b#k', 'vault:secret#k', 'vault:a/b#'])(
    '%s is no reference',
    (text) => {
      expect(parseVaultReference(text)).toHaveProperty('fault');
    },
  );
});
