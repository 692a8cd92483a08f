/** What `require-signature` asks for: who must have signed, and where signature and trust are found. */
import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';

export type SignerDemand =
  /** A public key, PEM. */
  | { kind: 'key'; path: string }
  /** Certificates that are trusted to name signers, PEM. */
  | { kind: 'certificate'; path: string }
  /** An identity that Sigstore's authority certified; `identity` may end with `*`. */
  | { kind: 'keyless'; identity: string; issuer: string };

export interface SignatureDemand {
  signer: SignerDemand;
  /** Name among the pulled files, else a path on this machine (as given). */
  signature: string;
  /** A Sigstore trusted root (JSON); null: the public good instance's. */
  trustedRoot: string | null;
}

const DEFAULT_SIGNATURE = 'model.sig';
const FORMS =
  '`key:<public key>`, `cert:<certificates>` or `keyless:<identity>@<issuer>`, then `signature=<path>` or `trusted-root=<path>` if need be';

/** Throws ConfigError. Relative paths count from `workspace`. */
export function parseDemand(words: readonly string[], workspace: string): SignatureDemand {
  const refuse = (why: string): ConfigError =>
    new ConfigError(
      `input \`require-signature\` = ${JSON.stringify(words.join(' '))}: ${why}; it is ${FORMS}`,
    );
  const signers: SignerDemand[] = [];
  const options = new Map<string, string>();
  for (const word of words) {
    const option = /^(signature|trusted-root)=(.+)$/s.exec(word);
    const [, name = '', value = ''] = option ?? [];
    if (!option) signers.push(parseSigner(word, workspace, refuse));
    else if (options.has(name)) throw refuse(`\`${name}\` is given twice`);
    else options.set(name, value);
  }
  const [signer] = signers;
  if (!signer) throw refuse('it does not say who must have signed');
  if (signers.length > 1) throw refuse(`it names ${signers.length} signers where one is taken`);
  const trustedRoot = options.get('trusted-root');
  if (trustedRoot !== undefined && signer.kind !== 'keyless') {
    throw refuse('`trusted-root` has a meaning for `keyless:` alone');
  }
  return {
    signer,
    signature: options.get('signature') ?? DEFAULT_SIGNATURE,
    trustedRoot: trustedRoot === undefined ? null : resolve(workspace, trustedRoot),
  };
}

function parseSigner(word: string, workspace: string, refuse: (why: string) => ConfigError): SignerDemand {
  const [, scheme = 'key', rest = ''] = /^(?:(key|cert|keyless):)?(.*)$/s.exec(word) ?? [];
  if (rest === '' || /^(true|false)$/.test(rest)) throw refuse('it does not say who must have signed');
  if (scheme === 'key') return { kind: 'key', path: resolve(workspace, rest) };
  if (scheme === 'cert') return { kind: 'certificate', path: resolve(workspace, rest) };
  // An identity may hold an `@` itself (an address, a workflow at a ref); the issuer is an address.
  const [, identity = '', issuer = ''] = /^(.+)@(https?:\/\/[^@]+)$/s.exec(rest) ?? [];
  if (issuer === '') throw refuse(`${JSON.stringify(rest)} is no <identity>@<issuer with https://>`);
  if (identity.includes('*') && !/^[^*]{8,}[/@]\*$/.test(identity)) {
    throw refuse('a `*` in the identity stands at its end, behind a `/` or `@`');
  }
  return { kind: 'keyless', identity, issuer };
}

/** Throws ConfigError when what is to be trusted isn't there: told before the first byte is fetched. */
export async function requireTrustFiles(demand: SignatureDemand): Promise<void> {
  const paths = [demand.signer.kind === 'keyless' ? null : demand.signer.path, demand.trustedRoot];
  for (const path of paths) {
    if (path === null) continue;
    await access(path).catch(() => {
      throw new ConfigError(
        `input \`require-signature\`: ${path} can not be read; give a file of the workspace (check it out first)`,
      );
    });
  }
}
