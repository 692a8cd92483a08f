/** Free loopback ports for servers that are about to be started. */
import { createServer } from 'node:net';

/** Ports given out in this process: the kernel may offer one again before its server has bound it. */
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
      });
    });
    if (given.has(port)) continue;
    given.add(port);
    if (given.size > 1_000) given.clear();
    return port;
  }
}

/** Whether nobody listens on this loopback port. */
export async function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
