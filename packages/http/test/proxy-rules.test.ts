import { expect, test } from '@jest/globals';
import { isReachedDirectly } from '../src/proxy-rules.ts';

const PROXY = { HTTPS_PROXY: 'http://proxy:3128', http_proxy: 'http://proxy:3128' };
const direct = (url: string, env: NodeJS.ProcessEnv): boolean => isReachedDirectly(new URL(url), env);

test('without a proxy for the protocol all is direct; plain http to this machine is always', () => {
  expect(direct('https://hub.test/a', {})).toBe(true);
  expect(direct('https://hub.test/a', { HTTP_PROXY: 'http://proxy:3128' })).toBe(true);
  expect(direct('https://hub.test/a', PROXY)).toBe(false);
  expect(direct('http://hub.test/a', PROXY)).toBe(false);
  expect(direct('http://127.0.0.1:80/a', PROXY)).toBe(true);
  expect(direct('https://127.0.0.1/a', PROXY)).toBe(false);
});

test.each([
  ['*', true],
  ['hub.test', true],
  ['HUB.test', true],
  ['a.test, hub.test', true],
  ['hub.test:443', true],
  ['hub.test:8443', false],
  ['.test', true],
  ['*.test', true],
  // Node's agents take a bare domain for the host alone.
  ['test', false],
  ['ub.test', false],
  ['10.0.0.1-10.0.0.9', false],
  ['', false],
])('NO_PROXY=%s', (rule, expected) => {
  expect(direct('https://hub.test/a', { ...PROXY, NO_PROXY: rule })).toBe(expected);
  expect(direct('https://hub.test/a', { ...PROXY, no_proxy: rule })).toBe(expected);
});
