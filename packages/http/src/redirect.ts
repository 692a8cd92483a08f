/** What a redirect may lead to, and what of a request goes with it: pure functions. */
import { InfraError } from '@sluice/runtime/errors';
import { shownUrl } from './shown-url.ts';

interface Asked {
  method?: string;
  headers?: Record<string, string>;
  body?: unknown;
}

/** What waiting won't mend: it is told at once, not tried again. */
export class RefusedRedirect extends InfraError {}

/** Where a redirect leads; RefusedRedirect when it leads down from https, or nowhere that is http at all. */
export function redirectTarget(from: URL, location: string): URL {
  const to = URL.parse(location, from.href);
  const refuse = (why: string): never => {
    throw new RefusedRedirect(`${shownUrl(from)} redirects to ${why}, which is refused`);
  };
  if (to === null) return refuse('no address');
  if (to.protocol !== 'https:' && to.protocol !== 'http:') return refuse(`a ${to.protocol} address`);
  if (from.protocol === 'https:' && to.protocol === 'http:') return refuse(`plain http (${to.host})`);
  return to;
}

/** Headers that a caller wrote for one origin are not another's to read. */
export function withoutCredentials<T extends Asked>(options: T): T {
  const kept = Object.entries(options.headers ?? {}).filter(
    ([name]) => !['authorization', 'cookie', 'proxy-authorization'].includes(name.toLowerCase()),
  );
  return { ...options, headers: Object.fromEntries(kept) };
}

/** 303 See Other: the answer to a POST is fetched by GET (RFC 9110 section 15.4.4). */
export function asGet<T extends Asked>(options: T): T {
  const asked = { ...options, method: options.method === 'HEAD' ? 'HEAD' : 'GET' };
  delete asked.body;
  return asked;
}
