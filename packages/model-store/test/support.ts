/** What model-pull's wiring does between the hub's client and the store. */
import type { ByteRange, OpenedBody } from '@sluice/model-store/transfer';
import type { HubClient } from '@sluice/sources/hub-client';

export async function openHubFile(
  client: HubClient,
  repo: string,
  commit: string,
  path: string,
  range: ByteRange | undefined,
  signal: AbortSignal,
): Promise<OpenedBody> {
  const opened = await client.openFile(repo, commit, path, range?.start ?? 0, signal, range?.end);
  return { body: opened.response.body, whole: opened.response.status !== 206 };
}
