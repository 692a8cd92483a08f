/** What an entry of `notify` means. Pure; the entries are secrets and stand in no message. */

export type NotifyTarget =
  | { kind: 'slack' | 'teams' | 'alertmanager'; url: string }
  | { kind: 'webhook'; url: string; secret?: string }
  | { kind: 'pagerduty'; url: string; key: string };

const PAGERDUTY = 'https://events.pagerduty.com/v2/enqueue';
const FORMS =
  'write a URL, `slack:<url>`, `teams:<url>`, `pagerduty:<key>`, `alertmanager:<url>` or `webhook:<url>#<secret>`';

/** Services that a plain URL tells by its host. */
const KNOWN_HOSTS: readonly [RegExp, 'slack' | 'teams'][] = [
  [/^hooks\.slack(?:-gov)?\.com$/u, 'slack'],
  [/(?:^|\.)(?:webhook\.office\.com|logic\.azure\.com|api\.powerplatform\.com)$/u, 'teams'],
];

/** @returns the target, or what is wrong with it without its value */
export function parseTarget(given: string): { target: NotifyTarget } | { fault: string } {
  const [, scheme = '', rest = ''] =
    /^(slack|teams|pagerduty|alertmanager|webhook):(.*)$/su.exec(given) ?? [];
  if (scheme === 'pagerduty') return parsePagerDuty(rest);
  const [address, secret] = scheme === 'webhook' ? splitSecret(rest) : [scheme === '' ? given : rest];
  const url = URL.parse(address);
  if (url === null || !['https:', 'http:'].includes(url.protocol))
    return { fault: `${scheme === '' ? 'is no URL' : `has no http(s) URL behind ${scheme}:`}; ${FORMS}` };
  if (scheme === 'slack' || scheme === 'teams') return { target: { kind: scheme, url: url.href } };
  if (scheme === 'alertmanager') return { target: { kind: scheme, url: alertsUrl(url) } };
  if (scheme === 'webhook' || scheme === '') {
    const known = scheme === '' ? KNOWN_HOSTS.find(([host]) => host.test(url.hostname))?.[1] : undefined;
    if (known !== undefined) return { target: { kind: known, url: url.href } };
    if (secret === '') return { fault: 'has an empty secret behind #; leave the # out for no signature' };
    return { target: { kind: 'webhook', url: url.href, ...(secret === undefined ? {} : { secret }) } };
  }
  return { fault: `is of no known kind; ${FORMS}` };
}

/** Every part of a target that nobody may read: the key or secret, and the address, whose path mostly is one. */
export function secretsOf(target: NotifyTarget): string[] {
  const url = new URL(target.url);
  const path = `${url.pathname}${url.search}`;
  const hidden = [
    url.password,
    ...(path.length > 8 && target.kind !== 'alertmanager' ? [path, target.url] : []),
  ];
  if (target.kind === 'pagerduty') return [target.key];
  if (target.kind === 'webhook' && target.secret !== undefined) hidden.push(target.secret);
  return hidden.filter((secret) => secret !== '');
}

/** `pagerduty:<key>`, or `pagerduty:<key>@<url>` for another address than PagerDuty's own in the US. */
function parsePagerDuty(rest: string): { target: NotifyTarget } | { fault: string } {
  const [, key = '', other] = /^([A-Za-z0-9]{32})(?:@(https?:\/\/\S+))?$/u.exec(rest) ?? [];
  if (key === '')
    return {
      fault:
        'has no integration key behind pagerduty: (32 letters and digits of an Events API v2 integration)',
    };
  return { target: { kind: 'pagerduty', url: other ?? PAGERDUTY, key } };
}

function splitSecret(text: string): [string, string?] {
  const at = text.indexOf('#');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** The server's address or that of its API, with whatever prefix it is served under. */
function alertsUrl(url: URL): string {
  const base = url.href.replace(/\/+$/u, '');
  return base.endsWith('/api/v2/alerts') ? base : `${base.replace(/\/api\/v2$/u, '')}/api/v2/alerts`;
}
