/**
 * A connection that does one thing: bring a range of a file into one buffer that is used again and again. Node's HTTP
 * client takes a new buffer for each 64 KiB, which at a gigabyte a second costs more than the hash. Whatever isn't a plain
 * 206 of the very range is refused, and left to the real client.
 */
import { connect as connectPlain, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectSecure, createSecureContext } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { normalizeEtag } from './content-hash.ts';

export interface RawRequest {
  url: string;
  start: number;
  /** The first byte that is no longer wanted. */
  end: number;
  stallMs: number;
  /** Beside those that every request has. */
  headers: Record<string, string>;
  /** An answer that names another is refused. */
  etag: string | null;
}

export interface RawListener {
  /** The bytes belong at `position`; the buffer is used again afterwards. May throw. */
  take(bytes: Buffer, position: number): void;
  done(): void;
  /** An answer that is not the range. */
  refused(status: number): void;
  broken(error: unknown): void;
}

const BUFFER = 1024 * 1024;
const FLUSH_FROM = 512 * 1024;
const MAX_HEAD = 64 * 1024;

/** Made once a thread: reading the authorities costs more than a handshake. */
let trusted: SecureContext | undefined;

export class RawConnection {
  readonly origin: string;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER);
  readonly #socket: Socket;
  #filled = 0;
  #request: RawRequest | undefined;
  #listener: RawListener | undefined;
  /** Where the next byte of the body belongs; undefined while the head is being read. */
  #at: number | undefined;
  #closing = false;

  constructor(url: URL) {
    this.origin = url.origin;
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const options = {
      host,
      port: Number(url.port) || (secure ? 443 : 80),
      onread: {
        buffer: () => this.#buffer.subarray(this.#filled),
        callback: (bytes: number) => {
          this.#filled += bytes;
          this.#read();
          return true;
        },
      },
    };
    this.#socket = secure
      ? connectSecure({
          ...options,
          // An address is no name that a server could be asked for (RFC 6066 section 3).
          ...(isIP(host) === 0 && { servername: host }),
          ALPNProtocols: ['http/1.1'],
          secureContext: (trusted ??= createSecureContext()),
        })
      : connectPlain(options);
    this.#socket.setNoDelay(true);
    this.#socket.on('error', (error) => this.#broke(error));
    this.#socket.on('close', () => this.#broke(new Error('the connection was closed')));
    this.#socket.on('timeout', () => {
      const { stallMs = 0 } = this.#request ?? {};
      this.#socket.destroy(new Error(`no byte came for ${stallMs / 1000} s`));
    });
  }

  get usable(): boolean {
    return !this.#closing && !this.#socket.destroyed && this.#request === undefined;
  }

  send(request: RawRequest, listener: RawListener): void {
    const url = new URL(request.url);
    this.#request = request;
    this.#listener = listener;
    this.#at = undefined;
    this.#filled = 0;
    this.#socket.setTimeout(request.stallMs);
    const more = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(
      `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\nUser-Agent: sluice-model-pull/0.1\r\n` +
        `Accept: */*\r\nAccept-Encoding: identity\r\nRange: bytes=${request.start}-${request.end - 1}\r\n${more.join('')}\r\n`,
    );
  }

  destroy(): void {
    this.#request = undefined;
    this.#listener = undefined;
    this.#socket.destroy();
  }

  #read(): void {
    const request = this.#request;
    if (!request) {
      // Bytes that nobody asked for: this connection is out of step.
      this.#socket.destroy();
      return;
    }
    if (this.#at === undefined && !this.#readHead(request)) return;
    if (this.#filled >= FLUSH_FROM || (this.#at ?? 0) + this.#filled >= request.end) this.#flush();
    if (this.#at === request.end) this.#finish((listener) => listener.done());
  }

  /** True once the head is read and is what was asked for; what follows it moves to the buffer's front. */
  #readHead(request: RawRequest): boolean {
    const length = this.#buffer.subarray(0, this.#filled).indexOf('\r\n\r\n');
    if (length < 0 && this.#filled < MAX_HEAD) return false;
    const head = parseHead(this.#buffer.toString('latin1', 0, Math.max(0, length)));
    const range = `bytes ${request.start}-${request.end - 1}/`;
    const etag = head.headers.get('etag');
    const same =
      request.etag === null || etag === undefined || normalizeEtag(etag) === normalizeEtag(request.etag);
    const fits =
      head.status === 206 &&
      same &&
      head.headers.get('content-range')?.startsWith(range) === true &&
      Number(head.headers.get('content-length')) === request.end - request.start &&
      !head.headers.has('transfer-encoding') &&
      (head.headers.get('content-encoding') ?? 'identity') === 'identity';
    if (!fits) {
      this.#finish((listener) => listener.refused(head.status));
      this.#socket.destroy();
      return false;
    }
    if (head.headers.get('connection')?.toLowerCase() === 'close') this.#closing = true;
    this.#buffer.copyWithin(0, length + 4, this.#filled);
    this.#filled -= length + 4;
    this.#at = request.start;
    return true;
  }

  #flush(): void {
    const request = this.#request;
    if (!request || this.#at === undefined || this.#filled === 0) return;
    const count = Math.min(this.#filled, request.end - this.#at);
    if (count < this.#filled) this.#closing = true;
    try {
      this.#listener?.take(this.#buffer.subarray(0, count), this.#at);
    } catch (error) {
      this.#finish((listener) => listener.broken(error));
      this.#socket.destroy();
      return;
    }
    this.#at += count;
    this.#filled = 0;
  }

  #broke(error: unknown): void {
    // What came before is worth keeping.
    this.#flush();
    this.#finish((listener) => listener.broken(error));
  }

  #finish(tell: (listener: RawListener) => void): void {
    const listener = this.#listener;
    this.#request = undefined;
    this.#listener = undefined;
    this.#socket.setTimeout(0);
    if (listener) tell(listener);
  }
}

function parseHead(text: string): { status: number; headers: Map<string, string> } {
  const [first = '', ...lines] = text.split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1] ?? 0);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status, headers };
}
