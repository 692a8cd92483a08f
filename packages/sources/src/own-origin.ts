/** Secrets go to the server that they are meant for: at another origin (scheme, host, port), by redirect or by link, there are none. */

/** For `RemoteRequest.authorize`: these headers at `home`'s origin alone. */
export function headersAt(
  home: string | URL,
  headers: Readonly<Record<string, string>>,
): (hop: URL) => Record<string, string> {
  const { origin } = new URL(home);
  return (hop) => (hop.origin === origin ? { ...headers } : {});
}

/** The same for one `authorization`; none where there is none. */
export function authorizationAt(
  home: string | URL,
  authorization: string | undefined,
): (hop: URL) => Record<string, string> {
  return headersAt(home, authorization === undefined ? {} : { authorization });
}
