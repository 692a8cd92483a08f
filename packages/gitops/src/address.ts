/** Where the GitOps repository is, and what in it is ours to change. Pure. */
import { posix } from 'node:path';
import { ConfigError } from '@sluice/runtime/errors';

export interface GitAddress {
  /** As Git takes it; without credentials. */
  url: string;
  /** Where a token may go; undefined where the address takes none (ssh, file). */
  origin: string | undefined;
  /** For people. */
  shown: string;
  /** `owner/name`, where pull requests can be asked for. */
  slug: string | undefined;
}

/** A branch as `git check-ref-format` takes it, without what a command line could take for an option. */
const BRANCH = /^(?![-./])(?!.*(\.\.|\/\/|@\{|\.lock(\/|$)|\/\.))[^\s~^:?*[\\\x00-\x1f\x7f]{1,200}(?<![./])$/;
const SLUG = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9_.][\w.-]*$/;

/**
 * @param text `owner/name` on the server of this workflow, or a URL (https, ssh, file)
 * @param server `GITHUB_SERVER_URL`
 * @throws ConfigError
 */
export function parseAddress(text: string, server: string): GitAddress {
  const fault = (why: string): ConfigError =>
    new ConfigError(
      `input \`gitops-repository\` = ${JSON.stringify(redacted(text))} ${why}; give owner/name, or an https, ssh or file URL`,
    );
  if (SLUG.test(text)) return onServer(new URL(`${text}.git`, `${server}/`), text);
  const ssh = /^([\w.-]+)@([\w.-]+):([\w./~-]+)$/.exec(text);
  if (ssh !== null) return { url: text, origin: undefined, shown: text, slug: undefined };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw fault('is no address');
  }
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:'))
    throw fault('holds credentials, which would stand in logs; give them as `gitops-token`');
  if (url.search !== '' || url.hash !== '') throw fault('has a query or a fragment');
  switch (url.protocol) {
    case 'https:':
      return onServer(url, slugOf(url, server));
    case 'http:':
      if (!['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname))
        throw fault('goes over plain http, where a token can be read on the way');
      return onServer(url, slugOf(url, server));
    case 'ssh:':
    case 'file:':
      return { url: url.href, origin: undefined, shown: text, slug: undefined };
    default:
      throw fault(`is of a scheme that is not allowed (${url.protocol})`);
  }
}

function onServer(url: URL, slug: string | undefined): GitAddress {
  return { url: url.href, origin: url.origin, shown: slug ?? url.href, slug };
}

function slugOf(url: URL, server: string): string | undefined {
  const base = new URL(`${server}/`);
  if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return undefined;
  const slug = url.pathname
    .slice(base.pathname.length)
    .replace(/\.git$/, '')
    .replace(/\/$/, '');
  return SLUG.test(slug) ? slug : undefined;
}

function redacted(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//***@');
}

/** @throws ConfigError */
export function parseBranch(text: string): string {
  if (BRANCH.test(text)) return text;
  throw new ConfigError(
    `input \`gitops-branch\` = ${JSON.stringify(text)} is no name of a branch; give one such as main`,
  );
}

/** A file or folder inside the repository, '' for all of it. @throws ConfigError for what leads out of it */
export function parsePath(text: string): string {
  const fault = (why: string): ConfigError =>
    new ConfigError(
      `input \`gitops-path\` = ${JSON.stringify(text)} ${why}; give a path inside the repository, such as apps/llm`,
    );
  if (/[\x00-\x1f\x7f\\]/.test(text)) throw fault('holds characters that no path here has');
  if (posix.isAbsolute(text)) throw fault('begins at the root of the machine');
  const path = posix.normalize(text === '' ? '.' : text).replace(/\/$/, '');
  if (path.split('/').some((part) => part === '..')) throw fault('leads out of it');
  if (path.split('/').some((part) => part.toLowerCase() === '.git')) throw fault('leads into Git itself');
  if (path.startsWith(':') || path.startsWith('-'))
    throw fault('begins with a character that Git takes otherwise');
  return path === '.' ? '' : path;
}
