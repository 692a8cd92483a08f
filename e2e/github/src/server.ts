/** The emulator as an HTTP server: GitHub's REST API under `/`, the results service, and a view of its state. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ArtifactService, BLOBS, TWIRP, type RawAnswer } from './artifacts.ts';
import { handlers } from './handlers.ts';
import { GitHubDescription } from './description.ts';
import { notFound, refuse, type Answer } from './types.ts';
import { JOB_LOGIN } from './views.ts';
import { addRepository, emptyWorld, type World } from './world.ts';

export interface EmulatorOptions {
  /** `owner/name` of each repository that exists; others are 404. */
  repositories: { name: string; branch?: string; sha?: string; files?: Record<string, string> }[];
  port?: number;
  /** Where violations of GitHub's schema by our own answers are told. */
  log?: (line: string) => void;
}

export interface Emulator {
  url: string;
  world: World;
  close(): Promise<void>;
}

/** A token that may read only: what a job with `permissions: {contents: read}` holds. */
export const READ_ONLY_TOKEN = 'ghs_readonly';

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): { value?: unknown; broken: boolean } {
  if (body.length === 0) return { broken: false };
  try {
    return { value: JSON.parse(body.toString('utf8')) as unknown, broken: false };
  } catch {
    return { broken: true };
  }
}

function send(response: ServerResponse, answer: RawAnswer): void {
  response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
  response.end(answer.body);
}

function asJson(answer: Answer): RawAnswer {
  const body = answer.body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(answer.body));
  const headers: Record<string, string> =
    answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  return { status: answer.status, headers, body };
}

/** A person's token is `ghp_` and the login; any other is a job's. */
function loginOf(authorization: string | undefined): string {
  return /^(?:bearer|token) ghp_(.+)$/i.exec(authorization ?? '')?.[1] ?? JOB_LOGIN;
}

/** Whether this token may send this request; an answer of GitHub's when not. */
function authorize(method: string, authorization: string | undefined): Answer | undefined {
  const token = /^(?:bearer|token) (.+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return refuse(401, 'Requires authentication');
  if (token === READ_ONLY_TOKEN && method !== 'GET') {
    return refuse(403, 'Resource not accessible by integration');
  }
  return undefined;
}

/** Serves one REST request: finds the operation, checks the request, acts, checks its own answer. */
function serve(
  description: GitHubDescription,
  world: World,
  base: string,
  request: { method: string; url: URL; authorization: string | undefined; body: Buffer },
): Answer {
  const { method, url } = request;
  const refused = authorize(method, request.authorization);
  if (refused) return refused;
  const match = description.match(method, url.pathname);
  const handler = match === undefined ? undefined : handlers[match.operation.operationId];
  if (match === undefined || handler === undefined) return notFound();
  const { operation, params } = match;
  const { value, broken } = parseJson(request.body);
  if (broken) return refuse(400, 'Problems parsing JSON');
  const faults = [
    ...description.parameterFaults(operation, params, url.searchParams),
    ...description.requestFaults(operation, value),
  ];
  if (faults.length > 0) return refuse(422, 'Validation Failed', faults);
  const body = (value ?? {}) as Record<string, unknown>;
  const login = loginOf(request.authorization);
  const answer = handler({ world, login, params, query: url.searchParams, body, base });
  const ours = description.responseFaults(operation, answer.status, answer.body);
  if (ours.length === 0) return answer;
  world.violations.push(`${operation.operationId} ${answer.status}: ${ours.join('; ')}`);
  return refuse(599, 'The emulator broke the schema of GitHub', ours);
}

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const world = emptyWorld();
  for (const { name, ...rest } of options.repositories) addRepository(world, name, rest);
  const description = new GitHubDescription();
  const artifacts = new ArtifactService(world);
  let base = '';

  const answer = async (request: IncomingMessage): Promise<RawAnswer> => {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', base);
    const body = await readBody(request);
    const authorization = request.headers.authorization;
    if (url.pathname === '/_emulator/state') return asJson({ status: 200, body: world });
    if (url.pathname.startsWith(BLOBS)) return artifacts.blob(method, url, request.headers, body);
    if (url.pathname.startsWith(TWIRP)) {
      const { value, broken } = parseJson(body);
      if (broken || typeof value !== 'object' || value === null) {
        return asJson({ status: 400, body: { code: 'malformed', msg: 'no JSON object' } });
      }
      const name = url.pathname.slice(TWIRP.length);
      return artifacts.call(name, authorization, value as Record<string, unknown>, base);
    }
    // GHES clients put /api/v3 in front.
    url.pathname = url.pathname.replace(/^\/api\/v3(?=\/)/, '');
    const reply = serve(description, world, base, { method, url, authorization, body });
    const sent = asJson(reply);
    if (reply.nextPage !== undefined) {
      url.searchParams.set('page', String(reply.nextPage));
      sent.headers['link'] = `<${url.href}>; rel="next"`;
    }
    return sent;
  };

  const server: Server = createServer((request, response) => {
    answer(request)
      .catch((error: unknown) => {
        world.violations.push(`a fault of the emulator: ${String(error)}`);
        return asJson(refuse(599, 'The emulator failed'));
      })
      .then((result) => {
        const path = (request.url ?? '').split('?')[0] ?? '';
        if (!path.startsWith('/_emulator/')) {
          world.requests.push({ method: request.method ?? 'GET', path, status: result.status });
        }
        if (result.status === 599) options.log?.(`emulator: ${world.violations.at(-1) ?? ''}`);
        send(response, result);
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: base,
    world,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
