/** Before the first deployment there is nothing to split: the one version has all requests. */
import type { Router } from './router.ts';

export const noRouter: Router = {
  name: 'none',
  check: () => Promise.resolve([]),
  prepare: () => Promise.resolve(),
  read: () => Promise.resolve(undefined),
  set: () => Promise.resolve(),
  remove: () => Promise.resolve(),
  describe: () => Promise.resolve('all requests go to the one version'),
};
