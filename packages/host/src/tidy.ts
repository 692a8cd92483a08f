/** Removes copies of bundles and of Node that no service needs any more. */
import { errnoCode } from '@sluice/runtime/files';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HostGoneError, NoHostError } from './control-client.ts';
import { HostClient } from './host-client.ts';
import { hostLayout } from './layout.ts';
import { NODE_PREFIX } from './node-copy.ts';

/** A copy this young may belong to a run that is about to start a supervisor with it. */
const YOUNG_MS = 3_600_000;

/**
 * A copy stays while a supervisor runs from it, or a service's state or systemd unit names it: its servers, a rollout, or the history
 * that a rollback goes back to. When one state can't be read, nothing is removed. Gives the names of what was removed.
 */
export async function tidyBin(stateDir: string, now = Date.now()): Promise<string[]> {
  const bin = join(stateDir, 'bin');
  const copies = (await readdir(bin).catch(() => [])).filter(
    (name) => /^[0-9a-f]{64}$/.test(name) || name.startsWith(NODE_PREFIX) || name.endsWith('.tmp'),
  );
  if (copies.length === 0) return [];
  const needed = await namedByServices(stateDir);
  if (needed === undefined) return [];
  const removed: string[] = [];
  for (const name of copies) {
    if (needed.some((text) => text.includes(`/${name}/`))) continue;
    const young = await stat(join(bin, name)).then(
      ({ ctimeMs }) => now - ctimeMs < YOUNG_MS,
      () => true,
    );
    if (young) continue;
    await rm(join(bin, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Texts that name every copy in use; undefined when that can't be known. */
async function namedByServices(stateDir: string): Promise<string[] | undefined> {
  const texts = [`${process.execPath} ${process.argv[1] ?? ''}`];
  for (const entry of await readdir(stateDir, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name === 'bin') continue;
    const { state, socket } = hostLayout(stateDir, entry.name);
    const unit = `/etc/systemd/system/sluice-${entry.name}.service`;
    try {
      for (const path of [state, unit]) texts.push((await readIfThere(path)) ?? '');
      texts.push(JSON.stringify((await new HostClient(socket).status()).supervisor));
    } catch (error) {
      // A service whose supervisor is dead is known by its state alone; whatever else went wrong is no licence to delete.
      if (!(error instanceof NoHostError || error instanceof HostGoneError)) return undefined;
    }
  }
  return texts;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
