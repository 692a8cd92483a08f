/**
 * The Actions results service for artifacts, as `@actions/artifact` talks to it: Twirp in JSON
 * (`github.actions.results.api.v1.ArtifactService`) and the blob store behind its signed addresses
 * (Azure block blobs: `comp=block`, `comp=blocklist`, plain PUT, ranged GET).
 */
import { createHash, randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { nextId, timestamp, type Artifact, type World } from './world.ts';

export const TWIRP = '/twirp/github.actions.results.api.v1.ArtifactService/';
export const BLOBS = '/_blobs/';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

interface Blob {
  signature: string;
  type: string;
  blocks: Map<string, Buffer>;
  content: Buffer;
}

type Message = Record<string, unknown>;

function json(status: number, value: unknown): RawAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function twirpError(status: number, code: string, msg: string): RawAnswer {
  return json(status, { code, msg });
}

/** A wrapped value (`StringValue`, `Int64Value`) is its plain value in protobuf's JSON. */
function plain(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The run a token speaks for: its scope is `Actions.Results:<run>:<job>`. Undefined for a token that isn't one. */
function runOfToken(authorization: string | undefined): string | undefined {
  const token = /^Bearer (?:[\w-]+)\.([\w-]+)\./.exec(authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  try {
    const claims = JSON.parse(Buffer.from(token, 'base64url').toString()) as { scp?: unknown };
    const scopes = typeof claims.scp === 'string' ? claims.scp.split(' ') : [];
    return scopes.find((scope) => scope.startsWith('Actions.Results:'))?.split(':')[1];
  } catch {
    return undefined;
  }
}

/** A job's token for the results service. It is signed by nobody: the emulator only reads its scope. */
export function runtimeToken(run: string, job = 'job'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ scp: `Actions.Results:${run}:${job}` })}.unsigned`;
}

export class ArtifactService {
  readonly #world: World;
  readonly #blobs = new Map<string, Blob>();

  constructor(world: World) {
    this.#world = world;
  }

  /** One Twirp call. `base` is the address that signed addresses start with. */
  call(method: string, authorization: string | undefined, request: Message, base: string): RawAnswer {
    const run = runOfToken(authorization);
    if (run === undefined || run !== request['workflow_run_backend_id']) {
      return twirpError(401, 'unauthenticated', 'the token does not speak for this run');
    }
    const name = String(request['name'] ?? '');
    switch (method) {
      case 'CreateArtifact':
        return this.#create(run, name, request, base);
      case 'FinalizeArtifact':
        return this.#finalize(run, name, request);
      case 'ListArtifacts':
        return this.#list(run, request);
      case 'GetSignedArtifactURL':
        return this.#sign(run, name, base);
      case 'DeleteArtifact':
        return this.#delete(run, name);
      default:
        return twirpError(404, 'bad_route', `no method ${method}`);
    }
  }

  #find(run: string, name: string): Artifact | undefined {
    return this.#world.artifacts.find((item) => item.run === run && item.name === name);
  }

  #address(artifact: Artifact, base: string): string {
    return `${base}${BLOBS}${artifact.blob}?sig=${this.#blobs.get(artifact.blob)?.signature ?? ''}`;
  }

  #create(run: string, name: string, request: Message, base: string): RawAnswer {
    if (name === '') return twirpError(400, 'invalid_argument', 'name is required');
    if (this.#find(run, name)) {
      // The words that GitHub says, and that the toolkit's users know.
      return twirpError(
        409,
        'already_exists',
        'an artifact with this name already exists on the workflow run',
      );
    }
    const artifact: Artifact = {
      id: nextId(this.#world),
      name,
      run,
      size: 0,
      digest: '',
      blob: randomBytes(8).toString('hex'),
      finalized: false,
      created_at: timestamp(),
    };
    this.#world.artifacts.push(artifact);
    this.#blobs.set(artifact.blob, {
      // Long: the toolkit masks it in the log, and a short one would blank out every "1".
      signature: randomBytes(24).toString('hex'),
      type: plain(request['mime_type']) ?? 'application/zip',
      blocks: new Map(),
      content: Buffer.alloc(0),
    });
    return json(200, { ok: true, signed_upload_url: this.#address(artifact, base) });
  }

  #finalize(run: string, name: string, request: Message): RawAnswer {
    const artifact = this.#find(run, name);
    const blob = artifact === undefined ? undefined : this.#blobs.get(artifact.blob);
    if (artifact === undefined || blob === undefined)
      return twirpError(404, 'not_found', `no artifact ${name}`);
    const digest = `sha256:${createHash('sha256').update(blob.content).digest('hex')}`;
    const told = plain(request['hash']);
    if (blob.content.length !== Number(request['size']) || (told !== undefined && told !== digest)) {
      return twirpError(400, 'invalid_argument', `the blob is ${blob.content.length} bytes, ${digest}`);
    }
    Object.assign(artifact, { size: blob.content.length, digest, finalized: true });
    return json(200, { ok: true, artifact_id: String(artifact.id) });
  }

  #list(run: string, request: Message): RawAnswer {
    const name = plain(request['name_filter']);
    const id = plain(request['id_filter']);
    const artifacts = this.#world.artifacts
      .filter((item) => item.finalized && item.run === run)
      .filter(
        (item) => (name === undefined || item.name === name) && (id === undefined || String(item.id) === id),
      )
      .map((item) => ({
        workflow_run_backend_id: run,
        workflow_job_run_backend_id: request['workflow_job_run_backend_id'],
        database_id: String(item.id),
        name: item.name,
        size: String(item.size),
        created_at: item.created_at,
        digest: item.digest,
      }));
    return json(200, { artifacts });
  }

  #sign(run: string, name: string, base: string): RawAnswer {
    const artifact = this.#find(run, name);
    if (artifact?.finalized !== true) return twirpError(404, 'not_found', `no artifact ${name}`);
    return json(200, { signed_url: this.#address(artifact, base) });
  }

  #delete(run: string, name: string): RawAnswer {
    const artifact = this.#find(run, name);
    if (artifact === undefined) return twirpError(404, 'not_found', `no artifact ${name}`);
    this.#world.artifacts.splice(this.#world.artifacts.indexOf(artifact), 1);
    this.#blobs.delete(artifact.blob);
    return json(200, { ok: true, artifact_id: String(artifact.id) });
  }

  /** One request to the blob store. */
  blob(method: string, url: URL, headers: IncomingHttpHeaders, body: Buffer): RawAnswer {
    const azure = { 'x-ms-version': '2025-11-05', 'x-ms-request-id': randomBytes(8).toString('hex') };
    const empty = (status: number): RawAnswer => ({ status, headers: azure, body: Buffer.alloc(0) });
    const blob = this.#blobs.get(url.pathname.slice(BLOBS.length));
    if (blob === undefined) return empty(404);
    if (url.searchParams.get('sig') !== blob.signature) return empty(403);
    if (method === 'PUT') {
      const comp = url.searchParams.get('comp');
      if (comp === 'block') {
        blob.blocks.set(url.searchParams.get('blockid') ?? '', body);
        return empty(201);
      }
      if (comp === 'blocklist') {
        const ids = [...body.toString().matchAll(/<Latest>([^<]+)<\/Latest>/g)].map(
          (found) => found[1] ?? '',
        );
        const missing = ids.filter((id) => !blob.blocks.has(id));
        if (missing.length > 0) return empty(400);
        blob.content = Buffer.concat(ids.map((id) => blob.blocks.get(id) ?? Buffer.alloc(0)));
      } else {
        blob.content = body;
      }
      const etag = `"${createHash('sha256').update(blob.content).digest('hex').slice(0, 16)}"`;
      return { ...empty(201), headers: { ...azure, etag, 'last-modified': new Date().toUTCString() } };
    }
    if (method !== 'GET' && method !== 'HEAD') return empty(405);
    const range = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? String(headers['x-ms-range'] ?? ''));
    const size = blob.content.length;
    const start = Number(range?.[1] ?? 0);
    const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
    if (range && start >= size) return empty(416);
    return {
      status: range ? 206 : 200,
      headers: {
        ...azure,
        'content-type': blob.type,
        'accept-ranges': 'bytes',
        ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
      },
      body: blob.content.subarray(start, end + 1),
    };
  }
}
