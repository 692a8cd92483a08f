/** Ends what main left, with `keep-running` or because it was killed: the server, its container, its lease. */
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

/** Each is tried, whatever becomes of the others; the lease goes last, when the GPU is free. */
export async function post(state: Readonly<Record<string, unknown>>, context: ActionContext): Promise<void> {
  const failures: unknown[] = [];
  for (const end of [endServer, endContainer, endLease]) {
    await end(state, context).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
}

type Ending = (state: Readonly<Record<string, unknown>>, context: ActionContext) => Promise<void>;

const endServer: Ending = async (state, { log }) => {
  const server = readSaved(state['server']);
  if (server === undefined || server.startTime === '') return;
  if (await endGroup(server.pid, GRACE_MS, server.startTime))
    log.info(`ended the server (process ${server.pid})`);
};

const endContainer: Ending = async (state, { env, log }) => {
  const name = field(state['container'], 'name');
  if (name === undefined || !name.startsWith('sluice-')) return;
  const { removeContainer } = await import('@sluice/inference/containers/container');
  const { dockerEnvironment } = await import('@sluice/inference/containers/docker');
  if (await removeContainer(name, dockerEnvironment(env))) log.info(`removed the container ${name}`);
};

const endLease: Ending = async (state) => {
  const folder = field(state['lease'], 'folder');
  const id = field(state['lease'], 'id');
  if (folder === undefined || id === undefined) return;
  const { releaseLease } = await import('@sluice/inference/gpus/lease');
  await releaseLease({ folder, id });
};

function field(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function readSaved(value: unknown): SavedServer | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startTime' in value))
    return undefined;
  const { pid, startTime } = value;
  return typeof pid === 'number' && pid > 1 && typeof startTime === 'string' ? { pid, startTime } : undefined;
}
