import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { normalizeEtag } from '@sluice/model-store/content-hash';
import { chooseCacheDir, repoFolder } from '@sluice/model-store/layout';
import { describePathFault } from '@sluice/runtime/safe-path';

describe('where the cache is', () => {
  const all = {
    HF_HUB_CACHE: '/hub',
    HUGGINGFACE_HUB_CACHE: '/old',
    HF_HOME: '/home',
    XDG_CACHE_HOME: '/xdg',
  };
  test.each([
    ['mine', all, '/work/mine'],
    ['~/mine', all, join(homedir(), 'mine')],
    [undefined, all, '/hub'],
    [undefined, { ...all, HF_HUB_CACHE: '' }, '/old'],
    [undefined, { HF_HOME: '/home', XDG_CACHE_HOME: '/xdg' }, '/home/hub'],
    [undefined, { XDG_CACHE_HOME: '/xdg' }, '/xdg/huggingface/hub'],
    [undefined, {}, join(homedir(), '.cache/huggingface/hub')],
  ])('input %s, environment %o', (input, env, expected) => {
    expect(chooseCacheDir(input, env, '/work').path).toBe(expected);
  });

  test('a repository has its folder', () => {
    expect(repoFolder('/c', 'org/name').root).toBe('/c/models--org--name');
    expect(repoFolder('/c', 'gpt2').blobs).toBe('/c/models--gpt2/blobs');
    expect(repoFolder('/c', 'org/name', 'dataset').locks).toBe('/c/.locks/datasets--org--name');
  });
});

test.each(['config.json', 'a/b/c.txt', '.gitattributes', 'ü/ö.bin', 'a b.txt', '...a', 'x..y'])(
  'path %j may be written',
  (path) => {
    expect(describePathFault(path)).toBeUndefined();
  },
);

test.each([
  '',
  '..',
  '../x',
  'a/../../x',
  '/etc/passwd',
  'C:x',
  'a\\b',
  './a',
  'a//b',
  'a/',
  'a\0b',
  'a\nb',
  'a./b',
  'x '.repeat(600),
])('path %j may not', (path) => {
  expect(describePathFault(path)).toEqual(expect.any(String));
});

// huggingface_hub, tests/test_file_download.py, TestNormalizeEtag
test.each([
  ['"a16a55fda99d2f2e7b69cce5cf93ff4ad3049930"', 'a16a55fda99d2f2e7b69cce5cf93ff4ad3049930'],
  ['W/"a16a55fda99d2f2e7b69cce5cf93ff4ad3049930"', 'a16a55fda99d2f2e7b69cce5cf93ff4ad3049930'],
  ['a16a55fda99d2f2e7b69cce5cf93ff4ad3049930', 'a16a55fda99d2f2e7b69cce5cf93ff4ad3049930'],
])('etag %s', (header, expected) => {
  expect(normalizeEtag(header)).toBe(expected);
});
