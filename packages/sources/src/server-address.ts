/** The address of an API server, from an input or a variable. */
import { ConfigError } from '@sluice/runtime/errors';
import { mayCarrySecrets } from './remote-http.ts';
import type { SourceContext } from './source.ts';

/**
 * Without a trailing slash.
 *
 * @param from input or variable that holds it, for the message
 * @throws ConfigError unless it is http(s), without a user, a query or a fragment
 */
export function readServerAddress(text: string, from: string): string {
  const url = URL.parse(text.trim());
  const plain = url?.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!url || !plain || !['http:', 'https:'].includes(url.protocol))
    throw new ConfigError(`${from} is no address of a server; write https://host or https://host/path`);
  return url.href.replace(/\/+$/, '');
}

export function warnOfPlainHttp(address: string, whose: string, context: Pick<SourceContext, 'log'>): void {
  const url = new URL(address);
  if (!mayCarrySecrets(url))
    context.log.warning(`${whose} credentials travel over plain http to ${url.host}; use https`);
}

/** A variable's value; an empty one counts as not set. */
export function variable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}
