/**
 * The Hugging Face cache on disk (huggingface_hub, file_download.py and constants.py), byte-compatible: where it is,
 * what a repository's folder holds, and which relative paths may enter it.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface CacheChoice {
  /** Absolute. */
  path: string;
  /** What it came from, for the log. */
  from: string;
}

/** The folders of one repository below the cache root. */
export interface RepoFolder {
  cacheDir: string;
  root: string;
  blobs: string;
  refs: string;
  snapshots: string;
  trees: string;
  /** Lock files of everybody, and what is ours alone: readers of the cache skip it. */
  locks: string;
}

/** The cache root, by huggingface_hub's precedence. A relative `input` counts from `workspace`. */
export function chooseCacheDir(
  input: string | undefined,
  env: NodeJS.ProcessEnv,
  workspace: string,
): CacheChoice {
  const under = (name: string, ...below: string[]): string | undefined => {
    const value = env[name]?.trim();
    return value ? join(value, ...below) : undefined;
  };
  const candidates: { path: string | undefined; from: string }[] = [
    { path: input, from: 'input `cache-dir`' },
    { path: under('HF_HUB_CACHE'), from: '`HF_HUB_CACHE`' },
    { path: under('HUGGINGFACE_HUB_CACHE'), from: '`HUGGINGFACE_HUB_CACHE`' },
    { path: under('HF_HOME', 'hub'), from: '`HF_HOME`' },
    { path: under('XDG_CACHE_HOME', 'huggingface', 'hub'), from: '`XDG_CACHE_HOME`' },
    { path: join(homedir(), '.cache', 'huggingface', 'hub'), from: 'the default' },
  ];
  const chosen = candidates.find(({ path }) => path !== undefined);
  const path = (chosen?.path ?? '').replace(/^~(?=$|[/\\])/, homedir());
  return { path: resolve(workspace, path), from: chosen?.from ?? '' };
}

/** `models--org--name` (or `datasets--`, `spaces--`) and what is below it. */
export function repoFolder(
  cacheDir: string,
  repo: string,
  type: 'model' | 'dataset' | 'space' = 'model',
): RepoFolder {
  const name = [`${type}s`, ...repo.split('/')].join('--');
  const root = join(cacheDir, name);
  return {
    cacheDir,
    root,
    blobs: join(root, 'blobs'),
    refs: join(root, 'refs'),
    snapshots: join(root, 'snapshots'),
    trees: join(root, 'trees'),
    locks: join(cacheDir, '.locks', name),
  };
}

export function isCommit(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}
