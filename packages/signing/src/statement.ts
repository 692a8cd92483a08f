/** The signed statement: in-toto v1 with model_signing's predicate v1.0, a list of files and their hashes. */
import { createHash } from 'node:crypto';
import { describePathFault } from '@sluice/runtime/safe-path';
import { asFields, parseJson, SignatureError } from './bundle.ts';

/** A file, or a part of one (`end` counted out). */
export interface SignedResource {
  path: string;
  span: { start: number; end: number } | null;
  algorithm: string;
  digest: string;
}

export interface SignedStatement {
  /** The signer's name for the model; tells nothing. */
  name: string;
  /** sha256 over all digests; names what was signed. */
  digest: string;
  method: 'files' | 'shards';
  resources: SignedResource[];
  /** Paths that the signer left out, with all below them. */
  ignored: string[];
}

const STATEMENT = 'https://in-toto.io/Statement/v1';
const PREDICATE = 'https://model_signing/signature/v1.0';

/** Of digests by their name in model_signing: length in bytes. */
const DIGEST_BYTES: Readonly<Record<string, number>> = { sha256: 32, blake2b: 64, blake3: 32 };

/** Throws SignatureError when the statement is of another kind, or contradicts itself. */
export function readStatement(payload: Buffer): SignedStatement {
  const statement = asFields(parseJson(payload.toString('utf8'), 'its statement is no JSON'), 'it is empty');
  if (statement['_type'] !== STATEMENT) {
    throw new SignatureError(`its statement is of type ${JSON.stringify(statement['_type'] ?? null)}`);
  }
  const type = statement['predicateType'];
  if (type !== PREDICATE) {
    const old = typeof type === 'string' && type.startsWith('https://model_signing/');
    throw new SignatureError(
      `its statement is a ${JSON.stringify(type ?? null)}, not ${PREDICATE}` +
        (old ? ': the format of model_signing before 1.0, which is not read; sign the model again' : ''),
    );
  }
  const predicate = asFields(statement['predicate'], 'its predicate is empty');
  const serialization = asFields(predicate['serialization'], 'it does not say how files were hashed');
  const method = serialization['method'];
  if (method !== 'files' && method !== 'shards') {
    throw new SignatureError(`it hashed files by the unknown method ${JSON.stringify(method ?? null)}`);
  }
  const listed = predicate['resources'];
  if (!Array.isArray(listed) || listed.length === 0) throw new SignatureError('it lists no file');
  const resources = listed.map((entry) => readResource(entry, method));
  const ignored = readIgnored(serialization['ignore_paths']);
  return { ...readSubject(statement['subject'], resources), method, resources, ignored };
}

/** The one subject's digest is the sha256 over the resources' digests, in the order in which they stand. */
function readSubject(
  subjects: unknown,
  resources: readonly SignedResource[],
): Pick<SignedStatement, 'name' | 'digest'> {
  if (!Array.isArray(subjects) || subjects.length !== 1)
    throw new SignatureError('it does not have one subject');
  const subject = asFields(subjects[0], 'its subject is empty');
  const said = asFields(subject['digest'], 'its subject has no digest')['sha256'];
  const hash = createHash('sha256');
  for (const { digest } of resources) hash.update(Buffer.from(digest, 'hex'));
  const digest = hash.digest('hex');
  if (said !== digest) {
    throw new SignatureError(
      `its subject is ${JSON.stringify(said ?? null)} where its files hash to ${digest}`,
    );
  }
  const name = subject['name'];
  return { name: typeof name === 'string' ? name : '', digest };
}

function readResource(value: unknown, method: 'files' | 'shards'): SignedResource {
  const { name, algorithm: given, digest } = asFields(value, 'an entry of its list is empty');
  if (typeof name !== 'string' || typeof given !== 'string' || typeof digest !== 'string') {
    throw new SignatureError('an entry of its list has no name, algorithm or digest');
  }
  // Of shards the name also tells their size.
  const algorithm = method === 'shards' ? given.replace(/-sharded-\d+$/, '') : given;
  const bytes = DIGEST_BYTES[algorithm];
  if (bytes === undefined || !new RegExp(`^[0-9a-f]{${2 * bytes}}$`).test(digest)) {
    throw new SignatureError(`${JSON.stringify(name)} has no digest that is known (${algorithm})`);
  }
  if (method === 'files') return { path: checkPath(name), span: null, algorithm, digest };
  const [, path, start, end] = /^(.*):(\d{1,15}):(\d{1,15})$/s.exec(name) ?? [];
  if (path === undefined) throw new SignatureError(`${JSON.stringify(name)} is no part of a file`);
  return {
    path: checkPath(path),
    span: { start: Number(start), end: Number(end) },
    algorithm,
    digest,
  };
}

/** `.` is a model that is one file. */
function checkPath(path: string): string {
  const fault = path === '.' ? undefined : describePathFault(path);
  if (fault !== undefined)
    throw new SignatureError(`it lists the unsafe path ${JSON.stringify(path)}: ${fault}`);
  return path;
}

function readIgnored(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((path) => typeof path === 'string')) {
    throw new SignatureError('its ignored paths are no list');
  }
  const paths = value.map((path) => path.replace(/^\.\//, '').replace(/\/+$/, ''));
  if (paths.some((path) => path === '' || path === '.')) {
    throw new SignatureError('it leaves out the whole model, so it says nothing about other files');
  }
  return paths;
}
