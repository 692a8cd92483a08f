/** What an entry of `telemetry` means. Pure; an address may hold a login and stands in no message. */

export interface TelemetryTarget {
  kind: 'pushgateway' | 'otlp';
  /** Without a login. */
  url: string;
  /** Of the login in the address: HTTP basic authentication. */
  authorization?: string;
}

const FORMS = 'write `pushgateway:<url>` or `otlp:<url>`';
/** By these a plain URL tells what listens there: the ports that Pushgateway and OTLP over HTTP are registered for. */
const PORTS: Readonly<Record<string, TelemetryTarget['kind']>> = { '9091': 'pushgateway', '4318': 'otlp' };
const OTLP_PATH = '/v1/metrics';

/** @returns the target, or what is wrong with it without its value */
export function parseTelemetry(given: string): { target: TelemetryTarget } | { fault: string } {
  const [, scheme = '', rest = given] = /^(pushgateway|otlp):(.*)$/su.exec(given) ?? [];
  const url = URL.parse(rest);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '')
    return { fault: `is no http(s) URL without query; ${FORMS}` };
  const kind = scheme === '' ? kindOf(url) : (scheme as TelemetryTarget['kind']);
  if (kind === undefined) return { fault: `doesn't tell what listens there; ${FORMS}` };
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  const base = url.href.replace(/\/+$/u, '');
  return {
    target: {
      kind,
      url: kind === 'otlp' && !base.endsWith(OTLP_PATH) ? `${base}${OTLP_PATH}` : base,
      ...(login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    },
  };
}

function kindOf({ port, pathname }: URL): TelemetryTarget['kind'] | undefined {
  return pathname.endsWith(OTLP_PATH) ? 'otlp' : PORTS[port];
}
