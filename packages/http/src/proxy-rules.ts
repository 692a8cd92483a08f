/** Which addresses are reached without a proxy, for connections that can't use one. */
import { LOOPBACK } from './agents.ts';

/**
 * True when HTTP_PROXY, HTTPS_PROXY and NO_PROXY (either case) leave the address to a direct connection, as Node's own
 * agents do: `*`, a host, `.domain` or `*.domain`, each with or without `:port`. Where a rule is none of these (a range
 * of addresses), the answer is false: the proxy may be meant.
 */
export function isReachedDirectly(url: URL, env: NodeJS.ProcessEnv): boolean {
  const secure = url.protocol === 'https:';
  if (!secure && LOOPBACK.test(url.hostname)) return true;
  const named = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  if (named(secure ? 'HTTPS_PROXY' : 'HTTP_PROXY') === '') return true;
  const port = url.port || (secure ? '443' : '80');
  const rules = named('NO_PROXY')
    .toLowerCase()
    .split(/[\s,]+/);
  return rules.some((rule) => fits(rule, url.hostname.toLowerCase(), port));
}

function fits(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  const [, name = rule, only] = /^(.+):(\d+)$/.exec(rule) ?? [];
  if (name === '' || (only !== undefined && only !== port)) return false;
  return name.replace(/^\*/, '').startsWith('.') ? host.endsWith(name.replace(/^\*/, '')) : host === name;
}
