/** The `listen` input: `host:port`, `[::1]:port` or `:port`. */
import { ConfigError } from '@sluice/runtime/errors';

export interface ListenAddress {
  host: string;
  port: number;
}

export function parseListen(text: string): ListenAddress {
  const found = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[^[\]:]*)):(?<port>\d{1,5})$/.exec(text.trim());
  const port = Number(found?.groups?.['port'] ?? Number.NaN);
  if (found === null || !(port >= 1 && port <= 65_535)) {
    throw new ConfigError(`input \`listen\`: '${text}' is not host:port; write for example 127.0.0.1:8080`);
  }
  // Without a host: this machine only. To serve others is said in so many words, as 0.0.0.0:8080.
  return { host: found.groups?.['six'] ?? (found.groups?.['name'] || '127.0.0.1'), port };
}
