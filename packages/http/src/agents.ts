/** Connections that are kept, and go through the proxy that the environment names. */
import * as http from 'node:http';
import * as https from 'node:https';

const kept = { keepAlive: true, maxSockets: 1024 };

/** `proxyEnv`: HTTP_PROXY, HTTPS_PROXY and NO_PROXY, built into Node since 24.5. */
const proxied = {
  'http:': new http.Agent({ ...kept, proxyEnv: process.env }),
  'https:': new https.Agent({ ...kept, proxyEnv: process.env }),
};
const direct = new http.Agent(kept);

export const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const LINK_LOCAL = /^169\.254(?:\.\d{1,3}){2}$/;

/**
 * The agent for an address. Plain http to this machine is a server that was started beside us, and a link-local address is
 * a cloud's metadata server: no proxy could reach the one, or may be asked for the other, whatever NO_PROXY forgets.
 */
export function agentFor(url: URL): http.Agent {
  if (url.protocol === 'https:') return proxied['https:'];
  return LOOPBACK.test(url.hostname) || LINK_LOCAL.test(url.hostname) ? direct : proxied['http:'];
}
