/**
 * The leases of a machine's GPUs: a folder with a file for each GPU that is held and one for each who waits, changed only
 * under a lock. Cooperative: it holds between jobs that ask for leases.
 */
import { chmod, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';
import { readFileIfThere, withFileLock, writeFileAtomic } from '@sluice/runtime/files';
import { isGone, readHolder, type Holder } from './holder.ts';

export interface Held {
  id: string;
  gpu: string;
  holder: Holder;
}

export interface Waiting {
  id: string;
  /** Tickets are served by their number. */
  number: number;
  holder: Holder;
}

const LOCK_MS = 60_000;

export class LeaseBook {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Other users' jobs take part, so everybody may write. ConfigError: somebody else put something there. */
  async open(): Promise<void> {
    for (const folder of [this.folder, join(this.folder, 'queue')]) {
      await mkdir(folder, { recursive: true });
      const { uid } = await lstat(folder);
      if (!(await lstat(folder)).isDirectory())
        throw new ConfigError(`${folder} is no folder: remove it, or name another in SLUICE_GPU_LEASES`);
      if (uid === process.getuid?.()) await chmod(folder, 0o777);
    }
  }

  async locked<T>(work: () => Promise<T>): Promise<T> {
    return withFileLock(join(this.folder, 'lock'), work, { timeoutMs: LOCK_MS });
  }

  async held(): Promise<Held[]> {
    return (await this.#read(this.folder, /^gpu-(.+)\.(\w+)\.json$/)).map(
      ({ parts: [gpu = '', id = ''], holder }) => ({
        gpu,
        id,
        holder,
      }),
    );
  }

  /** In the order in which they are served. */
  async waiting(): Promise<Waiting[]> {
    const found = await this.#read(join(this.folder, 'queue'), /^(\d+)\.(\w+)\.json$/);
    return found
      .map(({ parts: [number = '', id = ''], holder }) => ({ number: Number(number), id, holder }))
      .sort((a, b) => a.number - b.number);
  }

  async hold(gpu: string, id: string, holder: Holder): Promise<void> {
    await writeFileAtomic(this.#heldPath(gpu, id), JSON.stringify(holder));
  }

  async letGo({ gpu, id }: Pick<Held, 'gpu' | 'id'>): Promise<void> {
    await rm(this.#heldPath(gpu, id), { force: true });
  }

  async queue(id: string, holder: Holder): Promise<void> {
    const last = (await this.waiting()).at(-1)?.number ?? 0;
    await writeFileAtomic(this.#ticketPath({ number: last + 1, id }), JSON.stringify(holder));
  }

  async leaveQueue(ticket: Pick<Waiting, 'number' | 'id'>): Promise<void> {
    await rm(this.#ticketPath(ticket), { force: true });
  }

  /** Removes what belongs to nobody any more; gives the leases among it. */
  async sweep(now: number): Promise<Held[]> {
    for (const ticket of await this.waiting())
      if (await isGone(ticket.holder, now)) await this.leaveQueue(ticket);
    const stale: Held[] = [];
    for (const lease of await this.held()) {
      if (!(await isGone(lease.holder, now))) continue;
      await this.letGo(lease);
      stale.push(lease);
    }
    return stale;
  }

  #heldPath(gpu: string, id: string): string {
    return join(this.folder, `gpu-${gpu}.${id}.json`);
  }

  #ticketPath({ number, id }: Pick<Waiting, 'number' | 'id'>): string {
    return join(this.folder, 'queue', `${String(number).padStart(9, '0')}.${id}.json`);
  }

  async #read(folder: string, form: RegExp): Promise<{ parts: string[]; holder: Holder }[]> {
    const names = (await readdir(folder)).sort();
    const found = await Promise.all(
      names.map(async (name) => {
        const match = form.exec(name);
        const text = match === null ? undefined : await readFileIfThere(join(folder, name));
        const holder = text === undefined ? undefined : readHolder(text);
        return match === null || holder === undefined ? undefined : { parts: match.slice(1), holder };
      }),
    );
    return found.filter((entry) => entry !== undefined);
  }
}
