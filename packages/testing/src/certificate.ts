/** A certificate of a test's own, good for a day: X.509 v3 (RFC 5280), P-256, signed by itself. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

export interface Certificate {
  /** PEM. */
  key: string;
  cert: string;
}

const SEQUENCE = 0x30;
const ECDSA_SHA256 = tlv(SEQUENCE, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));
const DAY_MS = 24 * 3_600_000;

/** `names`: host names and IPv4 addresses that it stands for; `now`: the middle of its two days. */
export function makeCertificate(names: readonly string[], now = Date.now()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const commonName = tlv(SEQUENCE, oid([0x55, 0x04, 0x03]), tlv(0x0c, Buffer.from(names[0] ?? '')));
  const subject = tlv(SEQUENCE, tlv(0x31, commonName));
  const body = tlv(
    SEQUENCE,
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    subject,
    tlv(SEQUENCE, utcTime(now - DAY_MS), utcTime(now + DAY_MS)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    tlv(0xa3, tlv(SEQUENCE, alternativeNames(names), authority())),
  );
  const signature = sign('sha256', body, privateKey);
  const der = tlv(SEQUENCE, body, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

function alternativeNames(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    isIP(name) === 4 ? tlv(0x87, Buffer.from(name.split('.').map(Number))) : tlv(0x82, Buffer.from(name)),
  );
  return tlv(SEQUENCE, oid([0x55, 0x1d, 0x11]), tlv(0x04, tlv(SEQUENCE, ...entries)));
}

/** basicConstraints, critical: cA. */
function authority(): Buffer {
  const yes = Buffer.from([0x01, 0x01, 0xff]);
  return tlv(SEQUENCE, oid([0x55, 0x1d, 0x13]), yes, tlv(0x04, tlv(SEQUENCE, yes)));
}

/** Tag, length, value (X.690 section 8.1). */
function tlv(tag: number, ...parts: Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  const { length } = value;
  const head =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...head]), value]);
}

function oid(bytes: number[]): Buffer {
  return tlv(0x06, Buffer.from(bytes));
}

function integer(bytes: Buffer): Buffer {
  return tlv(0x02, bytes);
}

function utcTime(at: number): Buffer {
  const text = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '');
  return tlv(0x17, Buffer.from(text.slice(2)));
}
