/** Which DVC output a path names: an output of a `.dvc` file or of a stage in a `dvc.lock`, or a path inside one. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { bytesOf } from './json-fields.ts';

export interface DvcOutput {
  /** Absolute place in the workspace. */
  place: string;
  /** `<32 hex>` or `<32 hex>.dir`; null for an output with no hash of its own (see `files`). */
  md5: string | null;
  /** false: written by DVC 2, another layout of the remote and CRLF read as LF. */
  v3: boolean;
  bytes: number | null;
  remote: string | undefined;
  /** Files listed in the `.dvc` file itself, as DVC does for version-aware remotes. */
  files: { relpath: string; md5: string; bytes: number | null }[] | null;
  /** File that says so, for messages. */
  from: string;
}

/** Outputs, and the part below it where the path is inside a tracked folder. */
export interface DvcMatch {
  outputs: DvcOutput[];
  /** `''`: the whole output. */
  inside: string;
}

const SKIPPED = new Set(['.git', '.dvc', 'node_modules', '.venv', 'venv']);
const MAX_FOLDERS = 20_000;

/** The nearest folder from `path` upward that holds `.dvc/`, not above `workspace`. */
export async function findDvcRoot(path: string, workspace: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const info = await stat(join(folder, '.dvc')).catch(() => undefined);
    if (info?.isDirectory()) return folder;
    if (folder === workspace || dirname(folder) === folder) break;
  }
  throw new ConfigError(`${path} is in no DVC repository: there is no .dvc folder up to ${workspace}`);
}

export async function findDvcOutputs(target: string, root: string, shown: string): Promise<DvcMatch> {
  if (target.endsWith('.dvc')) {
    const text = await readFile(target, 'utf8').catch(() => undefined);
    if (text === undefined) throw new ConfigError(`input \`model\` = ${shown}: there is no file ${target}`);
    const outputs = await readDvcFile(text, target);
    if (outputs.length === 0) throw new ConfigError(`input \`model\` = ${shown}: ${target} lists no output`);
    return { outputs, inside: '' };
  }
  const files: string[] = [];
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    for (const name of await readdir(folder).catch(() => []))
      if (name.endsWith('.dvc') || name === 'dvc.lock') files.push(join(folder, name));
    if (folder === root || dirname(folder) === folder) break;
  }
  const near = await searchFiles(files, target);
  if (near) return near;
  const far = await searchFiles(await listLocks(root), target);
  if (far) return far;
  throw new ConfigError(
    `input \`model\` = ${shown}: no .dvc file and no dvc.lock in ${root} lists ${relative(root, target) || '.'} as an output`,
  );
}

async function searchFiles(files: readonly string[], target: string): Promise<DvcMatch | undefined> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    // A folder's own name `.dvc` ends so too.
    if (text === undefined) continue;
    const outputs = file.endsWith('.lock') ? await readDvcLock(text, file) : await readDvcFile(text, file);
    for (const output of outputs) {
      if (output.place === target) return { outputs: [output], inside: '' };
      if (target.startsWith(output.place + sep))
        return { outputs: [output], inside: relative(output.place, target).split(sep).join('/') };
    }
  }
  return undefined;
}

/** All `dvc.lock` files: a stage's output may lie anywhere in the repository. */
async function listLocks(root: string): Promise<string[]> {
  const locks: string[] = [];
  const folders = [root];
  for (let seen = 0; folders.length > 0 && seen < MAX_FOLDERS; seen++) {
    const folder = folders.pop() ?? root;
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(join(folder, entry.name));
      else if (entry.name === 'dvc.lock') locks.push(join(folder, entry.name));
    }
  }
  return locks;
}

/** Outputs of a `.dvc` file; `wdir` moves them. */
export async function readDvcFile(text: string, file: string): Promise<DvcOutput[]> {
  const content = asFields(await parseYaml(text, file));
  const wdir = typeof content['wdir'] === 'string' ? content['wdir'] : '.';
  return readOutputs(content['outs'], resolve(dirname(file), wdir), file);
}

/** Outputs of every stage of a `dvc.lock`. Their paths count from the stage's `wdir`, which only `dvc.yaml` says. */
export async function readDvcLock(text: string, file: string): Promise<DvcOutput[]> {
  const content = asFields(await parseYaml(text, file));
  // Before schema 2.0 the stages stood at the top.
  const stages = asFields(content['schema'] === undefined ? content : content['stages']);
  const pipeline = join(dirname(file), 'dvc.yaml');
  const yaml = await readFile(pipeline, 'utf8').catch(() => undefined);
  const defined = asFields(yaml === undefined ? {} : asFields(await parseYaml(yaml, pipeline))['stages']);
  return Object.entries(stages).flatMap(([name, stage]) => {
    const own = asFields(defined[name] ?? defined[name.replace(/@.*$/, '')]);
    const wdir = asFields(own['do'])['wdir'] ?? own['wdir'];
    const folder = typeof wdir === 'string' && !wdir.includes('${') ? wdir : '.';
    return readOutputs(asFields(stage)['outs'], resolve(dirname(file), folder), file);
  });
}

function readOutputs(outs: unknown, folder: string, file: string): DvcOutput[] {
  if (!Array.isArray(outs)) return [];
  return outs.flatMap((value: unknown) => {
    const out = asFields(value);
    const { path, md5, hash, remote, files } = out;
    if (typeof path !== 'string' || path === '' || /^[a-z][a-z0-9+]*:\/\//i.test(path)) return [];
    const listed = Array.isArray(files) ? files.map((entry: unknown) => asFields(entry)) : null;
    const named = typeof md5 === 'string' && /^[0-9a-f]{32}(\.dir)?$/.test(md5) ? md5 : null;
    if (named === null && listed === null) return [];
    return [
      {
        place: resolve(folder, path),
        md5: named,
        v3: hash === 'md5',
        bytes: bytesOf(out['size']),
        remote: typeof remote === 'string' ? remote : undefined,
        files:
          listed?.map((entry) => ({
            relpath: String(entry['relpath']),
            md5: String(entry['md5']),
            bytes: bytesOf(entry['size']),
          })) ?? null,
        from: file,
      },
    ];
  });
}

async function parseYaml(text: string, file: string): Promise<unknown> {
  const { parseDocument } = await import('yaml');
  try {
    const document = parseDocument(text);
    if (document.errors.length === 0) return document.toJS() as unknown;
    throw new ConfigError(`${file} is no YAML: ${document.errors[0]?.message.split('\n')[0] ?? ''}`);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} can't be read as YAML`);
  }
}

function asFields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
