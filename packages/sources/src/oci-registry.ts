/** A registry: manifests checked against their digest, blobs with ranges, tokens by WWW-Authenticate. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { HttpResponse, RequestBody } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { fieldsOf } from './json-fields.ts';
import type { Fields } from './json-fields.ts';
import type { OciReference } from './oci-reference.ts';
import { authorizationAt } from './own-origin.ts';
import {
  fetchRemote,
  locateRemote,
  mayCarrySecrets,
  rangeHeader,
  takeBody,
  withStatus,
} from './remote-http.ts';
import type { ByteRange, Located, OpenedBody, SourceContext } from './source.ts';

export interface OciManifest {
  /** `sha256:<hex>` of the bytes that were sent. */
  digest: string;
  mediaType: string;
  content: Fields;
}

export interface RegistryLogin {
  user: string;
  password: string;
  from: string;
}

const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
/** The spec asks registries to take manifests up to 4 MiB. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

export class OciRegistry {
  readonly #reference: OciReference;
  readonly #context: SourceContext;
  readonly #login: RegistryLogin | undefined;
  readonly #actions: 'pull' | 'pull,push';
  #authorization: string | undefined;

  constructor(
    reference: OciReference,
    login: RegistryLogin | undefined,
    context: SourceContext,
    actions: 'pull' | 'pull,push' = 'pull',
  ) {
    this.#reference = reference;
    this.#login = login;
    this.#context = context;
    this.#actions = actions;
  }

  /**
   * Any other request to the repository, for whoever pushes.
   *
   * @param path below the repository, or an address that the registry itself gave
   * @param allowed statuses of refusals that the caller knows how to take
   */
  async send(
    method: string,
    path: string,
    asked: { headers?: Record<string, string>; body?: RequestBody } = {},
    allowed: readonly number[] = [],
  ): Promise<HttpResponse> {
    const url = new URL(path, this.#address('')).href;
    const response = await this.#ask(method, url, asked, this.#context);
    if (response.status < 300 || allowed.includes(response.status)) return response;
    throw await this.#refusal(response, `${this.#reference.host}/${this.#reference.repository}`, 'pushed to');
  }

  /** A tag's or digest's manifest; its bytes must have the digest that was asked, or that the registry names. */
  async manifest(reference: string): Promise<OciManifest> {
    const what = `${this.#reference.host}/${this.#reference.repository}${reference.includes(':') ? '@' : ':'}${reference}`;
    const headers = { accept: MANIFEST_TYPES.join(', ') };
    const response = await this.#get(`manifests/${reference}`, headers, this.#context);
    if (response.status !== 200) throw await this.#refusal(response, what);
    const bytes = Buffer.from(await readBytes(response, MAX_MANIFEST_BYTES, what));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const said = reference.startsWith('sha256:') ? reference : response.headers['docker-content-digest'];
    if (said?.startsWith('sha256:') && said !== digest)
      throw new InfraError(`${what}: the manifest’s digest is ${digest}, not ${said}; refused`);
    let content: Fields;
    try {
      content = fieldsOf(JSON.parse(bytes.toString('utf8')) as unknown, what);
    } catch (error) {
      throw error instanceof InfraError ? error : new InfraError(`${what}: the manifest is no JSON`);
    }
    const named = content['mediaType'];
    const sent = (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
    return { digest, mediaType: typeof named === 'string' ? named : sent, content };
  }

  /** A blob's bytes; a redirect to another origin is followed without the bearer. */
  async blob(
    blob: { digest: string; bytes: number; name: string },
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const context = { ...this.#context, signal };
    const response = await this.#get(`blobs/${blob.digest}`, rangeHeader(range), context);
    if (response.status >= 400) {
      const refusal = await this.#refusal(response, `${blob.name} (${blob.digest})`);
      throw withStatus(refusal, response.status);
    }
    return takeBody(response, range, { name: blob.name, bytes: blob.bytes, etag: null });
  }

  /** Where a blob's ranges are; the bearer goes along only if that is the registry itself. */
  async locate(
    { digest, bytes }: { digest: string; bytes: number },
    signal: AbortSignal,
  ): Promise<Located | undefined> {
    const asked = { url: this.#address(`blobs/${digest}`), authorize: this.#authorize };
    return locateRemote(asked, { bytes, etag: null }, { ...this.#context, signal });
  }

  #address(path: string): string {
    return `${this.#reference.origin}/v2/${this.#reference.repository}/${path}`;
  }

  readonly #authorize = (hop: URL): Record<string, string> =>
    authorizationAt(this.#reference.origin, this.#authorization)(hop);

  #get(path: string, headers: Record<string, string>, context: SourceContext): Promise<HttpResponse> {
    return this.#ask('GET', this.#address(path), { headers }, context);
  }

  async #ask(
    method: string,
    url: string,
    asked: { headers?: Record<string, string>; body?: RequestBody },
    context: SourceContext,
  ): Promise<HttpResponse> {
    const { origin } = this.#reference;
    const authorize = this.#authorize;
    const first = await fetchRemote({ url, method, ...asked, authorize }, context);
    const challenge = first.headers['www-authenticate'];
    // Only the registry's own 401 is about our token; a blob store's would be about its signed address.
    if (first.status !== 401 || challenge === undefined || new URL(first.url).origin !== origin) return first;
    first.body.resume();
    this.#authorization = await this.#answerChallenge(challenge, context);
    if (this.#authorization === undefined) return fetchRemote({ url, method, ...asked, retries: 0 }, context);
    return fetchRemote({ url, method, ...asked, authorize }, context);
  }

  /** Basic: the login itself. Bearer: a token from the realm (distribution, "Token Authentication"). */
  async #answerChallenge(challenge: string, context: SourceContext): Promise<string | undefined> {
    const login = this.#login;
    const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    if (/^basic\b/i.test(challenge))
      return mayCarrySecrets(new URL(this.#reference.origin)) ? basic : undefined;
    const fields = parseChallenge(challenge);
    const realm = URL.parse(fields.get('realm') ?? '');
    if (!realm || !['http:', 'https:'].includes(realm.protocol))
      throw new InfraError(
        `${this.#reference.host} asks for a login that isn't known: ${JSON.stringify(challenge.slice(0, 80))}`,
      );
    if (this.#reference.origin.startsWith('https:') && realm.protocol !== 'https:')
      throw new InfraError(`${this.#reference.host} sends its login to plain http (${realm.host}); refused`);
    const service = fields.get('service');
    if (service !== undefined) realm.searchParams.set('service', service);
    realm.searchParams.set('scope', `repository:${this.#reference.repository}:${this.#actions}`);
    const { origin } = realm;
    const authorize = (hop: URL): Record<string, string> =>
      basic !== undefined && hop.origin === origin && mayCarrySecrets(hop) ? { authorization: basic } : {};
    const response = await fetchRemote({ url: realm.href, authorize }, context);
    if (response.status !== 200) {
      response.body.resume();
      const who = login === undefined ? 'without a login' : `the login from ${login.from}`;
      throw new ConfigError(
        `${this.#reference.host}/${this.#reference.repository} may not be pulled (${response.status}, ${who}); ` +
          'pass input `token` as user:password, or log in with docker before',
      );
    }
    const answer = fieldsOf(await response.json(), `the login of ${this.#reference.host}`);
    const token = answer['token'] ?? answer['access_token'];
    if (typeof token !== 'string' || /[^\x21-\x7e]/.test(token))
      throw new InfraError(`the login of ${this.#reference.host} answers no token`);
    context.addSecret?.(token);
    return `Bearer ${token}`;
  }

  async #refusal(response: HttpResponse, what: string, deed = 'pulled'): Promise<ConfigError | InfraError> {
    const text = await response.text().catch(() => '');
    const code = /"code"\s*:\s*"([A-Z_]{1,40})"/.exec(text.slice(0, 4096))?.[1];
    const said = `${response.status}${code === undefined ? '' : ` ${code}`}`;
    if (response.status === 401 || response.status === 403) {
      const who = this.#login === undefined ? 'without a login' : `with the login from ${this.#login.from}`;
      return new ConfigError(
        `${what} may not be ${deed} ${who} (${said}); pass input \`token\` as user:password, or log in with docker before`,
      );
    }
    if (response.status === 404) return new ConfigError(`${what} does not exist (${said})`);
    return new InfraError(`${what}: the registry answered ${said}`);
  }
}

/** The parameters of `Bearer realm="…",service="…",scope="…"`. Pure. */
export function parseChallenge(challenge: string): Map<string, string> {
  const fields = new Map<string, string>();
  if (!/^bearer\s/i.test(challenge)) return fields;
  for (const [, name = '', quoted, bare] of challenge.matchAll(/([a-z_]+)=(?:"([^"]*)"|([^\s,"]+))/gi))
    fields.set(name.toLowerCase(), quoted ?? bare ?? '');
  return fields;
}

/** Input `token` (`user:password`, or a token alone), else what `docker login` left for this host. */
export async function chooseLogin(
  host: string,
  context: Pick<SourceContext, 'token' | 'env' | 'addSecret'>,
): Promise<RegistryLogin | undefined> {
  const { token, env } = context;
  if (token !== undefined) {
    const at = token.indexOf(':');
    const user = at < 0 ? (env['GITHUB_ACTOR'] ?? 'token') : token.slice(0, at);
    context.addSecret?.(token.slice(at + 1));
    return { user, password: token.slice(at + 1), from: 'input `token`' };
  }
  const path = join(env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker'), 'config.json');
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let config: Fields;
  try {
    config = fieldsOf(JSON.parse(text) as unknown, path);
  } catch {
    return undefined;
  }
  const auths = (typeof config['auths'] === 'object' ? (config['auths'] ?? {}) : {}) as Fields;
  const names =
    host === 'docker.io'
      ? ['https://index.docker.io/v1/', host]
      : [host, `https://${host}`, `http://${host}`];
  for (const name of names) {
    const entry = auths[name];
    const auth = typeof entry === 'object' && entry !== null ? (entry as Fields)['auth'] : undefined;
    if (typeof auth !== 'string' || auth === '') continue;
    const plain = Buffer.from(auth, 'base64').toString('utf8');
    const at = plain.indexOf(':');
    if (at < 0) continue;
    context.addSecret?.(plain.slice(at + 1));
    return { user: plain.slice(0, at), password: plain.slice(at + 1), from: path };
  }
  return undefined;
}

async function readBytes(response: HttpResponse, limit: number, what: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    parts.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > limit) throw new InfraError(`${what}: the manifest is longer than ${limit} bytes`);
  }
  return Buffer.concat(parts);
}
