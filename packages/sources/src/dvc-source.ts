/**
 * `dvc:path`, `dvc:path@ref`: an output that DVC tracks, as the workspace or a commit of its repository says, fetched from its
 * remote without DVC. Its revision is DVC's own md5.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve, sep } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseDvcRemote, readDvcConfig } from './dvc-config.ts';
import { findDvcOutputs, findDvcRoot } from './dvc-outputs.ts';
import type { DvcMatch, DvcOutput } from './dvc-outputs.ts';
import { openDvcStore } from './dvc-stores.ts';
import type { DvcStore } from './dvc-store.ts';
import type { OtherSource } from './grammar.ts';
import { arrayOf, bytesOf, fieldsOf } from './json-fields.ts';
import { listingDigest } from './listing-digest.ts';
import { mapWide } from './map-wide.ts';
import { checkedFiles } from './safe-path.ts';
import type { RemoteFile, ResolvedSource, SourceContext } from './source.ts';

interface Listed {
  path: string;
  md5: string;
  v3: boolean;
  bytes: number | null;
}

const WIDTH = 16;

export async function resolveDvc(
  parsed: Pick<OtherSource, 'rest'>,
  context: SourceContext,
): Promise<ResolvedSource> {
  const shown = JSON.stringify(`dvc:${parsed.rest}`);
  if (parsed.rest.trim() === '')
    throw new ConfigError('input `model` = "dvc:" names no output; write dvc:path');
  if (context.revision !== undefined) {
    throw new ConfigError(
      `input \`revision\` = ${JSON.stringify(context.revision)} has no meaning for ${shown}: ` +
        'the workspace’s own .dvc file or dvc.lock says the version; write dvc:path@<branch, tag or commit> for another',
    );
  }
  const workspace = resolve(context.workspace);
  const found = await findOutputs(parsed.rest, workspace, shown);
  const { root, target, outputs, inside } = found;
  const config = await readDvcConfig(root, context.env);
  const files: RemoteFile[] = [];
  for (const output of outputs) {
    const remote = chooseDvcRemote(config, context.dvcRemote, output.remote, workspace);
    const store = await openDvcStore(remote, context);
    const prefix = outputs.length > 1 ? `${basename(output.place)}/` : '';
    files.push(...(await resolveOutput(output, store, { root: found.outputsRoot, inside, prefix })));
  }
  const [only] = outputs;
  const own = outputs.length === 1 && inside === '' ? only?.md5 : undefined;
  return {
    source: `dvc:${relative(workspace, target).split(sep).join('/')}`,
    revision: own ?? listingDigest(files),
    files: checkedFiles(files, shown),
  };
}

interface FoundOutputs extends DvcMatch {
  /** In the workspace, whatever commit was asked. */
  target: string;
  root: string;
  /** Where the places of the outputs start. */
  outputsRoot: string;
}

