/** Models in several files, made by the real library: each folder is looked at as a pull would. */
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { plainLogger } from '@sluice/runtime/logger';
import { checkSafety } from '../../../actions/model-pull/src/check-safety.ts';

/** Names of the folders below `folder`, with what is wrong with each; empty when nothing is. */
export async function checkFolders(folder: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const name of await readdir(folder)) {
    const { problems } = await checkSafety(await listFiles(join(folder, name)), {
      mode: 'strict',
      allowFormats: [],
      allowGlobals: [],
      connections: 4,
      log: plainLogger(() => undefined),
      signal: new AbortController().signal,
    });
    found.set(name, problems);
  }
  return found;
}

/** As a pull lists them: paths with `/`, sizes, places. */
export async function listFiles(root: string): Promise<{ path: string; at: string; bytes: number }[]> {
  const files: { path: string; at: string; bytes: number }[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const at = join(entry.parentPath, entry.name);
    files.push({ path: relative(root, at).split(sep).join('/'), at, bytes: (await stat(at)).size });
  }
  return files;
}
