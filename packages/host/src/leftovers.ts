/** For `operation: remove` when the supervisor has died: its model servers may still run, and nobody watches them. */
import { readFile, rm } from 'node:fs/promises';
import { withFileLock, writeFileAtomic, errnoCode } from '@sluice/runtime/files';
import { hostLayout } from './layout.ts';
import { endGroup, isRunning } from './processes.ts';
import { forgetServers, parseState } from './state.ts';

/**
 * Ends the servers that a dead supervisor left behind and forgets them, as `shutdown()` does for a live one;
 * quarantine and history stay. Gives the versions that were still running. InfraError when a supervisor holds
 * the service's lock.
 */
export async function endLeftovers(options: { stateDir: string; service: string }): Promise<string[]> {
  const layout = hostLayout(options.stateDir, options.service);
  let text: string;
  try {
    text = await readFile(layout.state, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw error;
  }
  return withFileLock(
    layout.lock,
    async () => {
      const state = parseState(text, layout.state);
      const ended: string[] = [];
      for (const { spec, process } of state.servers) {
        if (process === null) continue;
        if (await isRunning(process)) ended.push(spec.version);
        await endGroup(process, 10_000);
      }
      forgetServers(state);
      await writeFileAtomic(layout.state, JSON.stringify(state), 0o600);
      await rm(layout.socket, { force: true });
      return ended;
    },
    { timeoutMs: 1_000 },
  );
}
