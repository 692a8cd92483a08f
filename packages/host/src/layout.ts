/** Where a host service keeps its things, and how to reach its socket. */
import { errnoCode } from '@sluice/runtime/files';
import { access, constants, mkdir, open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError, InfraError } from '@sluice/runtime/errors';

export interface HostLayout {
  stateDir: string;
  service: string;
  /** `<state-dir>/<service>`, 0700. */
  folder: string;
  socket: string;
  state: string;
  lock: string;
  logs: string;
  supervisorLog: string;
  /** `<state-dir>/bin`: copies of action bundles by the sha256 of their contents. */
  bin: string;
}

/** Longest path in a `sockaddr_un` on Linux, without the closing NUL (unix(7)). */
const SOCKET_PATH_BYTES = 107;

export function hostLayout(stateDir: string, service: string): HostLayout {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(service) || service === 'bin') {
    throw new ConfigError(
      `input \`service\`: '${service}' can't be a folder name; use up to 63 letters, digits, '.', '_' or '-' (and not 'bin')`,
    );
  }
  const root = resolve(stateDir);
  const folder = join(root, service);
  return {
    stateDir: root,
    service,
    folder,
    socket: join(folder, 'control.sock'),
    state: join(folder, 'state.json'),
    lock: join(folder, 'supervisor.lock'),
    logs: join(folder, 'logs'),
    supervisorLog: join(folder, 'logs', 'supervisor.log'),
    bin: join(root, 'bin'),
  };
}

/** `/var/lib/sluice` when this user can write there (or make it), else `~/.local/state/sluice` (XDG state home). */
export async function defaultStateDir(system = '/var/lib/sluice', home = homedir()): Promise<string> {
  for (const folder of [system, dirname(system)]) {
    try {
      await access(folder, constants.W_OK | constants.X_OK);
      return system;
    } catch (error) {
      // Only a missing folder leaves the question to its parent: one that is there and closed answers it.
      if (errnoCode(error) !== 'ENOENT') break;
    }
  }
  return join(home, '.local', 'state', 'sluice');
}

/** Makes the service's folders; only their owner may look into them. */
export async function makeFolders(layout: HostLayout): Promise<void> {
  try {
    await mkdir(layout.bin, { recursive: true, mode: 0o755 });
    await mkdir(layout.folder, { recursive: true, mode: 0o700 });
    await mkdir(layout.logs, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (['ENOSPC', 'EDQUOT', 'EIO'].includes(errnoCode(error) ?? ''))
      throw new InfraError(
        `input \`state-dir\`: the disk of ${layout.stateDir} is full (${errnoCode(error)}); make room`,
        {
          cause: error,
        },
      );
    throw new ConfigError(
      `input \`state-dir\`: ${layout.stateDir} can't be written (${errnoCode(error) ?? 'error'}); give a folder that this user owns`,
      { cause: error },
    );
  }
}

/**
 * A path by which the socket can be bound or connected to. A path too long for the kernel is reached through
 * an open descriptor of its folder (`/proc/self/fd/N/control.sock`), so that the socket stays where the
 * contract says and a long state-dir works as well. Call `close` once bound or connected.
 */
export async function reachSocket(path: string): Promise<{ path: string; close(): Promise<void> }> {
  if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES) return { path, close: async () => {} };
  if (process.platform !== 'linux') {
    throw new ConfigError(
      `input \`state-dir\`: ${path} is longer than the ${SOCKET_PATH_BYTES} bytes a socket's path may have; give a shorter one`,
    );
  }
  const folder = await open(dirname(path), 'r');
  return { path: `/proc/self/fd/${folder.fd}/${basename(path)}`, close: () => folder.close() };
}
