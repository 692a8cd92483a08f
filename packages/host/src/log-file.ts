/** Log files of processes that hold their own descriptor: read at the end, cut when they grow. */
import { errnoCode } from '@sluice/runtime/files';
import { copyFile, open, stat, truncate } from 'node:fs/promises';

const TAIL_BYTES = 8 * 1024;

/** The last lines of a log, oldest first; none when there is no file. Hostile text: never print it raw. */
export async function lastLines(path: string, count = 20): Promise<string[]> {
  let file;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - TAIL_BYTES);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) lines.shift();
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    await file.close();
  }
}

/**
 * Keeps a log below `maxBytes`: copies it to `<path>.1` and empties it. A rename would not help, since the
 * process writes on through its descriptor; with O_APPEND it goes on at the new end. Lines written between
 * the copy and the cut are lost, as with logrotate's copytruncate.
 */
export async function capLog(path: string, maxBytes: number): Promise<boolean> {
  try {
    if ((await stat(path)).size <= maxBytes) return false;
    await copyFile(path, `${path}.1`);
    await truncate(path, 0);
    return true;
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return false;
    throw error;
  }
}
