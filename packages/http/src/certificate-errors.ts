/** Certificates that are not trusted: trying again changes nothing. */
import { errnoCode } from '@sluice/runtime/files';

/** Verification results of OpenSSL (x509_vfy.h) as Node names them, and Node's own check of the name. */
const CODES = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

export function isCertificateError(error: unknown): boolean {
  return CODES.has(errnoCode(error) ?? '');
}

export const CERTIFICATE_MEND =
  "check the address; if the server's authority is your own, name its file in the environment variable NODE_EXTRA_CA_CERTS";
