/** WebHDFS (Hadoop's REST API, `/webhdfs/v1`), as a name node or HttpFS serves it, as far as reading files needs it. */
import { Transform } from 'node:stream';
import { shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { askJson, saidBy } from './json-api.ts';
import type { JsonAnswer } from './json-api.ts';
import { arrayOf, bytesOf, fieldsOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import { fetchRemote } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { ByteRange, OpenedBody } from './source.ts';

export interface HdfsServer {
  /** `http://host:9870`: without a trailing slash. */
  url: string;
  /** Who we are by the protocol: `user.name`, or a delegation token; sent to the name node alone. */
  identity: Record<string, string>;
  from: string;
}

export interface HdfsStatus {
  /** Name below the folder that was listed; empty for the path itself. */
  name: string;
  type: string;
  bytes: number;
  /** Milliseconds since 1970. */
  modified: number;
  /** The inode: another one means another file, whatever its times say. */
  inode: string;
}

export class HdfsClient {
  readonly #server: HdfsServer;
  readonly #context: RequestContext;

  constructor(server: HdfsServer, context: RequestContext) {
    this.#server = server;
    this.#context = context;
  }

  async status(path: string, signal?: AbortSignal): Promise<HdfsStatus> {
    const what = this.shown(path);
    const context = signal === undefined ? this.#context : { ...this.#context, signal };
    const answer = await askJson({ url: this.#url(path, { op: 'GETFILESTATUS' }) }, SERVER, context);
    return readStatus(this.#good(answer, what)['FileStatus'], what);
  }

  /** A folder's entries, by pages where the server has them (Hadoop 2.8 and later). */
  async list(path: string): Promise<HdfsStatus[]> {
    const what = this.shown(path);
    const entries: HdfsStatus[] = [];
    for (let after = ''; ;) {
      const answer = await this.#ask(path, { op: 'LISTSTATUS_BATCH', startAfter: after });
      if (answer.status === 400 && after === '') return this.#listWhole(path);
      const listing = fieldsOf(this.#good(answer, what)['DirectoryListing'], what);
      const page = statuses(fieldsOf(listing['partialListing'], what), what);
      entries.push(...page);
      const last = page.at(-1)?.name;
      if (bytesOf(listing['remainingEntries']) === 0) return entries;
      if (last === undefined || last === after)
        throw new InfraError(`${what}: the server says there is more, and lists nothing`);
      after = last;
    }
  }

  async #listWhole(path: string): Promise<HdfsStatus[]> {
    const what = this.shown(path);
    return statuses(this.#good(await this.#ask(path, { op: 'LISTSTATUS' }), what), what);
  }

  /**
   * HDFS's own checksum (`MD5-of-0MD5-of-512CRC32C:…`), a name of the content: equal bytes, cut into equal blocks, have the
   * same. Null where the server has none to give.
   */
  async checksum(path: string): Promise<string | null> {
    const { status, fields } = await this.#ask(path, { op: 'GETFILECHECKSUM' });
    if (status !== 200) return null;
    const { algorithm, bytes } = fieldsOf(fields['FileChecksum'], this.shown(path));
    return typeof algorithm === 'string' && typeof bytes === 'string'
      ? `${algorithm}:${bytes.toLowerCase()}`
      : null;
  }

  /**
   * Bytes of a file, from a data node that the name node sends us to. HDFS has no versions: when they are all there the file
   * is looked at again, and the stream fails when it is not what was listed any more.
   */
  async open(
    path: string,
    listed: HdfsStatus,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const what = this.shown(path);
    const { start, end } = range ?? { start: 0, end: listed.bytes - 1 };
    const length = Math.min(end, listed.bytes - 1) - start + 1;
    const query: Record<string, string> = { op: 'OPEN' };
    if (range) Object.assign(query, { offset: String(start), length: String(length) });
    const response = await fetchRemote({ url: this.#url(path, query) }, { ...this.#context, signal });
    if (response.status !== 200) {
      const fields = await response.json().catch(() => ({}));
      throw this.#refusal({ status: response.status, fields: fieldsOf(fields, what) }, what);
    }
    const sent = response.headers['content-length'];
    if (sent !== undefined && Number(sent) !== length) {
      response.body.on('error', () => undefined).destroy();
      throw new InfraError(`${what}: ${length} bytes were asked, the server sends ${sent}`);
    }
    const body = checkedAtEnd(() => this.#checkUnchanged(path, listed, signal));
    response.body.on('error', (error) => body.destroy(error));
    body.on('close', () => response.body.on('error', () => undefined).destroy());
    return { body: response.body.pipe(body), status: range ? 206 : 200, bytes: length };
  }

  async #checkUnchanged(path: string, listed: HdfsStatus, signal: AbortSignal): Promise<void> {
    const now = await this.status(path, signal);
    if (now.bytes === listed.bytes && now.modified === listed.modified && now.inode === listed.inode) return;
    throw new InfraError(`${this.shown(path)} changed while it was read; start again`);
  }

  shown(path: string): string {
    return `${this.#server.url.replace(/^http/, 'webhdfs').replace('webhdfss', 'swebhdfs')}${path}`;
  }

  #ask(path: string, query: Record<string, string>): Promise<JsonAnswer> {
    return askJson({ url: this.#url(path, query) }, SERVER, this.#context);
  }

  #url(path: string, query: Record<string, string>): string {
    const parts = path.split('/').map((part) => encodeURIComponent(part));
    const search = new URLSearchParams({ ...query, ...this.#server.identity });
    return `${this.#server.url}/webhdfs/v1${parts.join('/')}?${search.toString()}`;
  }

  #good(answer: JsonAnswer, what: string): Fields {
    if (answer.status !== 200) throw this.#refusal(answer, what);
    return answer.fields;
  }

  #refusal({ status, fields }: JsonAnswer, what: string): ConfigError | InfraError {
    const remote = fieldsOf(fields['RemoteException'] ?? {}, what);
    const kind = typeof remote['exception'] === 'string' ? remote['exception'].slice(0, 60) : '';
    const said = `${status}${kind === '' ? '' : ` ${kind}`} from ${shownUrl(this.#server.url)}${saidBy(remote['message'])}`;
    if (kind === 'StandbyException')
      return new ConfigError(`${what}: this name node is a standby (${said}); name the active one`);
    if (status === 401)
      return new ConfigError(
        `${what} may not be read ${this.#server.from} (${said}); a cluster with Kerberos wants a delegation token: ` +
          'get one by `hdfs fetchdt --webservice`, and pass its text as input `token`',
      );
    if (status === 403)
      return new ConfigError(
        `${what} may not be read ${this.#server.from} (${said}); set \`HADOOP_USER_NAME\`, or give this user the right`,
      );
    if (status === 404)
      return new ConfigError(
        kind === 'FileNotFoundException'
          ? `${what} does not exist (${said})`
          : `${what}: ${shownUrl(this.#server.url)} has no WebHDFS (${said}); the port is that of the name node's web page, 9870 by default`,
      );
    return new InfraError(`${what}: the server answered ${said}`);
  }
}

/** Passes bytes on; the last of them only when `check` has found no fault, so that nobody has them all before. */
function checkedAtEnd(check: () => Promise<void>): Transform {
  let held: Buffer | null = null;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const before = held;
      held = chunk;
      done(null, before ?? undefined);
    },
    flush: (done) => void check().then(() => done(null, held ?? undefined), done),
  });
}

const SERVER = "a WebHDFS server (the port of the name node's web page, not of its RPC)";

function statuses(fields: Fields, what: string): HdfsStatus[] {
  const list = fieldsOf(fields['FileStatuses'], what)['FileStatus'];
  return arrayOf(list, what).map((each) => readStatus(each, what));
}

function readStatus(value: unknown, what: string): HdfsStatus {
  const fields = fieldsOf(value, what);
  const { pathSuffix, type, fileId } = fields;
  const [bytes, modified] = [bytesOf(fields['length']), bytesOf(fields['modificationTime'])];
  if (bytes === null || modified === null || typeof type !== 'string')
    throw new InfraError(`${what}: the answer can't be used: a file without length, time or type`);
  const inode = typeof fileId === 'number' ? String(fileId) : '';
  return { name: typeof pathSuffix === 'string' ? pathSuffix : '', type, bytes, modified, inode };
}
