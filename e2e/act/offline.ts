/**
 * Runs this program again in a network namespace of its own, where only loopback is: what then passes needs no
 * network, because there is none. Needs root (or user namespaces) and Linux; told when it can't be had.
 */
import { spawnSync } from 'node:child_process';

const MARK = 'SLUICE_ACT_OFFLINE';

/** Whether this process is already the one without network. */
export function isOffline(): boolean {
  return process.env[MARK] === '1';
}

/** Brings loopback up in a new namespace, then becomes the command. Python: `ip` is not on every machine. */
const BRING_UP = `
import fcntl, os, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(s, 0x8914, struct.pack('16sh22x', b'lo', 0x49))  # SIOCSIFFLAGS: up, loopback, running
os.execvp(sys.argv[1], sys.argv[1:])
`;

/** Ways to a namespace, best first: as root, in a user namespace, by sudo (hosted runners). */
const WAYS = [
  ['unshare', '--net'],
  ['unshare', '--net', '--map-root-user'],
  [
    'sudo',
    '--non-interactive',
    '--preserve-env',
    'env',
    `PATH=${process.env['PATH'] ?? ''}`,
    'unshare',
    '--net',
  ],
];

function inNamespace(
  way: readonly string[],
  command: readonly string[],
): { program: string; args: string[] } {
  const [program = '', ...args] = [...way, 'python3', '-c', BRING_UP, ...command];
  return { program, args };
}

/** A way to a namespace without network that works here; undefined when there is none. */
function findWay(): readonly string[] | undefined {
  return WAYS.find((way) => {
    const { program, args } = inNamespace(way, ['true']);
    return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  });
}

/** Runs `script` again without network and ends this process with its exit code; returns when that can't be had. */
export function goOffline(script: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const way = findWay();
  if (way === undefined) return;
  const { program, args: all } = inNamespace(way, [process.execPath, script, ...args]);
  const { status } = spawnSync(program, all, {
    stdio: 'inherit',
    env: { ...process.env, ...env, [MARK]: '1' },
  });
  process.exit(status ?? 1);
}
