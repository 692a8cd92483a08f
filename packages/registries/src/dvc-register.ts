/**
 * `dvc:models/llm`: the files into the repository's DVC remote, by md5 as DVC 3 lays them out (dvc-data, hashfile/tree.py), and
 * `models/llm.dvc` beside them in the checkout, which a commit makes known. A remote is a folder, a web server or S3.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { ConfigError } from '@sluice/runtime/errors';
import { chooseDvcRemote, readDvcConfig } from '@sluice/sources/dvc-config';
import { findDvcRoot, readDvcFile } from '@sluice/sources/dvc-outputs';
import { objectKey } from '@sluice/sources/dvc-source';
import { openDvcTarget, type DvcTarget } from './dvc-target.ts';
import { hashJudged, type HashedFile } from './judged-file.ts';
import { neededFiles } from './needed-files.ts';
import type { LocalFiles, Registered, RegistryContext, Subject } from './registry.ts';
import { commentLine } from './registry.ts';

export async function registerInDvc(
  { given, path }: { given: string; path: string },
  subject: Subject,
  context: RegistryContext,
): Promise<Registered> {
  const workspace = resolve(context.workspace);
  const place = resolve(workspace, path);
  if (!place.startsWith(workspace + sep))
    throw new ConfigError(`\`register\` = '${given}' lies outside the workspace ${workspace}`);
  const root = await findDvcRoot(dirname(place), workspace);
  const card = `${place}.dvc`;
  const before = await readFile(card, 'utf8').catch(() => undefined);
  const [tracked, ...others] = before === undefined ? [] : await readDvcFile(before, card);
  if (others.length > 0 || (tracked && (tracked.place !== place || tracked.files !== null)))
    throw new ConfigError(
      `\`register\` = '${given}': ${card} tracks more or other than ${place}; name another path`,
    );
  const remote = chooseDvcRemote(
    await readDvcConfig(root, context.env),
    undefined,
    tracked?.remote,
    workspace,
  );
  const target = await openDvcTarget(remote, context);
  const output = await push(target, neededFiles(given, subject), basename(place), { given, context });
  const same = tracked?.md5 === output.md5 && tracked.v3;
  if (!same) await writeCard(card, before, { ...output, path: basename(place) }, subject);
  return { target: given, version: output.md5, address: `dvc:${path}`, changed: !same || output.sent > 0 };
}

interface Output {
  /** Of a file, or with `.dir` of a folder's listing. */
  md5: string;
  size: number;
  nfiles?: number;
  /** Objects that the remote hadn't. */
  sent: number;
}

/** A folder's listing goes last: where it is, all that it names is. */
async function push(
  target: DvcTarget,
  { root, files }: LocalFiles,
  name: string,
  { given, context }: { given: string; context: RegistryContext },
): Promise<Output> {
  const hashed: HashedFile[] = [];
  for (const file of files) hashed.push(await hashJudged({ ...file, absolute: join(root, file.path) }));
  let sent = 0;
  for (const { path, absolute, bytes, sha256, md5 } of hashed) {
    const key = objectKey(md5, true);
    if (await target.has(key, bytes)) continue;
    context.log.info(`${given}: uploading ${path} (${bytes} bytes)`);
    await target.write(key, {
      ...{ bytes, sha256 },
      open: (start, end) => createReadStream(absolute, { start, end }),
    });
    sent += 1;
  }
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const [only] = hashed;
  if (hashed.length === 1 && only?.path === name) return { md5: only.md5, size, sent };
  const listing = Buffer.from(listingOf(hashed));
  const md5 = `${createHash('md5').update(listing).digest('hex')}.dir`;
  if (!(await target.has(objectKey(md5, true), listing.length))) {
    await target.write(objectKey(md5, true), {
      ...{ bytes: listing.length, sha256: createHash('sha256').update(listing).digest('hex') },
      open: (start, end) => Readable.from([listing.subarray(start, end + 1)]),
    });
    sent += 1;
  }
  return { md5, size, nfiles: files.length, sent };
}

/** As Python's `json.dumps(…, sort_keys=True)` spells it: its md5 is the folder's name. */
export function listingOf(files: readonly Pick<HashedFile, 'path' | 'md5'>[]): string {
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const entries = sorted.map(({ md5, path }) => `{"md5": "${md5}", "relpath": ${asciiJson(path)}}`);
  return `[${entries.join(', ')}]`;
}

/** All but printable ASCII escaped, by UTF-16 units. */
function asciiJson(text: string): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (char) =>
    char.split('').map(escaped).join(''),
  );
}

/** What else stands in the file stays, comments too. */
async function writeCard(
  card: string,
  before: string | undefined,
  { md5, size, nfiles, path }: Omit<Output, 'sent'> & { path: string },
  { digest, comment }: Subject,
): Promise<void> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(before ?? 'outs:\n- {}\n');
  const facts = { md5, size, ...(nfiles !== undefined && { nfiles }), hash: 'md5', path };
  if (nfiles === undefined) document.deleteIn(['outs', 0, 'nfiles']);
  if (before === undefined) document.set('outs', document.createNode([facts]));
  else for (const [key, value] of Object.entries(facts)) document.setIn(['outs', 0, key], value);
  document.setIn(['meta', 'sluice.digest'], digest);
  document.setIn(['meta', 'sluice.comment'], commentLine(comment));
  await mkdir(dirname(card), { recursive: true });
  const beside = `${card}.${process.pid}.part`;
  await writeFile(beside, document.toString());
  await rename(beside, card);
}
