/** All tests of a run share one temporary folder, so that one removal leaves the machine as it was. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Before the workers start: they and all that they start inherit it. Short, because sockets' paths are limited. */
export default function openTemp() {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'sluice-'));
  // One place of the bundles for all files (packages/testing/src/runner.ts).
  process.env.SLUICE_ACTIONS_COPY = join(process.env.TMPDIR, 'actions');
  // Hundreds of children start from the same few files: each is parsed, and its types are stripped, once.
  process.env.NODE_COMPILE_CACHE = join(process.env.TMPDIR, 'compiled');
}
