/** The releases that a host service remembers, asked without changing anything. */
import type { StoredReleases } from '@sluice/release/stored-releases';
import { connectHost } from './client.ts';
import { hostLayout } from './layout.ts';
import { readStoredState } from './state.ts';

/**
 * Of the supervisor, or of state.json where that is away.
 *
 * @returns undefined where there never was such a service
 * @throws InfraError for a state that can't be read
 */
export async function hostReleases(stateDir: string, service: string): Promise<StoredReleases | undefined> {
  const client = await connectHost({ stateDir, service });
  const known = client
    ? await client.status()
    : await readStoredState(hostLayout(stateDir, service).state, service);
  if (known === undefined) return undefined;
  const { stable, history, quarantine } = known;
  const quarantined = quarantine.map(({ releaseDigest }) => releaseDigest);
  return { origin: `service ${service}`, stable, history, quarantined };
}
