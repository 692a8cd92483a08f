import { expect, test } from '@jest/globals';
import { killed, type Kill } from './kube-kills.ts';

// Every kill of `bench/rollout/kube-kill.ts`, which the long lane runs, would take minutes: these are some that found faults.
test.each<Kill>([
  { surge: 'surge', bad: false, after: 5, second: 'same' },
  { surge: 'surge', bad: false, after: 22, second: 'other' },
  { surge: 'surge', bad: false, after: 26, second: 'same' },
  { surge: 'none', bad: false, after: 17, second: 'other' },
  { surge: 'none', bad: false, after: 22, second: 'abort' },
  { surge: 'surge', bad: false, after: 14, second: 'same', strategy: 'blue-green' },
  { surge: 'surge', bad: true, after: 15, second: 'other', strategy: 'shadow' },
])('$surge, bad: $bad, killed after write $after, then $second $strategy', async (kill) => {
  expect((await killed(kill)).faults).toEqual([]);
});
