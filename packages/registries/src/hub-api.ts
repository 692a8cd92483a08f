/**
 * The calls of a hub's API that change a repository: tags, and a commit of files by the hub's own library. The token goes to
 * the hub's own origin; what it names for uploads gets none.
 */
import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { request, type HttpResponse, type RequestBody } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { chooseEndpoint, chooseToken, type Chosen } from '@sluice/sources/hub-address';
import { HubClient } from '@sluice/sources/hub-client';
import { saidBy } from '@sluice/sources/json-api';
import { arrayOf, fieldsOf, textOf } from '@sluice/sources/json-fields';
import { mayCarrySecrets, withStatus } from '@sluice/sources/remote-http';
import type { LocalFiles, RegistryContext } from './registry.ts';

const STALL_MS = 60_000;

export interface HubCommit {
  title: string;
  description: string;
  /** What the branch must point at; another commit meanwhile is refused (412). */
  parent: string;
  files: LocalFiles;
  remove: readonly string[];
}

export class HubApi {
  readonly endpoint: string;
  readonly #repo: string;
  readonly #token: Chosen<string>;
  readonly #context: RegistryContext;

  /** @throws ConfigError without a token: nobody changes a hub as a stranger */
  constructor(repo: string, context: RegistryContext) {
    const token = chooseToken(undefined, context.env);
    if (token === undefined)
      throw new ConfigError(
        `hf:${repo} is changed with a token: set \`HF_TOKEN\` to one that may write to it`,
      );
    this.endpoint = chooseEndpoint(undefined, context.env).value;
    if (!mayCarrySecrets(new URL(this.endpoint)))
      throw new ConfigError(`\`HF_TOKEN\` would travel over plain http to ${this.endpoint}; use https`);
    context.addSecret?.(token.value);
    this.#repo = repo;
    this.#token = token;
    this.#context = context;
  }

  /** Tag to commit; undefined where there is no such repository. */
  async tags(): Promise<Map<string, string> | undefined> {
    const what = `the tags of ${this.#repo}`;
    const response = await this.#ask('GET', this.#path('refs'));
    if (response.status === 404) return undefined;
    this.#check(response, what);
    const answer = fieldsOf(await response.json(), what);
    return new Map(
      arrayOf(answer['tags'], what).map((each) => {
        const { name, targetCommit } = fieldsOf(each, what);
        return [textOf(name, what, 'name'), textOf(targetCommit, what, 'targetCommit')];
      }),
    );
  }

  /** @returns false where there is a tag of this name already */
  async createTag(tag: string, commit: string, message: string): Promise<boolean> {
    const response = await this.#ask('POST', this.#path(`tag/${commit}`), JSON.stringify({ tag, message }));
    if (response.status === 409) {
      response.body.resume();
      return false;
    }
    if (response.status === 404)
      throw new ConfigError(`hf:${this.#repo} has no commit ${commit}, so nothing can be tagged there`);
    this.#done(response, `the tag ${tag} of ${this.#repo}`);
    return true;
  }

  async deleteTag(tag: string): Promise<void> {
    const response = await this.#ask('DELETE', this.#path(`tag/${encodeURIComponent(tag)}`));
    if (response.status === 404) response.body.resume();
    else this.#done(response, `the tag ${tag} of ${this.#repo}`);
  }

  /** Private, where there is none of this name. */
  async createRepository(): Promise<void> {
    const [organization, name] = this.#repo.split('/');
    const body = JSON.stringify({ name, organization, private: true, type: 'model' });
    const response = await this.#ask('POST', '/api/repos/create', body);
    if (response.status === 409) response.body.resume();
    else this.#done(response, `the repository ${this.#repo}`);
  }

