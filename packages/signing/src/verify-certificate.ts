/**
 * A bundle signed with a certificate: model_signing's `sign certificate`. The chain is checked as that does, at the time
 * when the signer's certificate began (no clock vouches for the time of the signature): RFC 5280's path from the signer
 * over certificates in the bundle to a trusted one, each of them an authority, its length within bounds.
 */
import { X509Certificate } from 'node:crypto';
import { X509Certificate as ParsedCertificate } from '@sigstore/core';
import { ConfigError } from '@sluice/runtime/errors';
import type { SignatureBundle } from './bundle.ts';
import { hashOf, isSignedBy, SignatureError } from './bundle.ts';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const KEY_USAGE = '2.5.29.15';

/** Who signed, in words for the record. Throws SignatureError, or ConfigError when `pem` holds no certificate. */
export function verifyWithCertificates(bundle: SignatureBundle, pem: string, path: string): string {
  const trusted = readCertificates(pem, path);
  const [leaf, ...others] = bundle.certificates;
  if (bundle.kind !== 'certificate chain' || !leaf) {
    throw new SignatureError(`it was made with a ${bundle.kind} signer, not with a certificate`);
  }
  const at = new Date(leaf.validFrom);
  if (!isTrusted(leaf, others, trusted, at)) {
    throw new SignatureError(
      `its certificate (${oneLine(leaf.subject)}) does not lead to a certificate of ${path}`,
    );
  }
  requireSigningUse(leaf);
  if (hashOf(leaf.publicKey) === undefined)
    throw new SignatureError('its certificate is not of EC P-256, P-384 or P-521');
  if (!isSignedBy(bundle, leaf.publicKey)) {
    throw new SignatureError("it was not made with its certificate's key, or was changed afterwards");
  }
  const print = leaf.fingerprint256.replaceAll(':', '').toLowerCase();
  return `certificate ${oneLine(leaf.subject)} (sha256 ${print})`;
}

/** Depth first, each certificate at most once on the way: a bundle's certificates are anybody's. */
function isTrusted(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  at: Date,
  below = 0,
): boolean {
  if (!isValidAt(certificate, at)) return false;
  if (trusted.some((anchor) => anchor.raw.equals(certificate.raw))) return true;
  const isIssuer = (issuer: X509Certificate): boolean =>
    issuer.ca &&
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey) &&
    isLongEnough(issuer, below);
  if (trusted.some((anchor) => isIssuer(anchor) && isValidAt(anchor, at))) return true;
  return others.some(
    (issuer) =>
      isIssuer(issuer) &&
      isTrusted(
        issuer,
        others.filter((other) => other !== issuer),
        trusted,
        at,
        below + 1,
      ),
  );
}

function isValidAt(certificate: X509Certificate, at: Date): boolean {
  return new Date(certificate.validFrom) <= at && at <= new Date(certificate.validTo);
}

/** `below`: how many authorities stand between this one and the signer. */
function isLongEnough(issuer: X509Certificate, below: number): boolean {
  const limit = parse(issuer).extBasicConstraints?.pathLenConstraint;
  return limit === undefined || below <= Number(limit);
}

/** By key usage, or by extended key usage, as model_signing has it. */
function requireSigningUse(leaf: X509Certificate): void {
  const usage = parse(leaf).extension(KEY_USAGE) ? parse(leaf).extKeyUsage : undefined;
  // Not there when the certificate has no such extension, whatever the types say.
  const extended = leaf.keyUsage as string[] | undefined;
  if (usage?.digitalSignature === true || extended?.includes(CODE_SIGNING)) return;
  throw new SignatureError('its certificate is not meant for signing');
}

function parse(certificate: X509Certificate): ParsedCertificate {
  try {
    return ParsedCertificate.parse(Buffer.from(certificate.raw));
  } catch {
    throw new SignatureError(`its certificate (${oneLine(certificate.subject)}) can not be read`);
  }
}

function readCertificates(pem: string, path: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Told below.
  }
  throw new ConfigError(
    `input \`require-signature\`: ${path} holds no certificates; give those of the authorities that you trust, as PEM`,
  );
}

function oneLine(subject: string): string {
  return subject.split('\n').join(', ');
}
