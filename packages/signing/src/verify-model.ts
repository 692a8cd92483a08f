/**
 * Whether the files that came are those that somebody signed: OpenSSF Model Signing 1.0. The signature is checked first,
 * by the signer that the user named; what the statement says counts only then.
 */
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import type { SignatureBundle } from './bundle.ts';
import { readBundle, SignatureError } from './bundle.ts';
import type { CheckedFile } from './check-files.ts';
import { checkFiles } from './check-files.ts';
import type { SignatureDemand } from './demand.ts';
import { readStatement } from './statement.ts';

export interface ModelToVerify {
  files: readonly CheckedFile[];
  /** Which of the signed paths were asked for. */
  select: (paths: readonly string[]) => string[];
  workspace: string;
  signal: AbortSignal;
}

export type SignatureResult =
  | {
      state: 'valid';
      signer: string;
      /** Where the signature was. */
      signature: string;
      /** sha256 over the signed list, whole: names what was signed. */
      subject: string;
      signed: number;
      notAsked: number;
      leftOut: string[];
    }
  | { state: 'refused'; why: string };

/** A signature over 100,000 files is some 20 MB. */
const MAX_SIGNATURE = 64 * 1024 * 1024;

/** Throws ConfigError when key, certificates, trusted root or signature can't be read. */
export async function verifyModel(demand: SignatureDemand, model: ModelToVerify): Promise<SignatureResult> {
  const found = model.files.find(({ path }) => path === demand.signature);
  const place = found?.at ?? resolve(model.workspace, demand.signature);
  try {
    const bundle = readBundle(await readSignature(place, demand));
    // An old format is told as such, not as a signature that is wrong; nothing else is taken from it yet.
    const statement = readStatement(bundle.payload);
    const signer = await verifySigner(bundle, demand);
    const checked = await checkFiles(statement, model.files, {
      signatureName: found?.path ?? null,
      select: model.select,
      signal: model.signal,
    });
    return { state: 'valid', signer, signature: demand.signature, subject: statement.digest, ...checked };
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    return { state: 'refused', why: `signature ${demand.signature}: ${error.message}` };
  }
}

async function verifySigner(bundle: SignatureBundle, demand: SignatureDemand): Promise<string> {
  const { signer } = demand;
  if (signer.kind === 'key') {
    const { verifyWithKey } = await import('./verify-key.ts');
    return verifyWithKey(bundle, await readTrust(signer.path), signer.path);
  }
  if (signer.kind === 'certificate') {
    const { verifyWithCertificates } = await import('./verify-certificate.ts');
    return verifyWithCertificates(bundle, await readTrust(signer.path), signer.path);
  }
  const { verifyKeyless } = await import('./verify-keyless.ts');
  return verifyKeyless(bundle, signer, await readRoot(demand.trustedRoot));
}

async function readRoot(path: string | null): Promise<unknown> {
  if (path === null) return (await import('./public-good-root.ts')).PUBLIC_GOOD_ROOT;
  const text = await readTrust(path);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new ConfigError(`input \`require-signature\`: \`trusted-root\` = ${path} is no JSON`);
  }
}

async function readTrust(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new ConfigError(
      `input \`require-signature\`: ${path} can not be read; give a file of the workspace (check it out first)`,
    );
  });
}

/** A missing signature refuses the model; that is no fault of the inputs. */
async function readSignature(place: string, demand: SignatureDemand): Promise<string> {
  const info = await stat(place).catch(() => undefined);
  if (!info?.isFile()) {
    throw new SignatureError(
      `there is no ${demand.signature} among the pulled files, nor at ${place}; let \`include\` take it in, or name it by \`signature=\``,
    );
  }
  if (info.size > MAX_SIGNATURE)
    throw new SignatureError(`it has ${info.size} bytes, more than any list of files`);
  return readFile(place, 'utf8');
}
