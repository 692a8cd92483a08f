/** Changes as pull requests: a real bare repository, and a server in the words of GitHub's API. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PullRequests } from '../src/pull-requests.ts';
import { Repository, type Edited } from '../src/repository.ts';

interface Pull {
  number: number;
  html_url: string;
  title: string;
  body: string;
  state: string;
  merged: boolean;
  merge_commit_sha: string | null;
  mergeable: boolean | null;
  head: { ref: string };
}

let server: Server;
let pulls: Pull[];
let comments: string[];
let onLook: (pull: Pull) => void;
let folder: string;
let bare: string;
let repository: Repository;

beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const body = (text === '' ? {} : JSON.parse(text)) as Record<string, string>;
      const [path = ''] = (request.url ?? '').split('?');
      const answer = answerTo(request.method ?? '', path, body, request.headers.authorization);
      response.statusCode = answer === undefined ? 404 : 200;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer ?? {}));
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  process.env['GITHUB_API_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  delete process.env['GITHUB_API_URL'];
  server.close();
});

function answerTo(
  method: string,
  path: string,
  body: Record<string, string>,
  token: string | undefined,
): unknown {
  if (token !== 'token t0ken') return undefined;
  const [, number] = /\/pulls\/(\d+)$/.exec(path) ?? [];
  const pull = pulls.find((each) => each.number === Number(number));
  if (method === 'POST' && path === '/repos/acme/fleet/pulls') {
    const at = pulls.length + 1;
    const made: Pull = {
      ...{
        number: at,
        html_url: `https://github.test/acme/fleet/pull/${at}`,
        title: body['title'] ?? '',
        body: body['body'] ?? '',
      },
      ...{
        state: 'open',
        merged: false,
        merge_commit_sha: null,
        mergeable: true,
        head: { ref: body['head'] ?? '' },
      },
    };
    pulls.push(made);
    return made;
  }
  if (method === 'GET' && path === '/repos/acme/fleet/pulls')
    return pulls.filter(({ state }) => state === 'open');
  if (method === 'POST' && path.endsWith('/comments')) return { id: comments.push(body['body'] ?? '') };
  if (pull === undefined) return undefined;
  if (method === 'PATCH') pull.state = body['state'] ?? pull.state;
  else onLook(pull);
  return pull;
}

beforeEach(async () => {
  [pulls, comments, onLook] = [[], [], () => undefined];
  folder = await mkdtemp(join(tmpdir(), 'gitops-pulls-'));
  bare = join(folder, 'bare.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
  git(folder, 'clone', '-q', bare, 'people');
  git(join(folder, 'people'), 'commit', '-q', '--allow-empty', '-m', 'first');
  git(join(folder, 'people'), 'push', '-q', 'origin', 'HEAD:main');
  const address = { url: `file://${bare}`, origin: undefined, shown: 'acme/fleet', slug: 'acme/fleet' };
  repository = await Repository.open({ address, env: process.env, signal: new AbortController().signal });
});

afterEach(async () => {
  await repository.close();
  await rm(folder, { recursive: true, force: true });
});

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@test'];
  return execFileSync('git', [...who, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** As a person does it in the browser. */
function merge(pull: Pull): void {
  const clone = join(folder, 'people');
  git(clone, 'fetch', '-q', 'origin');
  git(clone, 'reset', '-q', '--hard', 'origin/main');
  git(clone, 'merge', '-q', '--no-ff', '-m', `Merge #${pull.number}`, `origin/${pull.head.ref}`);
  git(clone, 'push', '-q', 'origin', 'HEAD:main');
  Object.assign(pull, { merged: true, state: 'closed', merge_commit_sha: git(clone, 'rev-parse', 'HEAD') });
}

function open(deadlineMs = 10_000): Promise<PullRequests> {
  const log = {
    ...{ debug() {}, info() {}, notice() {}, warning() {}, error() {}, untrusted() {} },
    group: <T>(_: string, work: () => Promise<T>) => work(),
  };
  const workload = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'llm', namespace: 'models' };
  return PullRequests.open({
    ...{
      repository,
      ref: 'refs/heads/main',
      branch: 'main',
      path: 'apps',
      workload,
      run: '',
      token: 't0ken',
    },
    address: { url: `file://${bare}`, origin: undefined, shown: 'acme/fleet', slug: 'acme/fleet' },
    ...{ deadlineMs, log, signal: new AbortController().signal, pollMs: 5 },
  });
}

const weight = (to: number) => (): Promise<Edited> =>
  Promise.resolve({
    changes: new Map([['apps/route.yaml', `weight: ${to}\n`]]),
    message: `llm: weight ${to}\n\nmore\n`,
  });

test('a change waits for its merge, and is then what stands on the branch', async () => {
  let looks = 0;
  onLook = (pull) => {
    looks += 1;
    if (looks === 3) merge(pull);
  };
  const { sha, made } = await (await open()).merge(weight(10));
  expect([looks, made, sha]).toEqual([3, true, git(bare, 'rev-parse', 'main')]);
  expect(git(bare, 'show', 'main:apps/route.yaml')).toBe('weight: 10');
  expect(
    pulls.map(({ title, body, head }) => [title, body.trim(), head.ref.startsWith('sluice/models-llm-')]),
  ).toEqual([['llm: weight 10', 'more', true]]);
});

test('one that is closed is a refusal; one that nobody merges ends at the deadline and is found again', async () => {
  onLook = (pull) => (pull.state = 'closed');
  await expect((await open()).merge(weight(10))).rejects.toThrow(
    /was closed without being merged: llm: weight 10/,
  );
  onLook = () => undefined;
  await expect((await open(20)).merge(weight(20))).rejects.toThrow(/was not merged in/);
  onLook = merge;
  await (await open()).merge(weight(20));
  expect(pulls.map(({ title }) => title)).toEqual(['llm: weight 10', 'llm: weight 20']);
});

test('another step closes what the last left open: merged later it would bring back the old weight', async () => {
  await expect((await open(20)).merge(weight(50))).rejects.toThrow(/was not merged/);
  onLook = (pull) => {
    if (pull.title.endsWith(' 0')) merge(pull);
  };
  await (await open()).merge(weight(0));
  expect(pulls.map(({ state, merged }) => [state, merged])).toEqual([
    ['closed', false],
    ['closed', true],
  ]);
  expect(comments).toEqual(['Closed by Sluice: the rollout went on without it.']);
});

test('what conflicts with others by now is made anew on top of them', async () => {
  onLook = (pull) => {
    if (pull.number === 1 && pull.mergeable === true) {
      const clone = join(folder, 'people');
      git(clone, 'commit', '-q', '--allow-empty', '-m', 'people');
      git(clone, 'push', '-q', 'origin', 'HEAD:main');
      pull.mergeable = false;
    } else if (pull.number === 2) merge(pull);
  };
  await (await open()).merge(weight(10));
  expect(pulls.map(({ state, merged }) => [state, merged])).toEqual([
    ['closed', false],
    ['closed', true],
  ]);
});
