/** The model card's door: for a protected environment it has to be approved, and by somebody else than who made the release. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';
import type { ActionOutcome } from '@sluice/testing/runner';

let live: LiveService;
/** GitHub's answer for each environment, as "Get an environment" describes it. */
const ENVIRONMENTS: Record<string, [status: number, body: object]> = {
  production: [200, { id: 1, name: 'production', protection_rules: [{ id: 2, type: 'required_reviewers' }] }],
  branches: [200, { id: 2, name: 'branches', protection_rules: [], deployment_branch_policy: { protected_branches: true } }], // prettier-ignore
  staging: [200, { id: 3, name: 'staging', protection_rules: [], deployment_branch_policy: null }],
  hidden: [403, { message: 'Resource not accessible by integration' }],
};
const api = createServer((request, response) => {
  const name = /\/environments\/(\w+)$/.exec(request.url ?? '')?.[1] ?? '';
  const [status, body] = ENVIRONMENTS[name] ?? [404, { message: 'Not Found' }];
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
});

beforeAll(async () => {
  live = await LiveService.open();
  live.weights('v1');
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  api.closeAllConnections();
  api.close();
  await live.close();
});

function plan(environment: string, status: string, approvedBy: string): Promise<ActionOutcome> {
  const [card, event] = [join(live.folder, 'model-card.yaml'), join(live.folder, 'event.json')];
  const spec = `spec:\n  status: ${status}\n${approvedBy === '' ? '' : `  approvedBy: ${approvedBy}\n`}`;
  writeFileSync(
    card,
    `apiVersion: llm/v1\nkind: ModelVersion\nmetadata:\n  name: llm\n  version: '1'\n${spec}`,
  );
  writeFileSync(event, JSON.stringify({ pusher: { name: 'alice' } }));
  const { port } = api.address() as AddressInfo;
  return live.deploy(
    'v1',
    { 'dry-run': 'true', 'model-card': card, environment, 'github-token': 'ghs_x' },
    { env: { GITHUB_API_URL: `http://127.0.0.1:${port}`, GITHUB_EVENT_PATH: event, GITHUB_ACTOR: 'bob' } },
  );
}

test.each([
  [
    'production',
    'evaluated',
    '',
    'gate-failed',
    /is evaluated, not approved, and environment production is protected/,
  ],
  ['production', 'approved', 'Alice', 'gate-failed', /approved by Alice, who made this release/],
  ['production', 'approved', 'zhang.wei', 'success', /is approved by zhang.wei/],
  ['branches', 'evaluated', '', 'gate-failed', /environment branches is protected/],
  ['staging', 'evaluated', '', 'success', /model-card.yaml is evaluated/],
  ['new', 'evaluated', '', 'success', /model-card.yaml is evaluated/],
  ['staging', 'draft', '', 'gate-failed', /is draft, not evaluated/],
  // What GitHub doesn't tell keeps the door shut.
  ['hidden', 'evaluated', '', 'gate-failed', /doesn't say whether it is protected .*actions: read/],
])('%s, %s by "%s": %s', async (environment, status, by, outcome, said) => {
  const { outputs, stdout } = await plan(environment, status, by);
  expect([outputs['outcome'], stdout]).toEqual([outcome, expect.stringMatching(said)]);
});
