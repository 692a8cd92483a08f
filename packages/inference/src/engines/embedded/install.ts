/**
 * Installs llama.cpp for the engine `embedded`: node-llama-cpp with its CPU binary only (83 MB, never CUDA or
 * Vulkan), from a lock of its own, into the tool cache. Run as a program it prints the folder:
 *
 *     node packages/inference/src/engines/embedded/install.ts
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { ConfigError, InfraError, describeError } from '@sluice/runtime/errors';
import { plainLogger, type Logger } from '@sluice/runtime/logger';
import { findProgram } from '../program.ts';
import { EMBEDDED_LOCK, EMBEDDED_LOCK_SHA, EMBEDDED_PACKAGE, EMBEDDED_VERSION } from './lock.gen.ts';

export { EMBEDDED_VERSION };

export interface InstallContext {
  log: Logger;
  env: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
}

const INSTALL_TIMEOUT_MS = 300_000;

const MEND =
  'set SLUICE_EMBEDDED to a folder that holds a ready installation, or put npm on PATH, ' +
  "or use 'engine: command' with 'engine-command'";

/**
 * The folder whose node_modules holds the engine, installed on demand. SLUICE_EMBEDDED names a ready one.
 * ConfigError when there's neither a folder nor an npm, InfraError when the registry doesn't deliver.
 */
export async function ensureEmbedded(context: InstallContext): Promise<string> {
  const arch = supportedArch();
  const named = context.env['SLUICE_EMBEDDED'] ?? '';
  if (named !== '') {
    const fault = await findFault(named, arch);
    if (fault === undefined) return named;
    throw new ConfigError(
      `SLUICE_EMBEDDED is '${named}', but ${fault}; install it again, or unset the variable`,
    );
  }
  const roots = cacheRoots(context.env);
  for (const root of roots) {
    const folder = join(root, 'sluice-embedded', EMBEDDED_LOCK_SHA, arch);
    if ((await findFault(folder, arch)) === undefined) return folder;
  }
  const npm = await findNpm(context.env, process.execPath);
  if (npm === undefined) {
    throw new ConfigError(
      `input \`engine\` is 'embedded', which isn't installed yet, and no npm was found: ${MEND}`,
    );
  }
  const parent = await firstWritable(roots.map((root) => join(root, 'sluice-embedded', EMBEDDED_LOCK_SHA)));
  return install(join(parent, arch), arch, npm, context);
}

function supportedArch(): 'x64' | 'arm64' {
  const { platform, arch } = process;
  if (platform === 'linux' && (arch === 'x64' || arch === 'arm64')) return arch;
  throw new ConfigError(
    `input \`engine\` is 'embedded', which is built for Linux on x64 and arm64; this is ${platform} on ${arch}: ` +
      "use 'engine: command' with 'engine-command'",
  );
}

/** Where installations are looked for and put, best first. */
function cacheRoots(env: NodeJS.ProcessEnv): string[] {
  const own = join(env['HOME'] ?? homedir(), '.cache', 'sluice', 'tool-cache');
  const runner = env['RUNNER_TOOL_CACHE'] ?? '';
  return runner === '' ? [own] : [runner, own];
}

/** What is wrong with an installation, or undefined when it is complete and of our version. */
async function findFault(folder: string, arch: string): Promise<string | undefined> {
  for (const name of ['node-llama-cpp', `@node-llama-cpp/linux-${arch}`]) {
    let text: string;
    try {
      text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    } catch {
      return `there is no node_modules/${name} in it`;
    }
    const { version } = JSON.parse(text) as { version?: unknown };
    if (version !== EMBEDDED_VERSION) {
      return `its ${name} is ${String(version)} where ${EMBEDDED_VERSION} is needed`;
    }
  }
  return undefined;
}

async function firstWritable(folders: readonly string[]): Promise<string> {
  let reason: unknown;
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true });
      await access(folder, constants.W_OK);
      return folder;
    } catch (error) {
      reason = error;
    }
  }
  throw new InfraError(`no folder for the embedded engine can be written: ${folders.join(', ')}`, {
    cause: reason,
  });
}

