import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { observeTag, publishFolder } from '@sluice/registries/git-folder';
import type { RegistryContext } from '@sluice/registries/registry';
import { plainLogger } from '@sluice/runtime/logger';

/** Real git, a real bare remote. */

let root: string;
let checkout: string;
let remote: string;
let context: RegistryContext;
const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.invalid', ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
const card = (text: string): void => {
  mkdirSync(join(checkout, 'models/v2.0'), { recursive: true });
  writeFileSync(join(checkout, 'models/v2.0/model-card.yaml'), text);
  writeFileSync(join(checkout, 'models/v2.0/eval-results.json'), '{}');
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-git-test-'));
  [remote, checkout] = [join(root, 'remote.git'), join(root, 'checkout')];
  git(root, 'init', '--quiet', '--bare', '--initial-branch=main', remote);
  git(root, 'clone', '--quiet', remote, checkout);
  writeFileSync(join(checkout, 'README.md'), 'first');
  git(checkout, 'add', '.');
  git(checkout, 'commit', '--quiet', '-m', 'first');
  git(checkout, 'push', '--quiet', 'origin', 'HEAD:main');
  const env = { PATH: process.env['PATH'], HOME: root, GITHUB_REF: 'refs/heads/main' };
  context = {
    env,
    log: plainLogger(() => undefined),
    signal: AbortSignal.timeout(20_000),
    workspace: checkout,
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const target = { given: 'git:models/v2.0', folder: 'models/v2.0' };
const publish = () =>
  publishFolder(
    target,
    ['model-card.yaml', 'eval-results.json'],
    { who: 'octo', why: 'passed', link: '' },
    context,
  );

test('the folder is committed and tagged once; the checkout stays as it was', async () => {
  card('status: evaluated');
  expect(await observeTag(target, context)).toBeNull();
  const before = git(checkout, 'status', '--porcelain');
  const done = await publish();
  expect(done).toMatchObject({ target: 'git:models/v2.0', from: null, changed: true });
  expect(git(remote, 'show', 'main:models/v2.0/model-card.yaml')).toBe('status: evaluated');
  expect(git(remote, 'rev-parse', 'models/v2.0^{commit}')).toBe(git(remote, 'rev-parse', 'main'));
  expect(git(remote, 'log', '-1', '--format=%s|%an', 'main')).toBe(
    'models/v2.0: octo: passed|github-actions[bot]',
  );
  expect(git(remote, 'show', 'main:README.md')).toBe('first');
  expect(git(checkout, 'status', '--porcelain')).toBe(before);
  expect(await publish()).toMatchObject({ to: done.to, changed: false });
  expect(git(remote, 'rev-list', '--count', 'main')).toBe('2');
});

test('a tag that holds another card is never moved', async () => {
  card('accuracy: 0.9');
  await publish();
  card('accuracy: 0.8');
  await expect(publish()).rejects.toMatchObject({
    name: 'GateError',
    message: expect.stringContaining('holds another card'),
  });
  expect(git(remote, 'show', 'main:models/v2.0/model-card.yaml')).toBe('accuracy: 0.9');
});

test('somebody pushes in between: ours goes on top of theirs', async () => {
  card('accuracy: 0.9');
  const other = join(root, 'other');
  git(root, 'clone', '--quiet', remote, other);
  // The remote itself lets another commit in just before ours, once.
  const flag = join(root, 'raced');
  const hook = `#!/bin/sh\n[ -e ${flag} ] && exit 0\ntouch ${flag}\nunset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_DIR\ncd ${other} && echo theirs > theirs && git add theirs && git -c user.name=o -c user.email=o@example.invalid commit -q -m theirs && git push -q origin HEAD:main\n`;
  writeFileSync(join(remote, 'hooks/pre-receive'), hook);
  chmodSync(join(remote, 'hooks/pre-receive'), 0o755);
  expect(await publish()).toMatchObject({ changed: true });
  expect(git(remote, 'log', '--format=%s', 'main').split('\n')).toEqual([
    'models/v2.0: octo: passed',
    'theirs',
    'first',
  ]);
  expect(git(remote, 'show', 'models/v2.0:theirs')).toBe('theirs');
});

test('a push that is refused says what would help; a pull request has no branch to commit to', async () => {
  card('accuracy: 0.9');
  writeFileSync(
    join(remote, 'hooks/pre-receive'),
    '#!/bin/sh\necho "protected branch hook declined" >&2\nexit 1\n',
  );
  chmodSync(join(remote, 'hooks/pre-receive'), 0o755);
  await expect(publish()).rejects.toMatchObject({
    name: 'ConfigError',
    message: expect.stringContaining('contents: write'),
  });
  context.env['GITHUB_REF'] = 'refs/pull/7/merge';
  await expect(publish()).rejects.toThrow('promote after the merge');
});
