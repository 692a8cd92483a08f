/** The part of Azure Blob Storage's REST API that reading needs: List Blobs, Get Blob Properties, Get Blob. */
import type { HttpResponse } from '@sluice/http/client';
import { ConfigError, describeError, InfraError } from '@sluice/runtime/errors';
import { awsEncode } from './aws-signature.ts';
import type { AzureAccess } from './azure-access.ts';
import { readAzureCode, readBlobHeaders, readBlobListing } from './azure-answers.ts';
import type { AzureBlob } from './azure-answers.ts';
import { sasSecrets } from './azure-secrets.ts';
import { signBlobSas, signSharedKey } from './azure-signature.ts';
import { fetchRemote, rangeHeader, takeBody } from './remote-http.ts';
import type { RequestContext } from './remote-http.ts';
import type { ByteRange, Located, OpenedBody, SourceContext } from './source.ts';

type ClientContext = RequestContext & Pick<SourceContext, 'addSecret'>;

/** More pages than this (five million blobs) are no model; it stops a server that pages in a circle. */
const MAX_PAGES = 1000;
const API_VERSION = '2021-12-02';

export class AzureClient {
  readonly #access: AzureAccess;
  readonly #context: ClientContext;

  constructor(access: AzureAccess, context: ClientContext) {
    this.#access = access;
    this.#context = context;
  }

  /** `az://account/container/name`, for messages. */
  shown(container: string, name: string): string {
    return `az://${this.#access.account}/${container}/${name}`;
  }

  /** All blobs whose name starts with `prefix`, over all pages. */
  async list(container: string, prefix: string): Promise<AzureBlob[]> {
    const what = this.shown(container, prefix);
    const blobs: AzureBlob[] = [];
    let marker: string | undefined;
    for (let page = 0; ; page++) {
      if (page === MAX_PAGES) throw new InfraError(`${what} has more than ${MAX_PAGES} pages`);
      const query = {
        restype: 'container',
        comp: 'list',
        include: 'metadata',
        ...(prefix !== '' && { prefix }),
        ...(marker !== undefined && { marker }),
      };
      const response = await this.#send('GET', container, '', query, {}, this.#context);
      const text = await response.text();
      if (response.status !== 200) throw this.#refusal(response, text, container, prefix);
      const listing = await readBlobListing(text, what);
      blobs.push(...listing.blobs);
      if (listing.next === undefined) return blobs;
      if (listing.next === marker) throw new InfraError(`${what}: the listing goes in a circle`);
      marker = listing.next;
    }
  }

  /** A blob's facts; undefined when there is none, or none that may be seen. */
  async head(container: string, name: string, versionId?: string): Promise<AzureBlob | undefined> {
    const response = await this.#send('HEAD', container, name, versionQuery(versionId), {}, this.#context);
    response.body.resume();
    // The listing, asked next, says more than a HEAD can; an unknown version id gives 400.
    if ([400, 401, 403, 404, 409].includes(response.status)) return undefined;
    if (response.status !== 200) throw this.#refusal(response, '', container, name);
    return readBlobHeaders(name, response.headers);
  }

