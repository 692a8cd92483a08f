/**
 * Makes a fresh clone ready, once: `npm ci` when node_modules does not fit the lock, then the embedded engine
 * into the tool cache. Built-ins only: it runs before anything is installed, on Node 20 and newer.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules/.sluice-setup');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

/** Runs a command with its output shown; ends this script with its exit code when it fails. */
function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env });
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

const node = join(root, 'node_modules/.bin/node');
if (!existsSync(node)) {
  process.stderr.write(
    `This platform (${process.platform} ${process.arch}) has no Node 24 in the lock; run with Node 24 yourself.\n`,
  );
  if (Number(process.versions.node.split('.')[0]) < 24) process.exit(1);
}
run(existsSync(node) ? node : process.execPath, [join(root, 'packages/inference/src/embedded-install.ts')]);
