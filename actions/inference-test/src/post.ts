/** Ends the server that main left: with `keep-running`, or because main was killed. */
import { endGroup } from '@sluice/process/group';
import type { ActionContext } from '@sluice/runtime/action';
import { processStartTime } from '@sluice/runtime/files';

export interface SavedServer {
  pid: number;
  /** Tells this process from another that got its number later. */
  startTime: string;
}

const GRACE_MS = 10_000;

export async function describeServer(pid: number): Promise<SavedServer> {
  return { pid, startTime: (await processStartTime(pid)) ?? '' };
}

export async function post(state: Readonly<Record<string, unknown>>, { log }: ActionContext): Promise<void> {
  const server = readSaved(state['server']);
  if (server === undefined || server.startTime === '') return;
  if (await endGroup(server.pid, GRACE_MS, server.startTime))
    log.info(`ended the server (process ${server.pid})`);
}

function readSaved(value: unknown): SavedServer | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value))
    return undefined;
  const { pid, startTime } = value;
  return typeof pid === 'number' && pid > 1 && typeof startTime === 'string' ? { pid, startTime } : undefined;
}
