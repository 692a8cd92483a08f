/** Waiting for a controller, with its own words when it doesn't come. */
import { waitUntil } from '@sluice/kubernetes/wait-until';
import { InfraError } from '@sluice/runtime/errors';
import type { ControllerContext } from './controller.ts';

/** What one look says: `true` it is so; a text is the reason why not yet. */
export type Told = true | string;

/** @throws InfraError with the last reason when the time is over */
export async function untilTold(
  { signal, startupTimeoutMs }: Pick<ControllerContext, 'signal' | 'startupTimeoutMs'>,
  what: string,
  look: () => Promise<Told>,
): Promise<void> {
  const { done, why } = await waitUntil(
    async () => {
      const told = await look();
      return { done: told === true, why: told };
    },
    startupTimeoutMs,
    signal,
  );
  if (!done) throw new InfraError(`${what}: not within ${Math.round(startupTimeoutMs / 1_000)} s (${why})`);
}
