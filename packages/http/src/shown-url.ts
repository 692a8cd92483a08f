/** An address as a log may show it. */

/** Without query, user and password: signed URLs and tokens don't belong in a log. */
export function shownUrl(url: string | URL): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname}`;
}
