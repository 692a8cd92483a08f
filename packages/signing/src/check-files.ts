/** The signed list against the files that came: every signed file there and the same, every file signed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mapPool } from '@sluice/model-store/pool';
import { SignatureError } from './bundle.ts';
import type { SignedResource, SignedStatement } from './statement.ts';

export interface CheckedFile {
  path: string;
  bytes: number;
  /** Hex, of the bytes that lie at `at`. */
  sha256: string;
  at: string;
}

export interface FilesOptions {
  /** Name of the signature among the files; null where it is elsewhere. */
  signatureName: string | null;
  /** Which of the signed paths were asked for: `include` and `exclude`, and nothing that the source says. */
  select: (paths: readonly string[]) => string[];
  signal: AbortSignal;
}

export interface CheckedFiles {
  /** Files whose bytes are the signed ones. */
  signed: number;
  /** Signed files that were not asked for. */
  notAsked: number;
  /** Files that came, and that the signer left out by name. */
  leftOut: string[];
}

const HASHES: Readonly<Record<string, string>> = { sha256: 'sha256', blake2b: 'blake2b512' };
const SHOWN = 5;

/** Throws SignatureError that names what is changed, added or missing. */
export async function checkFiles(
  statement: SignedStatement,
  files: readonly CheckedFile[],
  options: FilesOptions,
): Promise<CheckedFiles> {
  const mine = files.filter(({ path }) => path !== options.signatureName);
  const signed = bySignedFile(statement, mine);
  const asked = new Set(options.select([...signed.keys()]));
  const there = new Map(mine.map((file) => [file.path, file]));
  const missing = [...asked].filter((path) => !there.has(path));
  const leftOut: string[] = [];
  const added: string[] = [];
  for (const { path, bytes } of mine) {
    if (signed.has(path)) continue;
    if (isIgnored(path, statement.ignored)) leftOut.push(path);
    // A file of no bytes has no parts.
    else if (statement.method === 'files' || bytes > 0) added.push(path);
  }
  const both = mine.filter(({ path }) => signed.has(path));
  const states = await mapPool(both, 4, options.signal, (file, stop) =>
    isAsSigned(file, signed.get(file.path) ?? [], stop),
  );
  const changed = both.filter((_, index) => states[index] !== true).map(({ path }) => path);
  const faults = [
    ...tell('changed since they were signed', changed),
    ...tell('not signed', added),
    ...tell('signed, but missing', missing),
  ];
  if (faults.length > 0)
    throw new SignatureError(`the files are not those that were signed: ${faults.join('; ')}`);
  return { signed: both.length, notAsked: signed.size - asked.size, leftOut };
}

function bySignedFile(
  { resources, method }: SignedStatement,
  files: readonly CheckedFile[],
): Map<string, SignedResource[]> {
  const signed = new Map<string, SignedResource[]>();
  for (const resource of resources) {
    const [only] = files;
    // A model that is one file is signed without its name.
    const path = resource.path === '.' && files.length === 1 && only ? only.path : resource.path;
    const parts = signed.get(path) ?? [];
    if (parts.length > 0 && method === 'files')
      throw new SignatureError(`it lists ${JSON.stringify(path)} twice`);
    signed.set(path, [...parts, resource]);
  }
  return signed;
}

/** Whether a file's parts are all there, end to end, and each has its digest. */
async function isAsSigned(
  file: CheckedFile,
  parts: readonly SignedResource[],
  signal: AbortSignal,
): Promise<boolean> {
  let end = 0;
  for (const part of parts.toSorted((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0))) {
    const span = part.span ?? { start: 0, end: file.bytes };
    const empty = span.end === span.start && file.bytes > 0;
    if (span.start !== end || span.end < span.start || span.end > file.bytes || empty) return false;
    end = span.end;
    if ((await digestOf(file, part, span, signal)) !== part.digest) return false;
  }
  return end === file.bytes;
}

async function digestOf(
  file: CheckedFile,
  { algorithm, path }: SignedResource,
  span: { start: number; end: number },
  signal: AbortSignal,
): Promise<string> {
  // What was hashed when it came is not read again.
  if (algorithm === 'sha256' && span.start === 0 && span.end === file.bytes) return file.sha256;
  const name = HASHES[algorithm];
  if (name === undefined) {
    throw new SignatureError(
      `it hashed ${JSON.stringify(path)} with ${algorithm}, which is not built; sign with sha256`,
    );
  }
  const hash = createHash(name);
  if (span.end > span.start) {
    const bytes = createReadStream(file.at, {
      start: span.start,
      end: span.end - 1,
      highWaterMark: 2 ** 20,
      signal,
    });
    for await (const chunk of bytes) hash.update(chunk as Buffer);
  }
  return hash.digest('hex');
}

/** The path itself, or one below. */
function isIgnored(path: string, ignored: readonly string[]): boolean {
  return ignored.some((left) => path === left || path.startsWith(`${left}/`));
}

function tell(what: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, SHOWN).map((path) => JSON.stringify(path));
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return [`${what}: ${shown.join(', ')}${more}`];
}
