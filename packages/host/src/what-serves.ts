/** Which release a host service gives to its users now, asked without changing anything. */
import { connectHost } from './client.ts';
import { hostLayout } from './layout.ts';
import { readStoredState } from './state.ts';
import type { ServerSpec } from './types.ts';

export interface Serving {
  spec: ServerSpec;
  /** false: the supervisor is away, and state.json says what it will serve again. */
  running: boolean;
}

/** The stable version; null when there is no such service, or it serves nothing. */
export async function whatServes(stateDir: string, service: string): Promise<Serving | null> {
  const client = await connectHost({ stateDir, service });
  if (client) {
    const { servers, stable } = await client.status();
    const server = servers.find(({ version }) => version === stable);
    return server ? { spec: server.spec, running: true } : null;
  }
  const state = await readStoredState(hostLayout(stateDir, service).state, service);
  const server = state?.servers.find(({ spec }) => spec.version === state.stable);
  return server ? { spec: server.spec, running: false } : null;
}
