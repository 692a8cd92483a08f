/** `/{id}/resolve/{revision}/{path}` on the hub's origin, and the signed addresses of the CDN origin. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer } from './answer.ts';
import { failure } from './answer.ts';
import { withCommit } from './api.ts';
import type { StoredFile, StoredRepository } from './repository.ts';

const SIGNING_KEY = 'fixture-cdn';

export interface Places {
  hubUrl: string;
  cdnUrl: string;
  xetUrl: string;
}

/** Small files come from the hub itself, LFS files by a redirect to the CDN. */
export function answerResolve(
  repository: StoredRepository,
  revision: string,
  path: string,
  places: Places,
): Answer {
  return withCommit(repository, revision, (commit) => {
    const commitHeader = { 'X-Repo-Commit': commit.id };
    const file = commit.files.get(path);
    if (!file) return failure(404, 'EntryNotFound', 'Entry not found', commitHeader);
    if (!file.lfs) {
      return {
        status: 200,
        headers: {
          ...commitHeader,
          ETag: `"${file.oid}"`,
          'Content-Type': path.endsWith('.json') ? 'application/json' : 'text/plain; charset=utf-8',
          'Content-Disposition': `inline; filename*=UTF-8''${encodeURIComponent(path.split('/').at(-1) ?? path)}`,
        },
        body: file.bytes,
        ranged: true,
      };
    }
    return {
      status: 302,
      headers: {
        ...commitHeader,
        'X-Linked-Etag': `"${file.lfs.sha256}"`,
        'X-Linked-Size': String(file.size),
        ...(file.xetHash !== undefined && xetHeaders(file.xetHash, repository.id, commit.id, places)),
        Location: signedUrl(places.cdnUrl, file.lfs.sha256),
      },
    };
  });
}

/** The CDN knows contents by hash, and only answers addresses that the hub signed. */
export function answerCdn(url: URL, contents: Map<string, StoredFile>): Answer {
  const sha256 = url.pathname.slice('/repos/'.length);
  const file = contents.get(sha256);
  const signature = Buffer.from(url.searchParams.get('Signature') ?? '');
  const expected = Buffer.from(sign(sha256));
  if (!file || signature.length !== expected.length || !timingSafeEqual(signature, expected)) {
    return {
      status: 403,
      headers: { 'Content-Type': 'application/xml' },
      body: Buffer.from('<Error><Code>AccessDenied</Code></Error>'),
    };
  }
  return {
    status: 200,
    headers: { ETag: `"${sha256.slice(0, 32)}-1"`, 'Content-Type': 'application/octet-stream' },
    body: file.bytes,
    ranged: true,
  };
}

/** What tells huggingface_hub of the Xet storage. */
function xetHeaders(
  hash: string,
  id: string,
  commit: string,
  { hubUrl, xetUrl }: Places,
): Record<string, string> {
  const auth = `${hubUrl}/api/models/${id}/xet-read-token/${commit}`;
  const info = `${xetUrl}/v1/reconstructions/${hash}`;
  return { 'X-Xet-Hash': hash, Link: `<${auth}>; rel="xet-auth", <${info}>; rel="xet-reconstruction-info"` };
}

function signedUrl(cdnUrl: string, sha256: string): string {
  return `${cdnUrl}/repos/${sha256}?Expires=4102444800&Signature=${sign(sha256)}`;
}

function sign(sha256: string): string {
  return createHmac('sha256', SIGNING_KEY).update(sha256).digest('hex');
}
