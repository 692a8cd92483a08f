/** `vault:path#key`: a token input that says where in HashiCorp Vault (or OpenBao) the token is. Pure. */
import { describePathFault } from './safe-path.ts';

export interface VaultReference {
  /** The input that holds it. */
  input: string;
  /** As `vault kv get` takes it, the engine's mount first: `secret/hub`. */
  path: string;
  /** One field of the secret. */
  key: string;
}

export function isVaultReference(text: string): boolean {
  return text.startsWith('vault:');
}

/** The reference, or what is wrong with it. The value is not repeated: a token may begin like this by chance. */
export function parseVaultReference(text: string): { path: string; key: string } | { fault: string } {
  const parts = /^vault:\/*([^#]+)#(.+)$/s.exec(text);
  const [path, key] = [parts?.[1]?.replace(/\/+$/, ''), parts?.[2]];
  if (path === undefined || key === undefined || /[\u0000-\u001f\u007f]/.test(key))
    return {
      fault: 'begins with `vault:` and does not have the form vault:path#key, as vault:secret/hub#token',
    };
  const fault = describePathFault(path) ?? (path.includes('/') ? undefined : 'it names a mount alone');
  if (fault !== undefined)
    return { fault: `names a path in Vault that can't be: ${fault}; write it as vault:secret/hub#token` };
  return { path, key };
}
