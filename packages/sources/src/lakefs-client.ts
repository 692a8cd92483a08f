/** lakeFS's REST API (api/swagger.yml of its repository, version 1), as far as reading a commit's objects needs it. */
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, saidBy } from './json-api.ts';
import type { JsonAnswer } from './json-api.ts';
import { arrayOf, bytesOf, fieldsOf, textOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import type { LakefsServer } from './lakefs-access.ts';
import { authorizationAt } from './own-origin.ts';
import { fetchRemote, rangeHeader, takeBody } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { ByteRange, OpenedBody } from './source.ts';

export interface LakefsObject {
  path: string;
  bytes: number | null;
  /** lakeFS's own: an md5 in hex for what was put in one piece, else the object store's ETag. */
  checksum: string;
}

const PAGE = 1000;
const MAX_OBJECTS = 100_000;
const NAMES_SHOWN = 8;

export class LakefsClient {
  readonly server: LakefsServer;
  readonly #context: RequestContext;
  readonly authorize: (url: URL) => Record<string, string>;

  constructor(server: LakefsServer, context: RequestContext) {
    this.server = server;
    this.#context = context;
    this.authorize = authorizationAt(server.url, server.authorization);
  }

  /** The commit that a branch, tag or commit id stands for. */
  async commitOf(repository: string, ref: string): Promise<string> {
    const what = `lakefs://${repository}/${ref}`;
    const answer = await this.#get(`${at(repository, ref)}/commits`, { amount: '1', limit: 'true' });
    if (answer.status === 404) throw await this.#missing(repository, ref);
    const [commit] = arrayOf(this.#good(answer, what)['results'], what);
    if (commit === undefined) throw new ConfigError(`${what} has no commit yet; commit its objects first`);
    return textOf(fieldsOf(commit, what)['id'], what, 'id');
  }

  /** Whether a branch holds changes that no commit has; false for a tag or a commit. */
  async hasUncommitted(repository: string, branch: string): Promise<boolean> {
    const path = `repositories/${encodeURIComponent(repository)}/branches/${encodeURIComponent(branch)}/diff`;
    const { status, fields } = await this.#get(path, { amount: '1' });
    return status === 200 && Array.isArray(fields['results']) && fields['results'].length > 0;
  }

  /** One object; undefined where there is none of this name. */
  async stat(repository: string, ref: string, path: string): Promise<LakefsObject | undefined> {
    const what = `lakefs://${repository}/${ref}/${path}`;
    const answer = await this.#get(`${at(repository, ref)}/objects/stat`, { path });
    return answer.status === 404 ? undefined : readObject(this.#good(answer, what), what);
  }

  /** Every object below a prefix. */
  async list(repository: string, ref: string, prefix: string): Promise<LakefsObject[]> {
    const what = `lakefs://${repository}/${ref}/${prefix}`;
    const objects: LakefsObject[] = [];
    for (let after = ''; ;) {
      const query = { prefix, after, amount: String(PAGE), user_metadata: 'false' };
      const page = this.#good(await this.#get(`${at(repository, ref)}/objects/ls`, query), what);
      for (const entry of arrayOf(page['results'], what)) {
        const fields = fieldsOf(entry, what);
        if (fields['path_type'] === 'object') objects.push(readObject(fields, what));
      }
      if (objects.length > MAX_OBJECTS) throw new InfraError(`${what} has more than ${MAX_OBJECTS} objects`);
      const pagination = fieldsOf(page['pagination'], what);
      if (pagination['has_more'] !== true) return objects;
      const next = textOf(pagination['next_offset'], what, 'next_offset');
      if (next <= after) throw new InfraError(`${what}: the server's pages go in a circle`);
      after = next;
    }
  }

  objectUrl(repository: string, ref: string, path: string): string {
    return `${this.server.url}/${at(repository, ref)}/objects?path=${encodeURIComponent(path)}`;
  }

  /** Opens an object of a commit; the server may send us on to a signed address of its store. */
  async open(
    [repository, commit]: [string, string],
    object: LakefsObject,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const name = `lakefs://${repository}/${commit}/${object.path}`;
    const response = await fetchRemote(
      {
        url: this.objectUrl(repository, commit, object.path),
        headers: rangeHeader(range),
        authorize: this.authorize,
      },
      { ...this.#context, signal },
    );
    if (response.status >= 400) {
      response.body.on('error', () => undefined).destroy();
      throw this.refusal({ status: response.status, fields: {} }, name);
    }
    const own = response.url.startsWith(this.server.url);
    return takeBody(response, range, {
      name,
      bytes: object.bytes,
      etag: own ? object.checksum : null,
      encodingIsMetadata: !own,
    });
  }

  refusal({ status, fields }: JsonAnswer, what: string): ConfigError | InfraError {
    const where = shownUrl(this.server.url);
    const said = `${status} from ${where}${saidBy(fields['message'])}`;
    if (status === 401 || status === 403)
      return new ConfigError(
        `${what} may not be read ${this.server.from} (${said}); set \`LAKECTL_CREDENTIALS_ACCESS_KEY_ID\` and ` +
          '`LAKECTL_CREDENTIALS_SECRET_ACCESS_KEY`, or input `token` as key:secret',
      );
    if (status === 410)
      return new ConfigError(`${what} is gone (${said}): lakeFS's garbage collection took it`);
    if (status === 404 || status === 400) return new ConfigError(`${what} does not exist (${said})`);
    return new InfraError(`${what}: the server answered ${said}`);
  }

  #get(path: string, query: Record<string, string>): Promise<JsonAnswer> {
    const url = `${this.server.url}/${path}?${new URLSearchParams(query).toString()}`;
    return askJson({ url, authorize: this.authorize }, 'a lakeFS server', this.#context);
  }

  #good(answer: JsonAnswer, what: string): Fields {
    if (answer.status !== 200) throw this.refusal(answer, what);
    return answer.fields;
  }

  /** Repository or ref: which of them, and what there is. */
  async #missing(repository: string, ref: string): Promise<ConfigError | InfraError> {
    const what = `lakefs://${repository}`;
    const path = `repositories/${encodeURIComponent(repository)}/branches`;
    const answer = await this.#get(path, { amount: String(NAMES_SHOWN) });
    if (answer.status !== 200) return this.refusal(answer, `the repository ${what}`);
    const names = arrayOf(answer.fields['results'], what).map((each) => String(fieldsOf(each, what)['id']));
    return new ConfigError(
      `${what} has no branch, tag or commit ${JSON.stringify(ref)}; its branches are ` +
        names.map((name) => JSON.stringify(name)).join(', '),
    );
  }
}

function at(repository: string, ref: string): string {
  return `repositories/${encodeURIComponent(repository)}/refs/${encodeURIComponent(ref)}`;
}

function readObject(fields: Fields, what: string): LakefsObject {
  return {
    path: textOf(fields['path'], what, 'path'),
    bytes: bytesOf(fields['size_bytes']),
    checksum: textOf(fields['checksum'], what, 'checksum').replace(/^"(.*)"$/, '$1'),
  };
}
