/**
 * A keyless bundle: model_signing's `sign sigstore`. Sigstore's own verifier checks the short-lived certificate (chain,
 * its entry in a certificate log), the entry in the transparency log (promise or inclusion proof) that says when it was
 * used, and the signature. Who it was is compared here, sign by sign: that verifier takes an identity as a pattern.
 */
import { bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import type { Signer } from '@sigstore/verify';
import { ConfigError } from '@sluice/runtime/errors';
import type { SignatureBundle } from './bundle.ts';
import { SignatureError } from './bundle.ts';

/** Each at least once: a log's entry, a certificate log's, a trustworthy time. */
const THRESHOLDS = { tlogThreshold: 1, ctlogThreshold: 1, timestampThreshold: 1 };

/** Who signed, in words for the record. Throws SignatureError. */
export function verifyKeyless(
  bundle: SignatureBundle,
  demand: { identity: string; issuer: string },
  trustedRoot: unknown,
): string {
  if (bundle.kind !== 'keyless') {
    throw new SignatureError(`it was made with a ${bundle.kind} signer, not keyless`);
  }
  const signer = verify(bundle, readRoot(trustedRoot));
  const identity = signer.identity?.subjectAlternativeName ?? '';
  const issuer = signer.identity?.extensions?.issuer ?? '';
  if (!isIdentity(identity, demand.identity) || issuer !== demand.issuer) {
    throw new SignatureError(
      `it was made by ${JSON.stringify(identity)}, as ${JSON.stringify(issuer)} says, not by ` +
        `${JSON.stringify(demand.identity)} of ${JSON.stringify(demand.issuer)}`,
    );
  }
  return `${identity} (${issuer})`;
}

function verify(bundle: SignatureBundle, root: TrustedRoot): Signer {
  try {
    const entity = toSignedEntity(bundleFromJSON(bundle.json));
    return new Verifier(toTrustMaterial(root), THRESHOLDS).verify(entity);
  } catch (error) {
    // The library throws errors of its own, and plain ones at what it can't parse.
    throw new SignatureError(`sigstore's verifier refuses it: ${(error as Error).message.slice(0, 300)}`);
  }
}

function readRoot(json: unknown): TrustedRoot {
  try {
    const root = TrustedRoot.fromJSON(json);
    if (root.certificateAuthorities.length > 0 && root.tlogs.length > 0 && root.ctlogs.length > 0)
      return root;
  } catch {
    // Told below.
  }
  throw new ConfigError(
    'input `require-signature`: `trusted-root` is no Sigstore trusted root (trusted_root.json) with authorities and logs',
  );
}

/** A `*` at the end of what is wanted stands for any rest. */
function isIdentity(identity: string, wanted: string): boolean {
  if (!wanted.endsWith('*')) return identity === wanted;
  const start = wanted.slice(0, -1);
  return identity.length > start.length && identity.startsWith(start);
}