export interface NpmCommand {
  command: string;
  args: string[];
}

/** npm beside this Node (hosted tool cache, nvm), else on PATH; undefined when there is none. */
export async function findNpm(env: NodeJS.ProcessEnv, execPath: string): Promise<NpmCommand | undefined> {
  const cli = join(dirname(execPath), '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  try {
    await access(cli, constants.R_OK);
    return { command: execPath, args: [cli] };
  } catch {
    const path = (await findProgram(join(dirname(execPath), 'npm'), env)) ?? (await findProgram('npm', env));
    return path === undefined ? undefined : { command: path, args: [] };
  }
}

/** Installs beside the destination and renames: a killed install leaves no half of an engine behind. */
async function install(
  folder: string,
  arch: 'x64' | 'arm64',
  npm: NpmCommand,
  { log, env, signal }: InstallContext,
): Promise<string> {
  const building = `${folder}.${randomBytes(4).toString('hex')}.tmp`;
  log.info(`installing the embedded engine (node-llama-cpp ${EMBEDDED_VERSION}, CPU) into ${folder}`);
  try {
    await mkdir(building, { recursive: true });
    const { manifest, lock } = lockFor(arch);
    await writeFile(join(building, 'package.json'), manifest);
    await writeFile(join(building, 'package-lock.json'), lock);
    const flags = [
      'ci',
      '--omit=optional',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
    ];
    await run(npm.command, [...npm.args, ...flags], {
      cwd: building,
      env: withoutCallersNpm(env),
      timeoutMs: INSTALL_TIMEOUT_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    const fault = await findFault(building, arch);
    if (fault !== undefined) throw new InfraError(`npm ended well, but ${fault}`);
    await rename(building, folder);
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    // Another job may have been faster: its rename won, and its installation is as good as ours.
    if ((await findFault(folder, arch)) === undefined) return folder;
    if (error instanceof ConfigError) throw error;
    throw new InfraError(`the embedded engine could not be installed: ${describeError(error)}; or ${MEND}`, {
      cause: error,
    });
  }
  return folder;
}

/** The embedded lock names the x64 binary; the arm64 one is in it as an optional package and takes its place. */
export function lockFor(arch: 'x64' | 'arm64'): { manifest: string; lock: string } {
  const manifest = JSON.parse(EMBEDDED_PACKAGE) as { dependencies: Record<string, string> };
  const lock = JSON.parse(EMBEDDED_LOCK) as { packages: Record<string, Record<string, unknown>> };
  if (arch !== 'x64') {
    const wanted = `@node-llama-cpp/linux-${arch}`;
    manifest.dependencies = { [wanted]: EMBEDDED_VERSION, 'node-llama-cpp': EMBEDDED_VERSION };
    const root = lock.packages[''];
    const entry = lock.packages[`node_modules/${wanted}`];
    const other = lock.packages['node_modules/@node-llama-cpp/linux-x64'];
    if (root === undefined || entry === undefined || other === undefined) {
      throw new InfraError(`the embedded lock has no ${wanted}`);
    }
    root['dependencies'] = manifest.dependencies;
    delete entry['optional'];
    other['optional'] = true;
  }
  return { manifest: JSON.stringify(manifest), lock: JSON.stringify(lock) };
}

/**
 * The environment for npm: registry, proxy and certificates stay; what `npm run` told us about the project
 * around us goes, or this npm would work on that project.
 */
function withoutCallersNpm(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || /^INPUT_|^npm_(?!config_)|^INIT_CWD$/.test(name)) continue;
    if (/^npm_config_(?:local_prefix|prefix|global|workspaces?|omit|include|production|dry_run)$/i.test(name))
      continue;
    kept[name] = value;
  }
  return kept;
}

// In a bundle this file is a part of another: only by its own name it is a program.
if (import.meta.main && process.argv[1]?.endsWith('embedded/install.ts') === true) {
  const log = plainLogger((line) => void process.stderr.write(line));
  try {
    process.stdout.write(`${await ensureEmbedded({ log, env: process.env })}\n`);
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}