  /** The bytes of exactly the blob that was listed. */
  async open(
    container: string,
    blob: AzureBlob,
    range: ByteRange | undefined,
    signal: AbortSignal,
  ): Promise<OpenedBody> {
    const { name, bytes, etag, versionId } = blob;
    const headers = { ...rangeHeader(range), 'if-match': etag };
    const context = { ...this.#context, signal };
    const response = await this.#send('GET', container, name, versionQuery(versionId), headers, context);
    if (response.status >= 400 && response.status !== 412) {
      const text = await response.text().catch(() => '');
      throw this.#refusal(response, text, container, name);
    }
    const expected = { name: this.shown(container, name), bytes, etag, encodingIsMetadata: true };
    return takeBody(response, range, expected);
  }

  /**
   * Where its ranges can be asked. A key signs each range anew, which only its holder can; so it signs once that this blob
   * may be read for some hours.
   */
  async locate(container: string, blob: AzureBlob): Promise<Located> {
    const { name, etag, versionId } = blob;
    const { login, account } = this.#access;
    const query = versionQuery(versionId);
    const url = this.#address(container, name, query);
    const headers: Record<string, string> = { 'x-ms-version': API_VERSION, 'if-match': etag };
    if (login.kind === 'bearer') headers['authorization'] = `Bearer ${await login.token()}`;
    if (login.kind !== 'key') return { url, headers: () => headers, etag };
    const { protocol } = new URL(url);
    const sas = signBlobSas(
      { container, blob: name, versionId, version: API_VERSION, https: protocol === 'https:' },
      { account, key: login.key },
      new Date(),
    );
    for (const secret of sasSecrets(sas)) this.#context.addSecret?.(secret);
    return { url: `${url}${url.includes('?') ? '&' : '?'}${sas}`, headers: () => headers, etag };
  }

  /** A small blob whole, as text; undefined when there is none. */
  async read(container: string, name: string): Promise<string | undefined> {
    const response = await this.#send('GET', container, name, {}, {}, this.#context);
    const text = await response.text();
    const missing = response.status === 404 && readAzureCode(response.headers, text) !== 'ContainerNotFound';
    if (missing) return undefined;
    if (response.status !== 200) throw this.#refusal(response, text, container, name);
    return text;
  }

  async #send(
    method: string,
    container: string,
    name: string,
    query: Record<string, string>,
    headers: Record<string, string>,
    context: RequestContext,
  ): Promise<HttpResponse> {
    const { login, account } = this.#access;
    const url = this.#address(container, name, query);
    const { origin } = new URL(url);
    const token = login.kind === 'bearer' ? await login.token() : undefined;
    const authorize = (hop: URL, sent: Record<string, string>): Record<string, string> => {
      if (hop.origin !== origin) return {};
      if (token !== undefined) return { authorization: `Bearer ${token}` };
      if (login.kind !== 'key') return {};
      return signSharedKey({ method, url: hop, headers: sent }, { account, key: login.key }, new Date());
    };
    const versioned = { 'x-ms-version': API_VERSION, ...headers };
    try {
      return await fetchRemote({ url, method, headers: versioned, authorize }, context);
    } catch (error) {
      if (describeError(error).includes('ENOTFOUND'))
        throw new ConfigError(
          `there is no storage account ${JSON.stringify(account)} at ${origin} (its name is unknown); write az://account/container/path`,
        );
      throw error;
    }
  }

  #address(container: string, name: string, query: Record<string, string>): string {
    const { endpoint, login } = this.#access;
    const search = Object.entries(query).map(([key, text]) => `${awsEncode(key)}=${awsEncode(text)}`);
    if (login.kind === 'sas') search.push(login.query);
    const path = `${awsEncode(container)}${name === '' ? '' : `/${awsEncode(name, true)}`}`;
    return `${endpoint}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
  }

  #refusal(
    { status, headers }: Pick<HttpResponse, 'status' | 'headers'>,
    text: string,
    container: string,
    name: string,
  ): ConfigError | InfraError {
    const code = readAzureCode(headers, text);
    const what = this.shown(container, name);
    const said = `${status}${code === undefined ? '' : ` ${code}`}`;
    const { from, login, account } = this.#access;
    if (code === 'ContainerNotFound' || code === 'InvalidResourceName')
      return new ConfigError(
        `${what}: the account ${JSON.stringify(account)} has no container ${JSON.stringify(container)} (${said})`,
      );
    if (status === 401 || status === 403 || code === 'PublicAccessNotPermitted')
      return new ConfigError(`${what} may not be read with ${from} (${said}); ${mend(login.kind, code)}`);
    if (status === 404)
      return new ConfigError(`${what} does not exist (${said}), or may not be read with ${from}`);
    if (status === 400) return new ConfigError(`${what}: the server finds the request wrong (${said})`);
    return new InfraError(`${what}: the server answered ${said}`);
  }
}

function versionQuery(versionId: string | null | undefined): Record<string, string> {
  return versionId === null || versionId === undefined ? {} : { versionid: versionId };
}

function mend(login: string, code: string | undefined): string {
  if (code === 'AuthorizationFailure')
    return `${mend(login, undefined)}; or the account’s firewall keeps this machine out`;
  if (login === 'sas')
    return 'make a new SAS token that lasts long enough and allows to read and list (sp=rl) the container';
  if (login === 'key') return 'the key is wrong, or the account allows no keys; check `AZURE_STORAGE_KEY`';
  if (login === 'bearer') return 'give this identity the role Storage Blob Data Reader on the container';
  return (
    'give a SAS token by input `token` or `AZURE_STORAGE_SAS_TOKEN`, a key by `AZURE_STORAGE_KEY`, or an identity ' +
    '(azure/login, or `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`)'
  );
}
