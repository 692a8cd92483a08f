/**
 * The signature file of OpenSSF Model Signing: a Sigstore bundle (v0.3) around a DSSE envelope. Its keyless form is
 * read by sigstore's own library; key and certificate bundles, which that refuses, are read here.
 */
import { verify, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { MalformedError } from '@sluice/weights/byte-reader';
import { parseStrictJson } from '@sluice/weights/strict-json';

/** Why a signature does not hold, as half a sentence for people. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError';
}

export interface SignatureBundle {
  /** All of it, for sigstore's reader. */
  json: Record<string, unknown>;
  payload: Buffer;
  payloadType: string;
  signature: Buffer;
  /** What the bundle says about the signer; nothing of it is trusted by itself. */
  keyHint: string | null;
  certificates: X509Certificate[];
  kind: 'key' | 'certificate chain' | 'keyless';
}

export const PAYLOAD_TYPE = 'application/vnd.in-toto+json';
const MAX_CERTIFICATES = 10;

type Fields = Record<string, unknown>;

/** Throws SignatureError. */
export function readBundle(text: string): SignatureBundle {
  const json = asFields(parseJson(text, 'it is no JSON'), 'it is no Sigstore bundle');
  const mediaType = json['mediaType'];
  if (
    typeof mediaType !== 'string' ||
    !/^application\/vnd\.dev\.sigstore\.bundle(\.v0\.3)?\+json/.test(mediaType)
  ) {
    throw new SignatureError(`it is no Sigstore bundle (mediaType ${JSON.stringify(mediaType ?? null)})`);
  }
  const material = asFields(json['verificationMaterial'], 'it has no verificationMaterial');
  const envelope = asFields(json['dsseEnvelope'], 'it holds no DSSE envelope');
  const signatures = envelope['signatures'];
  if (!Array.isArray(signatures) || signatures.length !== 1) {
    throw new SignatureError('it does not hold one signature, but none or several');
  }
  const payloadType = envelope['payloadType'];
  if (payloadType !== PAYLOAD_TYPE) {
    throw new SignatureError(`its payload is ${JSON.stringify(payloadType ?? null)}, not ${PAYLOAD_TYPE}`);
  }
  return {
    json,
    payload: fromBase64(envelope['payload'], 'payload'),
    payloadType,
    signature: fromBase64(asFields(signatures[0], 'its signature is empty')['sig'], 'signature'),
    ...readMaterial(material),
  };
}

function readMaterial(material: Fields): Pick<SignatureBundle, 'keyHint' | 'certificates' | 'kind'> {
  const { publicKey, x509CertificateChain: chain, certificate } = material;
  if (publicKey !== undefined) {
    const hint = asFields(publicKey, 'its publicKey is no object')['hint'];
    return {
      keyHint: typeof hint === 'string' && hint !== '' ? hint : null,
      certificates: [],
      kind: 'key',
    };
  }
  // A chain and a log entry: keyless as older clients write it.
  const logged = Array.isArray(material['tlogEntries']) && material['tlogEntries'].length > 0;
  if (chain !== undefined) {
    const { certificates } = asFields(chain, 'its certificate chain is no object');
    if (!Array.isArray(certificates) || certificates.length === 0 || certificates.length > MAX_CERTIFICATES) {
      throw new SignatureError(`its certificate chain does not have 1 to ${MAX_CERTIFICATES} certificates`);
    }
    return {
      keyHint: null,
      certificates: certificates.map(readCertificate),
      kind: logged ? 'keyless' : 'certificate chain',
    };
  }
  if (certificate === undefined) throw new SignatureError('it names neither a key nor a certificate');
  return { keyHint: null, certificates: [readCertificate(certificate)], kind: 'keyless' };
}

function readCertificate(value: unknown): X509Certificate {
  const raw = fromBase64(asFields(value, 'a certificate is no object')['rawBytes'], 'certificate');
  try {
    return new X509Certificate(raw);
  } catch {
    throw new SignatureError('a certificate in it can not be read');
  }
}

/** Strict: a key twice in an object means one thing to one reader and another to the next. Throws SignatureError. */
export function parseJson(text: string, otherwise: string): unknown {
  try {
    return parseStrictJson(text, 'any');
  } catch (error) {
    if (error instanceof MalformedError) throw new SignatureError(otherwise);
    throw error;
  }
}

export function asFields(value: unknown, otherwise: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SignatureError(otherwise);
  return value as Fields;
}

function fromBase64(value: unknown, what: string): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  if (bytes.byteLength === 0) throw new SignatureError(`its ${what} is empty`);
  return bytes;
}

/** Curve to hash, as model_signing pairs them. */
const HASHES: Readonly<Record<string, string>> = {
  prime256v1: 'sha256',
  secp384r1: 'sha384',
  secp521r1: 'sha512',
};

/** The hash that goes with a key; undefined for a key that is none of EC P-256, P-384 and P-521. */
export function hashOf(key: KeyObject): string | undefined {
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  return curve === undefined ? undefined : HASHES[curve];
}

/** Whether the envelope's signature is the public key's, over DSSE's pre-authentication encoding (DSSE 1.0). */
export function isSignedBy(bundle: SignatureBundle, key: KeyObject): boolean {
  const { payload, payloadType, signature } = bundle;
  const hash = hashOf(key);
  if (hash === undefined) return false;
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `;
  return verify(hash, Buffer.concat([Buffer.from(head), payload]), key, signature);
}
