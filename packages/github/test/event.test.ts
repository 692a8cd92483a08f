import { expect, test } from '@jest/globals';
import { authorsOf, placeOf } from '@sluice/github/event';

test.each([
  ['a pull request', { pull_request: { number: 7, head: { sha: 'h' } } }, { pullRequest: 7, sha: 'h' }],
  [
    'a run after a pull request',
    { workflow_run: { head_sha: 'h', pull_requests: [{ number: 7 }] } },
    { pullRequest: 7, sha: 'h' },
  ],
  [
    "a run after a fork's",
    { workflow_run: { head_sha: 'h', pull_requests: [] } },
    { pullRequest: undefined, sha: 'h' },
  ],
  ['a word on a pull request', { issue: { number: 7, pull_request: {} } }, { pullRequest: 7, sha: 's' }],
  ['a word on an issue', { issue: { number: 7 } }, { pullRequest: undefined, sha: 's' }],
  ['a push', { ref: 'refs/heads/main', pull_request: null }, { pullRequest: undefined, sha: 's' }],
  ['nothing', undefined, { pullRequest: undefined, sha: 's' }],
])('%s', (_name, event, place) => expect(placeOf(event, 's')).toEqual(place));

test('who made a release: who started the run, pushed, committed, or proposed it', () => {
  const event = {
    pusher: { name: 'alice' },
    head_commit: { author: { username: 'bob' } },
    commits: [{ author: { username: 'bob' } }, { author: { name: 'no account' } }],
    pull_request: { user: { login: 'carol' } },
    workflow_run: { actor: { login: 'dave' } },
  };
  expect(authorsOf(event, ['erin', undefined, ''])).toEqual(['erin', 'alice', 'bob', 'carol', 'dave']);
  expect(authorsOf(undefined, ['erin'])).toEqual(['erin']);
});
