/**
 * Makes a fresh clone ready, once: `npm ci` when node_modules does not fit the lock, then the embedded engine
 * into the tool cache; then runs its arguments with the lock's Node 24. Built-ins only: it starts before anything
 * is installed, on Node 20 and newer. (No `pretest`: npm skips pre-scripts where .npmrc says ignore-scripts.)
 * Usage: node scripts/setup.mjs [program and arguments for node]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules/.sluice-setup');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

/** Runs a command with its output shown; ends this script with its exit code when it fails. */
function run(command, args, stdout = 'inherit') {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['inherit', stdout, 'inherit'] });
  if (error) process.stderr.write(`${command} could not be started: ${error.message}\n`);
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stdout.write('Installing what package-lock.json names …\n');
  // npm_execpath: the npm that runs this script, so that PATH does not matter.
  const npm = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  if (npm && npm.endsWith('.js')) run(process.execPath, [npm, ...args]);
  else run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args);
  writeFileSync(stamp, lock);
}

const locked = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin/node');
const link = join(root, 'node_modules/.bin/node');
// npm 10 leaves this link out; with it `npm run` has Node 24 first in PATH.
if (existsSync(locked) && !existsSync(link)) symlinkSync(locked, link);
const node = existsSync(locked) ? locked : process.execPath;
if (node !== locked && Number(process.versions.node.split('.')[0]) < 24) {
  process.stderr.write(
    `The lock has no Node 24 for this platform (${process.platform} ${process.arch}): run with Node 24 or newer.\n`,
  );
  process.exit(1);
}
run(node, [join(root, 'packages/inference/src/engines/embedded/install.ts')], 'ignore');

const program = process.argv.slice(2);
if (program.length > 0) run(node, program);
