/**
 * Vault's HTTP API (OpenBao's is the same), as far as reading a secret needs it. Tokens travel as `Authorization: Bearer`,
 * which Vault takes like `X-Vault-Token`, and to the one address that was given: redirects (of a standby node) are refused.
 */
import { request } from '@sluice/http/client';
import type { HttpResponse } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import type { Logger } from '@sluice/runtime/logger';

export interface VaultContext {
  env: NodeJS.ProcessEnv;
  log: Logger;
  signal: AbortSignal;
  addSecret(value: string): void;
}

export interface VaultAnswer {
  status: number;
  body: Record<string, unknown>;
  /** `errors` and `warnings` of the answer, on one line. */
  said: string;
}

/** A secrets engine that is starting, sealed or without a leader may be back in seconds. */
const RETRIES = 2;
const MOST_SAID = 300;

export class VaultClient {
  /** Without a trailing slash. */
  readonly address: string;
  readonly #namespace: string;
  readonly #context: VaultContext;

  /** `address`: input `vault-address`, else `VAULT_ADDR`; `VAULT_NAMESPACE` is honoured. */
  constructor(address: string | undefined, context: VaultContext) {
    const given = address ?? context.env['VAULT_ADDR'] ?? '';
    const url = URL.parse(given);
    const from = address === undefined ? '`VAULT_ADDR`' : 'input `vault-address`';
    if (
      !url ||
      !/^https?:$/.test(url.protocol) ||
      url.username !== '' ||
      url.search !== '' ||
      url.hash !== ''
    )
      throw new ConfigError(`${from} is no address of a Vault; write https://host:8200`);
    if (url.protocol === 'http:' && !/^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
      context.log.warning(`secrets of Vault travel over plain http from ${url.host}; use https`);
    this.address = url.href.replace(/\/+$/, '').replace(/\/v1$/, '');
    this.#namespace = context.env['VAULT_NAMESPACE'] ?? '';
    this.#context = context;
  }

  /** @param path below `/v1/`; each part is encoded here */
  get(path: string, token: string): Promise<VaultAnswer> {
    return this.#send(path, { method: 'GET', token });
  }

  post(path: string, body: unknown, token?: string): Promise<VaultAnswer> {
    return this.#send(path, { method: 'POST', body: JSON.stringify(body), ...(token && { token }) });
  }

  async #send(path: string, asked: { method: string; body?: string; token?: string }): Promise<VaultAnswer> {
    const url = new URL(`${this.address}/v1/${path.split('/').map(encodeURIComponent).join('/')}`);
    const response = await request(url, {
      method: asked.method,
      headers: {
        // Vault's own guard against request forgery; an agent may insist on it.
        'x-vault-request': 'true',
        ...(this.#namespace !== '' && { 'x-vault-namespace': this.#namespace }),
        ...(asked.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(asked.body !== undefined && { body: asked.body }),
      ...(asked.token !== undefined && { token: { value: asked.token, origin: url.origin } }),
      redirects: 'manual',
      retries: RETRIES,
      signal: this.#context.signal,
      log: this.#context.log,
    });
    if (response.status >= 300 && response.status < 400) {
      const to = URL.parse(response.headers['location'] ?? '', url.href)?.origin ?? 'nowhere';
      response.body.resume();
      throw new ConfigError(
        `Vault at ${this.address} redirects to ${to}, where no token is sent unasked; name the active node's address in \`vault-address\``,
      );
    }
    return readAnswer(response, this.address);
  }
}

async function readAnswer(response: HttpResponse, address: string): Promise<VaultAnswer> {
  const text = await response.text();
  let body: unknown = {};
  try {
    if (text !== '') body = JSON.parse(text);
  } catch {
    throw new InfraError(`${address} answers HTTP ${response.status} and no JSON; is it a Vault?`);
  }
  const fields = recordOf(body);
  const said = [fields['errors'], fields['warnings']]
    .flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))
    .map((each) => String(each).replace(/\s+/g, ' ').trim())
    .join('; ')
    .slice(0, MOST_SAID);
  return { status: response.status, body: fields, said };
}

/** An object's fields; of anything else, none. */
export function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
