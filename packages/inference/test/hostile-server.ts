/** A loopback server that answers each path as the test says, byte by byte. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export type Reply = (
  response: ServerResponse,
  request: IncomingMessage,
  body: string,
) => void | Promise<void>;

export interface HostileServer {
  origin: string;
  /** Bodies of the requests, in their order. */
  bodies: string[];
  reply(reply: Reply): void;
  close(): Promise<void>;
}

export async function startHostile(): Promise<HostileServer> {
  let current: Reply = (response) => void response.end();
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const body = Buffer.concat(parts).toString('utf8');
      bodies.push(body);
      await current(response, request, body);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    bodies,
    reply(reply) {
      current = reply;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** An event stream written in the given pieces, a moment apart. */
export const stream =
  (...pieces: (string | Uint8Array | number)[]): Reply =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (const piece of pieces) {
      if (typeof piece === 'number') await new Promise((resolve) => setTimeout(resolve, piece));
      else response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    response.end();
  };

export const chunk = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
export const content = (text: string | null, finish: string | null = null): string =>
  chunk({ choices: [{ index: 0, delta: { content: text }, finish_reason: finish }] });
export const DONE = 'data: [DONE]\n\n';
