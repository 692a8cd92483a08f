/**
 * Bundles by ncc, minified: dist/<action>/index.js, one entry per action, and each heavy client once, shared
 * (dist/github). The bytes depend on the sources and the lock alone, so a rebuild leaves no difference.
 * Usage: node scripts/build.ts [action or client …]
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { minify } from '@swc/core';
import { run } from '@sluice/process/run';
import { actionNames, ROOT } from './action-metadata.ts';

const NCC = join(ROOT, 'node_modules/@vercel/ncc/dist/ncc/cli.js');

/** Loaded at need by the package's own load.ts; see DESIGN section 2. */
const SHARED_CLIENTS: Readonly<Record<string, string>> = {
  github: 'packages/github/src/client.ts',
  kubernetes: 'packages/kubernetes/src/client.ts',
};

/** Imports of a client that stay out of its bundle; a stand-in is laid where they are looked for (see its own words). */
const LEFT_OUT: Readonly<Record<string, { module: string; standIn: string; tsconfig: string }>> = {
  kubernetes: {
    module: './gen/index.js',
    standIn: 'scripts/bundle/no-generated-api.js',
    tsconfig: 'scripts/bundle/kubernetes',
  },
};

async function bundle(name: string): Promise<string> {
  const shared = SHARED_CLIENTS[name];
  const entry = join(ROOT, shared ?? `actions/${name}/src/index.ts`);
  if (!existsSync(entry)) throw new Error(`${name} has no entry ${entry}`);
  const out = join(ROOT, 'dist', name);
  rmSync(out, { recursive: true, force: true });
  // A cache folder of its own, so that nothing of an earlier build gets in.
  const leftOut = LEFT_OUT[name];
  const scratch = mkdtempSync(join(tmpdir(), 'sluice-ncc-'));
  const external = leftOut === undefined ? [] : ['-e', leftOut.module];
  try {
    await run(
      process.execPath,
      [
        NCC,
        'build',
        entry,
        '-o',
        out,
        '-m',
        '--transpile-only',
        '--no-cache',
        '--license',
        'licenses.txt',
        ...external,
      ],
      {
        // ncc takes the tsconfig of its working folder: the actions' one leaves @actions/http-client out.
        cwd: join(ROOT, leftOut?.tsconfig ?? (shared === undefined ? 'scripts/bundle' : '.')),
        env: { ...process.env, TMPDIR: scratch },
      },
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  if (leftOut !== undefined) {
    const place = join(out, leftOut.module);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(join(ROOT, leftOut.standIn), place);
  }
  await Promise.all(chunksOf(out).map((file) => minifyChunk(join(out, file))));
  refuseUnresolved(out);
  return out;
}

/** ncc leaves a module that it doesn't find to the run, where nothing is installed. */
function refuseUnresolved(folder: string): void {
  for (const file of ['index.js', ...chunksOf(folder)]) {
    const [, name] =
      /eval\(["']require["']\)\(["'](@sluice\/[^"']+)/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
    if (name !== undefined)
      throw new Error(`${name} was not found; is its package linked under node_modules (npm install)?`);
  }
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
