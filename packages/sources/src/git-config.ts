/** Git's own configuration format (git-config, "Syntax"), as far as remotes and LFS need it. Pure, apart from reading. */
import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

export interface ConfigEntry {
  /** Lower case. */
  section: string;
  /** As written; empty where there is none. */
  subsection: string;
  /** Lower case. */
  key: string;
  value: string;
}

export function parseGitConfig(text: string): ConfigEntry[] {
  const entries: ConfigEntry[] = [];
  let section = '';
  let subsection = '';
  for (const line of text.replace(/\\\r?\n/g, '').split(/\r?\n/)) {
    const head = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]\s*(.*)$/.exec(line);
    if (head) {
      section = (head[1] ?? '').toLowerCase();
      subsection = (head[2] ?? '').replace(/\\(.)/g, '$1');
    }
    const pair = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(head ? (head[3] ?? '') : line);
    if (pair?.[1] !== undefined)
      entries.push({ section, subsection, key: pair[1].toLowerCase(), value: plainValue(pair[2] ?? 'true') });
  }
  return entries;
}

/** Quotes and escapes resolved, a comment cut off. */
function plainValue(text: string): string {
  let value = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charAt(at);
    if (sign === '\\') {
      at += 1;
      const next = text.charAt(at);
      value += next === 'n' ? '\n' : next === 't' ? '\t' : next;
    } else if (sign === '"') quoted = !quoted;
    else if (!quoted && (sign === '#' || sign === ';')) break;
    else value += sign;
  }
  return value.trim();
}

export function lastValue(
  entries: readonly ConfigEntry[],
  section: string,
  subsection: string,
  key: string,
): string | undefined {
  return entries.findLast(
    (entry) => entry.section === section && entry.subsection === subsection && entry.key === key,
  )?.value;
}

/** The work tree that `path` is in: the nearest folder upward with `.git`. */
export async function findWorkTree(path: string): Promise<string | undefined> {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (await stat(join(folder, '.git')).catch(() => undefined)) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

/**
 * A work tree's configuration: `.lfsconfig`, then the repository's own, the stronger last. Files named by
 * `include.path` and `includeIf.gitdir:….path` are read too: actions/checkout keeps its credentials in one.
 */
export async function readGitConfig(workTree: string): Promise<ConfigEntry[]> {
  const gitDir = await findGitDir(join(workTree, '.git'));
  const common = await readText(join(gitDir, 'commondir'));
  const own = join(common === undefined ? gitDir : resolve(gitDir, common.trim()), 'config');
  const shared = parseGitConfig((await readText(join(workTree, '.lfsconfig'))) ?? '');
  // .lfsconfig comes with the checkout, from anyone who may commit: it may say where, never who.
  const safe = shared.filter(({ section, key }) => section === 'lfs' && key === 'url');
  const entries: ConfigEntry[] = [...safe];
  for (const entry of parseGitConfig((await readText(own)) ?? '')) {
    entries.push(entry);
    if (entry.key !== 'path' || !/^include(if)?$/.test(entry.section)) continue;
    const wanted = entry.section === 'include' || coversGitDir(entry.subsection, gitDir);
    if (wanted) entries.push(...parseGitConfig((await readText(resolve(dirname(own), entry.value))) ?? ''));
  }
  return entries;
}

/** `gitdir:<path>`: exact, or everything below when it ends in a slash. */
function coversGitDir(condition: string, gitDir: string): boolean {
  const pattern = /^gitdir(?:\/i)?:(.*)$/.exec(condition)?.[1];
  if (pattern === undefined) return false;
  return pattern.endsWith('/') ? `${gitDir}/`.startsWith(pattern) : pattern === gitDir;
}

/** `.git` is a folder, or in linked work trees and submodules a file that names one. */
async function findGitDir(path: string): Promise<string> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return path;
  const named = /^gitdir: (.+)$/m.exec((await readText(path)) ?? '')?.[1];
  return named === undefined ? path : resolve(dirname(path), named.trim());
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}