  /** Where `main` stands, and what lies there. (A hub's new repository has a first commit.) */
  async head(): Promise<{ commit: string; paths: string[] }> {
    const { log, signal, stallTimeoutMs = STALL_MS } = this.#context;
    const options = { endpoint: this.endpoint, token: this.#token, log, signal, stallTimeoutMs };
    const client = new HubClient({ ...options, input: 'register' });
    const { commit } = await client.resolveRevision(this.#repo, 'main');
    return { commit, paths: (await client.listTree(this.#repo, commit)).map(({ path }) => path) };
  }

  /** @returns the new commit; undefined when the branch moved on meanwhile */
  async commit({ title, description, parent, files, remove }: HubCommit): Promise<string | undefined> {
    const { commit } = await import('@huggingface/hub');
    const added = await Promise.all(
      files.files.map(async ({ path }) => ({
        ...{ operation: 'addOrUpdate' as const, path },
        content: await openAsBlob(join(files.root, path)),
      })),
    );
    const removed = remove.map((path) => ({ operation: 'delete' as const, path }));
    try {
      const made = await commit({
        ...{ repo: this.#repo, hubUrl: this.endpoint, title, description, useXet: false },
        operations: [...added, ...removed],
        parentCommit: parent,
        fetch: this.#guardedFetch,
        abortSignal: this.#context.signal,
      });
      if (made === undefined) throw new InfraError(`a commit to ${this.#repo}: the hub's library made none`);
      return made.commit.oid;
    } catch (error) {
      const { statusCode } = error as { statusCode?: unknown };
      if (statusCode === 412 || statusCode === 409) return undefined;
      if (typeof statusCode === 'number') throw this.#refusal(statusCode, `a commit to ${this.#repo}`, error);
      throw error;
    }
  }

  readonly #guardedFetch: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (this.endpoint.startsWith('https:') && url.protocol !== 'https:')
      throw new InfraError(
        `the hub names ${url.protocol}//${url.host} for an upload, away from https; refused`,
      );
    const headers = Object.fromEntries(new Headers(init?.headers));
    const body = bodyOf(init?.body);
    const response = await request(url, {
      method: init?.method ?? 'GET',
      ...this.#asked,
      headers,
      ...(body !== undefined && { body }),
      redirects: 'manual',
    });
    const stream = Readable.toWeb(response.body) as ReadableStream<Uint8Array>;
    return new Response(stream, { status: response.status, headers: response.headers });
  };

  get #asked() {
    const { log, signal, stallTimeoutMs = STALL_MS } = this.#context;
    const token = { value: this.#token.value, origin: new URL(this.endpoint).origin };
    return { token, log, signal, stallTimeoutMs };
  }

  #path(rest: string): string {
    return `/api/models/${this.#repo}/${rest}`;
  }

  #ask(method: string, path: string, body?: string): Promise<HttpResponse> {
    const json = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
    return request(`${this.endpoint}${path}`, { method, ...this.#asked, ...json, redirects: 'manual' });
  }

  #done(response: HttpResponse, what: string): void {
    this.#check(response, what);
    response.body.resume();
  }

  #check(response: HttpResponse, what: string): void {
    if (response.status < 300) return;
    const said = saidBy(response.headers['x-error-message']);
    response.body.resume();
    throw this.#refusal(response.status, `${what}${said}`);
  }

  #refusal(status: number, what: string, cause?: unknown): ConfigError | InfraError {
    const refusal =
      status === 401 || status === 403 || status === 404
        ? new ConfigError(
            `${what}: the hub ${this.endpoint} refuses the token from ${this.#token.from} (${status}); set \`HF_TOKEN\` to one that may write to ${this.#repo}`,
          )
        : new InfraError(`${what}: the hub ${this.endpoint} answered ${status}`, { cause });
    return withStatus(refusal, status);
  }
}

/** A blob of weights is streamed, never held. */
function bodyOf(body: unknown): RequestBody | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string' || body instanceof Uint8Array) return body;
  const blob = body as { size: number; stream(): unknown };
  return { bytes: blob.size, open: () => Readable.fromWeb(blob.stream() as never) };
}