/** A name with an @ in it goes before a ref. */
async function findOutputs(rest: string, workspace: string, shown: string): Promise<FoundOutputs> {
  const { path, ref } = /^(?<path>.+)@(?<ref>[^@]+)$/u.exec(rest)?.groups ?? {};
  try {
    const { target, root } = await placeOf(rest, workspace, shown);
    return { ...(await findDvcOutputs(target, root, shown)), target, root, outputsRoot: root };
  } catch (error) {
    if (!(error instanceof ConfigError) || path === undefined || ref === undefined) throw error;
  }
  const { target, root } = await placeOf(path, workspace, shown);
  const { openCommit } = await import('./git-commit.ts');
  const commit = await openCommit(ref, root, `input \`model\` = ${shown}`);
  const scratch = await mkdtemp(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'sluice-dvc-'));
  try {
    const tracked = commit.names.filter((name) => /(?:^|\/)(?:[^/]+\.dvc|dvc\.lock)$/u.test(name));
    const copies = await commit.copy(tracked, scratch);
    const moved = (place: string): string => join(copies, commit.prefix, relative(root, place));
    return {
      ...(await findDvcOutputs(moved(target), moved(root), shown)),
      target,
      root,
      outputsRoot: moved(root),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function placeOf(
  path: string,
  workspace: string,
  shown: string,
): Promise<{ target: string; root: string }> {
  const target = resolve(workspace, path);
  if (target !== workspace && !target.startsWith(workspace + sep))
    throw new ConfigError(`input \`model\` = ${shown} lies outside the workspace ${workspace}`);
  return { target, root: await findDvcRoot(target, workspace) };
}

async function resolveOutput(
  output: DvcOutput,
  store: DvcStore,
  wanted: { root: string; inside: string; prefix: string },
): Promise<RemoteFile[]> {
  const shown = relative(wanted.root, output.place).split(sep).join('/');
  const listed = await listOutput(output, store, shown);
  const folder = output.files !== null || output.md5?.endsWith('.dir') === true;
  const { inside } = wanted;
  const selected = folder
    ? listed
        .filter(({ path }) => inside === '' || path === inside || path.startsWith(`${inside}/`))
        .map((file) => ({ ...file, path: inside === '' ? file.path : innerPath(file.path, inside) }))
    : listed;
  if (selected.length === 0)
    throw new ConfigError(`the DVC output ${shown} holds nothing at ${JSON.stringify(inside || '.')}`);
  const prefix = folder ? wanted.prefix : '';
  return mapWide(checkedFiles(selected, `the DVC output ${shown}`), WIDTH, async (file) => {
    const found = await store.find({
      key: objectKey(file.md5, file.v3),
      path: prefix + file.path,
      hash: { algorithm: file.v3 ? 'md5' : 'md5-dos2unix', value: file.md5 },
      bytes: file.bytes,
    });
    if (found) return found;
    throw new ConfigError(
      `the DVC remote ${store.shown} has no object ${file.md5} (${shown}${folder ? `/${file.path}` : ''}); ` +
        'was it pushed (`dvc push`)?',
    );
  });
}

function innerPath(path: string, inside: string): string {
  return path === inside ? basename(path) : path.slice(inside.length + 1);
}

/** The files of an output: itself, or what its `.dir` object lists. */
async function listOutput(output: DvcOutput, store: DvcStore, shown: string): Promise<Listed[]> {
  const { md5, v3 } = output;
  if (output.files !== null) {
    return output.files.map(({ relpath, md5: own, bytes }) => ({
      path: relpath,
      md5: checkMd5(own, shown),
      v3,
      bytes,
    }));
  }
  if (md5 === null) throw new InfraError(`${output.from} names no hash for ${shown}`);
  if (!md5.endsWith('.dir')) return [{ path: basename(output.place), md5, v3, bytes: output.bytes }];
  const content = await store.read(objectKey(md5, v3));
  if (!content) {
    throw new ConfigError(
      `the DVC remote ${store.shown} has no object ${md5} (the folder ${shown}); was it pushed (\`dvc push\`)?`,
    );
  }
  if (`${createHash('md5').update(content).digest('hex')}.dir` !== md5)
    throw new InfraError(
      `the DVC remote ${store.shown}: the object ${md5} doesn't have the hash that it is named by`,
    );
  let value: unknown;
  try {
    value = JSON.parse(content.toString('utf8'));
  } catch {
    throw new InfraError(`the DVC remote ${store.shown}: the object ${md5} is no JSON`);
  }
  return arrayOf(value, `the DVC object ${md5}`).map((entry) => {
    const { relpath, md5: own, size } = fieldsOf(entry, `the DVC object ${md5}`);
    if (typeof relpath !== 'string')
      throw new InfraError(`the DVC object ${md5} lists a file without a path`);
    return { path: relpath, md5: checkMd5(own, shown), v3, bytes: bytesOf(size) };
  });
}

/** DVC 3: `files/md5/<2>/<30>`; DVC 2: `<2>/<30>`. */
export function objectKey(md5: string, v3: boolean): string {
  return `${v3 ? 'files/md5/' : ''}${md5.slice(0, 2)}/${md5.slice(2)}`;
}

function checkMd5(value: unknown, shown: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{32}$/.test(value)) return value;
  throw new InfraError(`the DVC output ${shown} lists a file without an md5`);
}
