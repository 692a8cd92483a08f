/** Which files below a folder some process has open or mapped, as far as this user may see (Linux; else none). */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export async function openFiles(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  for (const pid of await readdir('/proc').catch(() => [])) {
    if (!/^\d+$/.test(pid)) continue;
    const descriptors = join('/proc', pid, 'fd');
    for (const name of await readdir(descriptors).catch(() => [])) {
      const target = await readlink(join(descriptors, name)).catch(() => '');
      if (target.startsWith(prefix)) found.add(target);
    }
    const maps = await readFile(join('/proc', pid, 'maps'), 'utf8').catch(() => '');
    if (!maps.includes(prefix)) continue;
    for (const line of maps.split('\n')) {
      const at = line.indexOf(prefix);
      if (at >= 0) found.add(line.slice(at).replace(/ \(deleted\)$/, ''));
    }
  }
  return found;
}
