/** TLS before a plain server, and a proxy that opens tunnels (CONNECT): both on loopback, both saying what came by. */
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createSecureServer } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface Front {
  port: number;
  /** Connections that came, and for the proxy the authorities asked for. */
  seen: string[];
  close(): Promise<void>;
}

/** Ends TLS and passes the bytes on to the port that `target` gives at each connection. */
export async function startTlsFront(certificate: Certificate, target: () => number): Promise<Front> {
  const seen: string[] = [];
  const server = createSecureServer({ ...certificate, ALPNProtocols: ['http/1.1'] }, (socket) => {
    seen.push(socket.servername || 'no name');
    join(socket, connect(target(), '127.0.0.1'));
  });
  return listen(server, seen);
}

/** Every tunnel leads to the port that `resolve` gives for its authority, so that names need not exist. */
export async function startProxy(resolve: (authority: string) => number): Promise<Front> {
  const seen: string[] = [];
  const server = createServer((_, response) => response.writeHead(405).end());
  server.on('connect', ({ url = '' }, socket: Duplex, head: Buffer) => {
    seen.push(url);
    const there = connect(resolve(url), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      there.write(head);
    });
    join(socket, there);
  });
  return listen(server, seen);
}

function join(one: Duplex, other: Socket): void {
  one.on('error', () => other.destroy()).on('close', () => other.destroy());
  other.on('error', () => one.destroy()).on('close', () => one.destroy());
  one.pipe(other).pipe(one);
}

async function listen(server: Server, seen: string[]): Promise<Front> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket.on('close', () => open.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
