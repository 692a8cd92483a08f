/** A bundle signed with a key pair: model_signing's `sign key`. */
import { createHash, createPublicKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { ConfigError } from '@sluice/runtime/errors';
import type { SignatureBundle } from './bundle.ts';
import { hashOf, isSignedBy, SignatureError } from './bundle.ts';

/** Who signed, in words for the record. Throws SignatureError when it was another key, ConfigError when `pem` is none. */
export function verifyWithKey(bundle: SignatureBundle, pem: string, path: string): string {
  const key = readPublicKey(pem, path);
  const text = key.export({ type: 'spki', format: 'pem' });
  const name = createHash('sha256').update(text).digest('hex');
  if (bundle.kind !== 'key')
    throw new SignatureError(`it was made with a ${bundle.kind} signer, not with a key`);
  if (bundle.keyHint !== null && bundle.keyHint !== name) {
    throw new SignatureError(
      `it was made with another key (${bundle.keyHint.slice(0, 16)}; ${path} is ${name.slice(0, 16)})`,
    );
  }
  if (!isSignedBy(bundle, key)) {
    throw new SignatureError(`it was not made with the key of ${path}, or was changed afterwards`);
  }
  return `key ${name}`;
}

function readPublicKey(pem: string, path: string): KeyObject {
  const refuse = (why: string): ConfigError =>
    new ConfigError(
      `input \`require-signature\`: ${path} ${why}; give the signer's public key, EC P-256, P-384 or P-521, as PEM`,
    );
  if (pem.includes('PRIVATE KEY'))
    throw refuse('is a private key, which has no place on a runner that only verifies');
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    throw refuse('is no public key');
  }
  if (hashOf(key) === undefined) throw refuse('is of another kind of key');
  return key;
}
