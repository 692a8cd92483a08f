/** The token over HTTP, against Git's own server: to its origin, and to no other. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '../src/address.ts';
import { Repository } from '../src/repository.ts';

let folder: string;
let git: Server;
let elsewhere: Server;
const strangers: IncomingMessage[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitops-http-'));
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', join(folder, 'fleet.git')]);
  execFileSync('git', ['--git-dir', join(folder, 'fleet.git'), 'config', 'http.receivepack', 'true']);
  elsewhere = createServer((request, response) => {
    strangers.push(request);
    response.statusCode = 404;
    response.end();
  });
  git = createServer(serve);
  for (const server of [git, elsewhere])
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterAll(async () => {
  git.close();
  elsewhere.close();
  await rm(folder, { recursive: true, force: true });
});

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** `git http-backend` as a CGI program. */
function serve(request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  if (path.startsWith('/moved.git')) {
    response.writeHead(301, { location: `http://127.0.0.1:${portOf(elsewhere)}${request.url}` }).end();
    return;
  }
  if (request.headers.authorization !== `Basic ${Buffer.from('x-access-token:t0ken').toString('base64')}`) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="fleet"' }).end();
    return;
  }
  const child = spawn('git', ['http-backend'], {
    env: {
      ...process.env,
      ...{
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: path,
        QUERY_STRING: query,
        REMOTE_USER: 'releaser',
      },
      ...{ REQUEST_METHOD: request.method ?? '', CONTENT_TYPE: request.headers['content-type'] ?? '' },
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.once('close', () => {
    const whole = Buffer.concat(parts);
    const end = whole.indexOf('\r\n\r\n');
    for (const line of whole.subarray(0, end).toString().split('\r\n')) {
      const [name = '', value = ''] = line.split(': ');
      if (name === 'Status') response.statusCode = Number(value.slice(0, 3));
      else response.setHeader(name, value);
    }
    response.end(whole.subarray(end + 4));
  });
}

function open(path: string, token?: string): Promise<Repository> {
  const address = parseAddress(`http://127.0.0.1:${portOf(git)}/${path}`, 'https://github.test');
  return Repository.open({
    address,
    token,
    env: { ...process.env, GIT_TRACE_CURL: '1' },
    signal: new AbortController().signal,
  });
}

const edited = { changes: new Map([['a', '1\n']]), message: 'one\n' };

test('with its token it commits and pushes; without one it is told what is missing', async () => {
  const allowed = await open('fleet.git', 't0ken');
  const { made } = await allowed.change('refs/heads/main', (tip) =>
    Promise.resolve(tip === undefined ? edited : undefined),
  );
  expect(made).toBe(true);
  expect(execFileSync('git', ['--git-dir', join(folder, 'fleet.git'), 'show', 'main:a']).toString()).toBe(
    '1\n',
  );
  for (const token of [undefined, 'other']) {
    const refused = await open('fleet.git', token);
    await expect(refused.fetch('refs/heads/main')).rejects.toThrow(/not let in; give `gitops-token`/);
    await refused.close();
  }
  await allowed.close();
});

test('a server that sends elsewhere is not followed, and nobody there sees the token', async () => {
  const moved = await open('moved.git', 't0ken');
  await expect(moved.fetch('refs/heads/main')).rejects.toThrow(/the server sends elsewhere/);
  expect(strangers).toEqual([]);
  await moved.close();
});
