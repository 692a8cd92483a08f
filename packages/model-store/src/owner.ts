/**
 * Who wrote a file in the cache: this machine's name and this process, by pid and start time. Files of an owner that
 * died are taken over or taken away; those of one that lives never.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { processStartTime, readFileIfThere } from '@sluice/runtime/files';

export interface Owner {
  /** Eight hex digits of the host and its boot: pids of other machines and of containers mean nothing here. */
  host: string;
  pid: number;
  startTime: string;
}

export type OwnerState = 'alive' | 'dead' | 'elsewhere';

let bootIdRead: Promise<string> | undefined;

/** Changes at each boot; empty where the system has none. */
export function bootId(): Promise<string> {
  bootIdRead ??= readFileIfThere('/proc/sys/kernel/random/boot_id').then(
    (text) => text?.trim() ?? '',
    () => '',
  );
  return bootIdRead;
}

export async function hostTag(): Promise<string> {
  const text = `${hostname()} ${await bootId()}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** This process, or another of this machine. */
export async function ownerOf(pid = process.pid): Promise<Owner> {
  return { host: await hostTag(), pid, startTime: (await processStartTime(pid)) ?? '' };
}

export async function ownerState(owner: Owner): Promise<OwnerState> {
  if (owner.host !== (await hostTag())) return 'elsewhere';
  const startTime = await processStartTime(owner.pid);
  return startTime !== undefined && startTime === owner.startTime ? 'alive' : 'dead';
}

/** As part of a file name: no blank, no dot. */
export function ownerName({ host, pid, startTime }: Owner): string {
  return `${host}-${pid}-${startTime}`;
}

export function parseOwnerName(text: string): Owner | undefined {
  const match = /^([0-9a-f]{8})-(\d+)-([0-9a-z]*)$/.exec(text);
  return match ? { host: match[1] ?? '', pid: Number(match[2]), startTime: match[3] ?? '' } : undefined;
}
