/** Removes what open-temp.mjs made; a process that is just ending may still write into it. */
import { rmSync } from 'node:fs';

export default function removeTemp() {
  const folder = process.env.TMPDIR;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
