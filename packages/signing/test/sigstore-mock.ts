/** A Sigstore of the test's own: authority, certificate log and transparency log, and bundles that they vouch for. */
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { initializeCA, initializeCTLog, initializeTLog } from '@sigstore/mock';
import { encodeEnvelope, PAYLOAD_TYPE, sha256, statementOf } from './sign-model.ts';
import type { Signed } from './sign-model.ts';

export const IDENTITY = 'https://github.com/acme/llm/.github/workflows/sign.yml@refs/heads/main';
export const ISSUER = 'https://token.example.com';

/** A checkpoint is signed in the name of the log's host. */
const LOG = 'https://rekor.example.com';

/** What a log answers (Rekor 1), as far as it is used; the library's own type is in a package that it doesn't bring. */
interface LogEntry {
  body: string;
  integratedTime: number;
  logID: string;
  logIndex: number;
  verification: {
    signedEntryTimestamp: string;
    inclusionProof: { logIndex: number; rootHash: string; treeSize: number; checkpoint: string };
  };
}

export interface MockSigstore {
  trustedRoot: Record<string, unknown>;
  sign(signed: Signed, identity?: string): Promise<Record<string, unknown>>;
}

const pair = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const bytes = (view: ArrayBufferView): Buffer =>
  Buffer.from(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);

export async function mockSigstore(): Promise<MockSigstore> {
  const ctLog = await initializeCTLog(pair('P-256'));
  const ca = await initializeCA(pair('P-384'), ctLog);
  const tlog = await initializeTLog(LOG, pair('P-256'));
  const start = new Date(Date.now() - 3_600_000).toISOString();
  const log = (publicKey: Buffer, keyId: Buffer) => ({
    baseUrl: LOG,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: publicKey.toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start },
    },
    logId: { keyId: keyId.toString('base64') },
  });
  const trustedRoot = {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    certificateAuthorities: [
      {
        subject: { organization: 'sigstore.mock', commonName: 'sigstore' },
        uri: 'https://fulcio.example.com',
        certChain: { certificates: [{ rawBytes: bytes(ca.rootCertificate).toString('base64') }] },
        validFor: { start },
      },
    ],
    tlogs: [log(tlog.publicKey, createHash('sha256').update(tlog.publicKey).digest())],
    ctlogs: [log(ctLog.publicKey, bytes(ctLog.logID))],
    timestampAuthorities: [],
  };
  return { trustedRoot, sign: (signed, identity = IDENTITY) => keylessBundle(ca, tlog, signed, identity) };
}

async function keylessBundle(
  ca: Awaited<ReturnType<typeof initializeCA>>,
  tlog: Awaited<ReturnType<typeof initializeTLog>>,
  signed: Signed,
  identity: string,
): Promise<Record<string, unknown>> {
  const key = pair('P-256');
  const certificate = bytes(
    await ca.issueCertificate({
      publicKey: key.publicKey.export({ type: 'spki', format: 'der' }),
      subjectAltName: identity,
      extensions: [{ oid: '1.3.6.1.4.1.57264.1.8', value: ISSUER }],
    }),
  );
  const payload = statementOf(signed);
  const signature = sign('sha256', encodeEnvelope(payload), key.privateKey).toString('base64');
  const pem = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const logged: unknown = await tlog.log({
    apiVersion: '0.0.1',
    kind: 'dsse',
    spec: {
      payloadHash: { algorithm: 'sha256', value: sha256(payload) },
      signatures: [{ signature, verifier: Buffer.from(pem).toString('base64') }],
    },
  });
  const [entry] = Object.values(logged as Record<string, LogEntry>);
  if (!entry) throw new Error('the mock log gave no entry');
  const proof = entry.verification.inclusionProof;
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      certificate: { rawBytes: certificate.toString('base64') },
      tlogEntries: [
        {
          logIndex: String(entry.logIndex),
          logId: { keyId: Buffer.from(entry.logID, 'hex').toString('base64') },
          kindVersion: { kind: 'dsse', version: '0.0.1' },
          integratedTime: String(entry.integratedTime),
          inclusionPromise: { signedEntryTimestamp: entry.verification.signedEntryTimestamp },
          inclusionProof: {
            logIndex: String(proof.logIndex),
            rootHash: Buffer.from(proof.rootHash, 'hex').toString('base64'),
            treeSize: String(proof.treeSize),
            hashes: [],
            checkpoint: { envelope: proof.checkpoint },
          },
          canonicalizedBody: entry.body,
        },
      ],
    },
    dsseEnvelope: {
      payload: payload.toString('base64'),
      payloadType: PAYLOAD_TYPE,
      signatures: [{ sig: signature, keyid: '' }],
    },
  };
}
