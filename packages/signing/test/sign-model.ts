/** Signs as model_signing 1.0 does, with a key of the test's own; each part can be changed before it is signed. */
import { createHash, createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

export interface Signed {
  files: Record<string, string>;
  ignored?: string[];
  change?: (statement: Record<string, unknown>) => void;
}

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** The statement over `files`. */
export function statementOf({ files, ignored, change }: Signed): Buffer {
  const resources = Object.entries(files)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => ({ name, algorithm: 'sha256', digest: sha256(content) }));
  const root = createHash('sha256');
  for (const { digest } of resources) root.update(Buffer.from(digest, 'hex'));
  const statement: Record<string, unknown> = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'model', digest: { sha256: root.digest('hex') } }],
    predicateType: 'https://model_signing/signature/v1.0',
    predicate: {
      serialization: {
        method: 'files',
        hash_type: 'sha256',
        allow_symlinks: false,
        ignore_paths: ignored ?? ['model.sig'],
      },
      resources,
    },
  };
  change?.(statement);
  return Buffer.from(JSON.stringify(statement));
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

export function encodeEnvelope(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${payload.byteLength} `),
    payload,
  ]);
}

const HASHES: Record<string, string> = { prime256v1: 'sha256', secp384r1: 'sha384', secp521r1: 'sha512' };

/** A bundle as `model_signing sign key` writes it. */
export function keyBundle(signed: Signed, key: KeyObject): Record<string, unknown> {
  const payload = statementOf(signed);
  const hash = HASHES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 'sha256';
  const pem = createPublicKey(key).export({ type: 'spki', format: 'pem' });
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: sha256(pem) }, tlogEntries: [] },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: sign(hash, encodeEnvelope(payload), key).toString('base64'), keyid: '' }],
    },
  };
}
