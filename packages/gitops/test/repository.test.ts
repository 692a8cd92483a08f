/** Commits to a real bare repository: races, refusals, and what may not leave the clone. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress, parseBranch, parsePath } from '../src/address.ts';
import { Repository } from '../src/repository.ts';

const MAIN = 'refs/heads/main';
let folder: string;
let bare: string;
let repository: Repository;
/** Of the branch; undefined while there is none. */
let first: string | undefined;

// One for all tests: each makes files of its own, and the hook that refuses comes last.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitops-test-'));
  bare = join(folder, 'bare.git');
  git(folder, 'init', '-q', '--bare', '-b', 'main', bare);
  git(folder, 'clone', '-q', bare, 'other');
  await push('other', 'apps/llm.yaml', 'replicas: 1\n');
  repository = await open();
  first = await repository.fetch(MAIN);
});

afterAll(async () => {
  await repository.close();
  await rm(folder, { recursive: true, force: true });
});

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=t', '-c', 'user.email=t@test', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

async function push(clone: string, file: string, text: string): Promise<void> {
  const at = join(folder, clone);
  if (first !== undefined) git(at, 'pull', '-q', '--rebase', '--autostash', 'origin', 'main');
  execFileSync('mkdir', ['-p', join(at, file, '..')]);
  await writeFile(join(at, file), text);
  git(at, 'add', '-A');
  git(at, 'commit', '-q', '-m', file);
  git(at, 'push', '-q', 'origin', 'HEAD:main');
}

function open(): Promise<Repository> {
  const address = parseAddress(`file://${bare}`, 'https://github.test');
  return Repository.open({ address, env: process.env, signal: new AbortController().signal });
}

const edited = (path: string, text: string) => ({
  changes: new Map([[path, text]]),
  message: 'one\n\ntwo\n',
});

test('a race by another clone: ours stands on top of theirs, nothing is forced', async () => {
  let tries = 0;
  const { sha, made } = await repository.change(MAIN, async (tip) => {
    tries += 1;
    const files = await repository.read(String(tip), 'apps');
    if (tries === 1) {
      await push('other', 'apps/theirs.yaml', 'x: 1\n');
    }
    return edited('apps/llm.yaml', `${String(files.get('apps/llm.yaml'))}# ${files.size} files\n`);
  });
  expect([tries, made]).toEqual([2, true]);
  expect(git(bare, 'log', '--format=%s', 'main').trim().split('\n')).toEqual([
    'one',
    'apps/theirs.yaml',
    'apps/llm.yaml',
  ]);
  expect(git(bare, 'show', 'main:apps/llm.yaml')).toBe('replicas: 1\n# 2 files\n');
  expect(git(bare, 'rev-parse', 'main').trim()).toBe(sha);
});

test('two at the same moment: both land, one after the other; nothing to change makes no commit', async () => {
  const second = await open();
  try {
    await Promise.all([
      repository.change(MAIN, () => Promise.resolve(edited('a', '1'))),
      second.change(MAIN, () => Promise.resolve(edited('b', '2'))),
    ]);
    expect(git(bare, 'ls-tree', '--name-only', 'main').trim().split('\n')).toEqual(['a', 'apps', 'b']);
    const { made, sha } = await second.change(MAIN, () => Promise.resolve(undefined));
    expect([made, sha]).toEqual([false, git(bare, 'rev-parse', 'main').trim()]);
  } finally {
    await second.close();
  }
});

test('links and submodules are no files, so that nothing is read or written through them', async () => {
  const at = join(folder, 'other');
  execFileSync('ln', ['-s', '/etc', join(at, 'apps', 'out')]);
  execFileSync('ln', ['-s', '/etc/passwd', join(at, 'apps', 'passwd.yaml')]);
  await push('other', 'apps/ok.yaml', 'x: 1\n');
  const tip = await repository.fetch(MAIN);
  expect([...(await repository.read(String(tip), 'apps')).keys()].sort()).toEqual([
    'apps/llm.yaml',
    'apps/ok.yaml',
    'apps/theirs.yaml',
  ]);
});

test('refs that are not there, and addresses that nobody has', async () => {
  expect(await repository.fetch('refs/sluice/none')).toBeUndefined();
  const { made } = await repository.change('refs/sluice/one', (tip) =>
    Promise.resolve(tip === undefined ? edited('s', '1') : undefined),
  );
  expect(made).toBe(true);
  expect(git(bare, 'show', 'refs/sluice/one:s')).toBe('1');
  const address = parseAddress(`file://${folder}/none.git`, 'https://github.test');
  const nowhere = await Repository.open({ address, env: process.env, signal: new AbortController().signal });
  await expect(nowhere.fetch(MAIN)).rejects.toThrow(/there is no such repository/);
  await nowhere.close();
});

test('a token is in no file of the clone and on no command line', async () => {
  const address = parseAddress('http://127.0.0.1:9/o/r.git', 'https://github.test');
  const remote = await Repository.open({
    address,
    token: 'hunter2',
    env: process.env,
    signal: AbortSignal.timeout(300),
  });
  await expect(remote.fetch(MAIN)).rejects.toThrow(expect.not.stringContaining('hunter2'));
  const clones = (await readdir(tmpdir())).filter((name) => name.startsWith('sluice-gitops-'));
  for (const name of clones) {
    const config = await readFile(join(tmpdir(), name, 'git', 'config'), 'utf8').catch(() => '');
    expect(config).not.toMatch(/hunter2|extraheader|url/i);
  }
  await remote.close();
});

test('addresses, branches and paths: what leads elsewhere is refused', () => {
  const server = 'https://github.test';
  expect(parseAddress('acme/fleet', server)).toMatchObject({
    url: 'https://github.test/acme/fleet.git',
    origin: server,
    slug: 'acme/fleet',
  });
  expect(parseAddress('https://github.test/acme/fleet', server).slug).toBe('acme/fleet');
  expect(parseAddress('https://git.test/acme/fleet', server)).toMatchObject({
    origin: 'https://git.test',
    slug: undefined,
  });
  expect(parseAddress('git@git.test:acme/fleet.git', server).origin).toBeUndefined();
  for (const bad of [
    'https://u:p@git.test/x',
    'http://git.test/x',
    'ext::sh -c id',
    '--upload-pack=id',
    '/etc',
    'https://git.test/x?y=1',
  ])
    expect(() => parseAddress(bad, server)).toThrow(/gitops-repository/);
  for (const bad of ['../x', '/etc', 'a/../../b', '.git/config', 'a/.GIT/hooks', 'a\nb', ':(top)x', '-x'])
    expect(() => parsePath(bad)).toThrow(/gitops-path/);
  expect([parsePath(''), parsePath('./apps/llm/'), parsePath('a/./b.yaml')]).toEqual([
    '',
    'apps/llm',
    'a/b.yaml',
  ]);
  for (const bad of ['-f', 'a..b', 'a b', 'x.lock', '/x', 'x^'])
    expect(() => parseBranch(bad)).toThrow(/gitops-branch/);
  expect(parseBranch('release/1.x')).toBe('release/1.x');
});

test('a hook that refuses: its words, and the way round', async () => {
  const hook = join(bare, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\necho "main is a protected branch" >&2\nexit 1\n');
  await chmod(hook, 0o755);
  await expect(repository.change(MAIN, () => Promise.resolve(edited('a', '1')))).rejects.toThrow(
    /refuses the push to main: main is a protected branch.*`gitops-mode: pull-request`/s,
  );
});
