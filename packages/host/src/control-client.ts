/** One JSON message over a service's control socket. */
import { errnoCode } from '@sluice/runtime/files';
import { request as httpRequest } from 'node:http';
import type { RequestOptions } from 'node:http';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { reachSocket } from './layout.ts';

/** Thrown when nobody listens: the service is not there (any more). */
export class NoHostError extends InfraError {
  override readonly name = 'NoHostError';
}

/** The service was there and ended before it answered: whether it has done what was asked is unknown. */
export class HostGoneError extends InfraError {
  override readonly name = 'HostGoneError';
}

/** For orders that are carried out at once. A supervisor that takes longer hangs. */
const ANSWER_MS = 30_000;

/**
 * Sends `body` as JSON and gives the parsed answer. Errors come back as the class they were thrown with:
 * ConfigError or InfraError; NoHostError when nobody listens on the socket, HostGoneError when it ends. `timeoutMs` 0: waits without limit.
 */
export async function controlRequest(
  socket: string,
  method: string,
  path: string,
  body?: unknown,
  timeoutMs = ANSWER_MS,
): Promise<unknown> {
  const reach = await reachSocket(socket).catch((error: unknown) => {
    if (errnoCode(error) === 'ENOENT') throw new NoHostError(`${socket} is not there`);
    throw error;
  });
  try {
    const { status, text } = await exchange(
      { socketPath: reach.path, method, path, timeout: timeoutMs },
      body,
    );
    const value: unknown = JSON.parse(text);
    if (status < 400) return value;
    const { kind, message } = readFault(value, status);
    throw kind === 'config' ? new ConfigError(message) : new InfraError(message);
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      throw new NoHostError(`nobody listens on ${socket}`, { cause: error });
    }
    if (code === 'EACCES') {
      throw new ConfigError(
        `input \`state-dir\`: ${socket} belongs to another user; run as the user who started the service`,
      );
    }
    if (code !== undefined) {
      throw new HostGoneError(`the host service at ${socket} went away (${code})`, { cause: error });
    }
    throw error;
  } finally {
    await reach.close();
  }
}

function exchange(options: RequestOptions, body: unknown): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const request = httpRequest({ ...options, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 500, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('timeout', () =>
      request.destroy(
        new InfraError(
          `the host service did not answer within ${options.timeout} ms; is its supervisor stopped?`,
        ),
      ),
    );
    request.on('error', reject);
    request.end(text);
  });
}

function readFault(value: unknown, status: number): { kind: unknown; message: string } {
  const error =
    typeof value === 'object' && value !== null && 'error' in value
      ? (value.error as Record<string, unknown>)
      : {};
  const message = error['message'];
  return {
    kind: error['kind'],
    message: typeof message === 'string' ? message : `control answered ${status}`,
  };
}
