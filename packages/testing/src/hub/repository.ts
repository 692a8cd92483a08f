/**
 * What the fixture hub serves: repositories whose revisions are folders. Ids follow Git, so that clients can check
 * them: a blob's id is sha1(`blob <size>\0` + bytes); a file that Git LFS would hold also has its sha256.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** One revision: the files of `folder`, then `files` on top (which may have names no folder could hold). */
export interface HubRevision {
  name: string;
  /** Its id; default: one that follows from repository, name and contents. */
  commit?: string;
  folder?: string;
  files?: Record<string, string | Uint8Array>;
  /** What the hub's own scan says of a path (`securityFileStatus.status`); `unscanned` where nothing stands here. */
  scans?: Record<string, string>;
  /** Files too large for memory: listed here, their bytes on a CDN of the test's own (`cdnAt`), below `/repos/<sha256>`. */
  elsewhere?: Record<string, { bytes: number; sha256: string }>;
}

export interface HubRepository {
  /** `org/name` */
  id: string;
  /** Default: `model`. */
  type?: 'model' | 'dataset' | 'space';
  /** Each becomes a tag; the list is the history, oldest first. */
  revisions: HubRevision[];
  /** The tag where branch `main` stands; default: the first. */
  main?: string;
  /** Private: unknown (404) without the token, as the Hub answers. */
  private?: boolean;
  /** Gated: listed for everybody, files only with the token. */
  gated?: boolean;
  /** Its LFS files are in the fixture's Xet storage too. */
  xet?: boolean;
}

export interface StoredFile {
  path: string;
  size: number;
  /** Empty for a file whose bytes are elsewhere. */
  bytes: Buffer;
  /** git-sha1 of the bytes, or of the LFS pointer. */
  oid: string;
  lfs: { sha256: string; pointerSize: number } | null;
  /** Its name in the Xet storage. */
  xetHash?: string;
}

export interface StoredCommit {
  id: string;
  name: string;
  title: string;
  date: string;
  files: Map<string, StoredFile>;
  scans: Readonly<Record<string, string>>;
}

export interface StoredRepository {
  id: string;
  private: boolean;
  gated: boolean;
  commits: StoredCommit[];
  /** Branch name to commit id. */
  branches: Map<string, string>;
  tags: Map<string, string>;
}

/** Endings that the Hub's default .gitattributes gives to LFS. */
const LFS_ENDINGS = [
  '.safetensors',
  '.gguf',
  '.bin',
  '.pt',
  '.pth',
  '.onnx',
  '.h5',
  '.ckpt',
  '.pkl',
  '.npz',
  '.npy',
  '.zip',
];

export function gitSha1(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.byteLength}\0`).update(bytes).digest('hex');
}

/** Reads all revisions into memory; the same folders always give the same commit ids. */
export async function loadRepository(source: HubRepository): Promise<StoredRepository> {
  const commits: StoredCommit[] = [];
  for (const [index, revision] of source.revisions.entries()) {
    const files = await readRevision(revision);
    const id = revision.commit ?? commitId(source.id, revision.name, files);
    const date = new Date(Date.UTC(2026, 0, 1 + index)).toISOString();
    commits.push({
      id,
      name: revision.name,
      title: `Release ${revision.name}`,
      date,
      files,
      scans: revision.scans ?? {},
    });
  }
  const tags = new Map(commits.map((commit) => [commit.name, commit.id]));
  const first = commits[0];
  if (!first) throw new Error(`fixture hub: ${source.id} has no revision`);
  const main = source.main ? tags.get(source.main) : first.id;
  if (!main) throw new Error(`fixture hub: ${source.id}: main is '${source.main}', which is no revision`);
  return {
    id: source.id,
    private: source.private ?? false,
    gated: source.gated ?? false,
    commits,
    branches: new Map([['main', main]]),
    tags,
  };
}

/** A revision as clients write it: branch, tag, `HEAD`, `refs/…`, or a full commit id. */
export function findCommit(repository: StoredRepository, revision: string): StoredCommit | undefined {
  const name = revision === 'HEAD' ? 'main' : revision.replace(/^refs\/(heads|tags)\//, '');
  const id = repository.branches.get(name) ?? repository.tags.get(name) ?? name;
  return repository.commits.find((commit) => commit.id === id);
}

async function readRevision(revision: HubRevision): Promise<Map<string, StoredFile>> {
  const contents = new Map<string, Buffer>();
  const { folder } = revision;
  if (folder !== undefined) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const absolute = join(entry.parentPath, entry.name);
      contents.set(relative(folder, absolute).split(sep).join('/'), await readFile(absolute));
    }
  }
  for (const [path, content] of Object.entries(revision.files ?? {}))
    contents.set(path, Buffer.from(content));
  const sorted = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = new Map(sorted.map(([path, bytes]) => [path, storeFile(path, bytes)]));
  for (const [path, { bytes, sha256 }] of Object.entries(revision.elsewhere ?? {}))
    files.set(path, lfsFile(path, Buffer.alloc(0), bytes, sha256));
  return files;
}

/** As the Hub would keep it: by Git, or by LFS for what its .gitattributes says. */
export function storeFile(path: string, bytes: Buffer): StoredFile {
  if (!isLfs(path)) {
    return { path, size: bytes.byteLength, bytes, oid: gitSha1(bytes), lfs: null };
  }
  return lfsFile(path, bytes, bytes.byteLength, createHash('sha256').update(bytes).digest('hex'));
}

export function isLfs(path: string): boolean {
  return LFS_ENDINGS.some((ending) => path.endsWith(ending));
}

function lfsFile(path: string, bytes: Buffer, size: number, sha256: string): StoredFile {
  const pointer = Buffer.from(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`,
  );
  return { path, size, bytes, oid: gitSha1(pointer), lfs: { sha256, pointerSize: pointer.byteLength } };
}

export function commitId(repository: string, name: string, files: Map<string, StoredFile>): string {
  const hash = createHash('sha1').update(`${repository}\n${name}\n`);
  for (const file of files.values()) hash.update(`${file.oid} ${file.path}\n`);
  return hash.digest('hex');
}
