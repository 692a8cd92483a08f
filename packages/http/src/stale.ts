/** A kept connection that the server closed just as it was used again: nobody's failure. */
import type { ClientRequest } from 'node:http';

/** Node's own advice for such a request is to send it again; the new one gets a connection of its own, or another kept one. */
export function isStale(outgoing: ClientRequest, error: Error): boolean {
  return outgoing.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
}
