/**
 * Writes src/embedded-lock.gen.ts from embedded/package.json and embedded/package-lock.json.
 *
 *     node packages/inference/scripts/embed-lock.ts [--check]
 *
 * The bundler copies no data files, so the lock of the embedded engine travels as a string constant.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

function render(): string {
  const manifest = JSON.parse(readFileSync(at('../embedded/package.json'), 'utf8')) as { version: string };
  const lock = JSON.parse(readFileSync(at('../embedded/package-lock.json'), 'utf8')) as {
    packages: Record<string, Record<string, unknown>>;
  };
  for (const entry of Object.values(lock.packages)) {
    if (typeof entry['resolved'] === 'string') {
      throw new Error('the lock names a registry: write it with omit-lockfile-registry-resolved=true');
    }
    delete entry['funding'];
    delete entry['deprecated'];
  }
  const packageText = JSON.stringify(manifest);
  const lockText = JSON.stringify(lock);
  const digest = createHash('sha256').update(packageText).update('\n').update(lockText).digest('hex');
  return [
    '// Written by packages/inference/scripts/embed-lock.ts from packages/inference/embedded/. Do not edit.',
    '/* eslint-disable */',
    `export const EMBEDDED_VERSION = ${JSON.stringify(manifest.version)};`,
    `export const EMBEDDED_LOCK_SHA = ${JSON.stringify(digest.slice(0, 12))};`,
    `export const EMBEDDED_PACKAGE: string = ${quote(packageText)};`,
    `export const EMBEDDED_LOCK: string = ${quote(lockText)};`,
    '',
  ].join('\n');
}

/** A single-quoted literal: JSON is full of double quotes. */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

const path = at('../src/engines/embedded/lock.gen.ts');
const text = await prettier.format(render(), {
  ...(await prettier.resolveConfig(path)),
  filepath: path,
});
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write(
      'packages/inference/src/engines/embedded/lock.gen.ts is not current: run embed-lock.ts\n',
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(path, text);
}
