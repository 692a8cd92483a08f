/**
 * Bundles by ncc, minified: dist/<action>/index.js, one entry per action, and each heavy client once, shared
 * (dist/github). The bytes depend on the sources and the lock alone, so a rebuild leaves no difference.
 * Usage: node scripts/build.ts [action or client …]
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { minify } from '@swc/core';
import { run } from '@sluice/process/run';
import { actionNames, ROOT } from './action-metadata.ts';

const NCC = join(ROOT, 'node_modules/@vercel/ncc/dist/ncc/cli.js');

/** Loaded at need by the package's own load.ts; see DESIGN section 2. */
const SHARED_CLIENTS: Readonly<Record<string, string>> = { github: 'packages/github/src/client.ts' };

async function bundle(name: string): Promise<string> {
  const shared = SHARED_CLIENTS[name];
  const entry = join(ROOT, shared ?? `actions/${name}/src/index.ts`);
  if (!existsSync(entry)) throw new Error(`${name} has no entry ${entry}`);
  const out = join(ROOT, 'dist', name);
  rmSync(out, { recursive: true, force: true });
  // A cache folder of its own, so that nothing of an earlier build gets in.
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-ncc-'));
  try {
    await run(
      process.execPath,
      [NCC, 'build', entry, '-o', out, '-m', '--transpile-only', '--no-cache', '--license', 'licenses.txt'],
      {
        // ncc takes the tsconfig of its working folder: the actions' one leaves @actions/http-client out.
        cwd: shared === undefined ? join(ROOT, 'scripts/bundle') : ROOT,
        env: { ...process.env, TMPDIR: scratch },
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  await Promise.all(chunksOf(out).map((file) => minifyChunk(join(out, file))));
  return out;
}

/** ncc -m minifies the entry only, not the chunks that it splits off for import(). */
function chunksOf(folder: string): string[] {
  return readdirSync(folder).filter((file) => file.endsWith('.js') && file !== 'index.js');
}

async function minifyChunk(path: string): Promise<void> {
  const source = readFileSync(path, 'utf8');
  const { code } = await minify(source, {
    module: true,
    compress: true,
    mangle: true,
    format: { comments: 'some' },
  });
  await writeFile(path, `${code}\n`);
}

function bytesOf(folder: string): number {
  return readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
}

const chosen = process.argv.slice(2);
for (const name of chosen.length > 0 ? chosen : [...actionNames(), ...Object.keys(SHARED_CLIENTS)]) {
  const started = Date.now();
  const out = await bundle(name);
  process.stdout.write(
    `dist/${name}: ${(bytesOf(out) / 1e6).toFixed(2)} MB in ${((Date.now() - started) / 1000).toFixed(1)} s\n`,
  );
}
