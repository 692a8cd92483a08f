/** The entries of a tar file (POSIX ustar, GNU and pax long names, and the older form without a magic). */
import { MalformedError } from './byte-reader.ts';
import type { RandomSource } from './byte-stream.ts';
import { leavesRoot, quote } from './zip-archive.ts';

export interface TarEntry {
  name: string;
  start: number;
  size: number;
}

const BLOCK = 512;
const MAX_ENTRIES = 500_000;

/** Whether a block is a tar header: its checksum says so. */
export function isTarHeader(block: Buffer): boolean {
  if (block.byteLength < BLOCK || block[0] === 0) return false;
  const claimed = Number.parseInt(block.toString('latin1', 148, 156).replace(/[\0 ].*$/s, ''), 8);
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return claimed === sum;
}

export async function readTar(source: RandomSource): Promise<{ entries: TarEntry[]; problems: string[] }> {
  const entries: TarEntry[] = [];
  const problems: string[] = [];
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= source.size;) {
    const block = await source.read(at, BLOCK);
    if (block.every((byte) => byte === 0)) {
      await checkPadding(source, at, problems);
      return { entries, problems };
    }
    if (!isTarHeader(block)) throw new MalformedError(`its header at byte ${at} is broken`);
    const size = sizeOf(block);
    const type = String.fromCharCode(block[156] ?? 0);
    const start = at + BLOCK;
    if (start + size > source.size) throw new MalformedError('an entry reaches beyond its end');
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (type === 'L' || type === 'x') {
      longName = longNameOf(type, (await source.read(start, Math.min(size, 65_536))).toString('utf8'));
      continue;
    }
    if (type === 'g') continue;
    const name = longName ?? nameOf(block);
    longName = undefined;
    if (leavesRoot(name)) problems.push(`holds ${quote(name)}, outside of its own folder`);
    if (type === '0' || type === '\0' || type === '7') entries.push({ name, start, size });
    else if (type !== '5') problems.push(`holds ${quote(name)}, which is a link or a device`);
    if (entries.length > MAX_ENTRIES) throw new MalformedError('it has too many entries');
  }
  problems.push('has no end');
  return { entries, problems };
}

/** Behind the end come zeros alone; tools pad to 10 KiB, some further. */
async function checkPadding(source: RandomSource, from: number, problems: string[]): Promise<void> {
  const rest = await source.read(from, 1024 * 1024);
  if (rest.byteLength < source.size - from || rest.some((byte) => byte !== 0)) {
    problems.push('has bytes behind its end');
  }
}

function longNameOf(type: string, text: string): string | undefined {
  if (type === 'L') return text.replace(/\0.*$/s, '');
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(text)?.[1];
}

function nameOf(block: Buffer): string {
  const text = (from: number, to: number): string => block.toString('utf8', from, to).replace(/\0.*$/s, '');
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(345, 500) : '';
  return prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
}

function sizeOf(block: Buffer): number {
  const field = block.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.readBigUInt64BE(4);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError('an entry claims too many bytes');
    return Number(value);
  }
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trim();
  if (!/^[0-7]*$/.test(text)) throw new MalformedError('an entry has no size');
  return text === '' ? 0 : Number.parseInt(text, 8);
}
