import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runtimeToken } from '../src/artifacts.ts';
import { READ_ONLY_TOKEN, startEmulator, type Emulator } from '../src/server.ts';

let github: Emulator;
const SHA = 'a'.repeat(40);

beforeAll(async () => {
  github = await startEmulator({
    repositories: [
      { name: 'acme/llm', sha: SHA, files: { 'README.md': 'hello', 'models/v1/card.yaml': 'x: 1' } },
    ],
  });
});
afterAll(async () => {
  await github.close();
});

interface Reply {
  status: number;
  body: Record<string, unknown>;
}

async function call(method: string, path: string, body?: unknown, token = 'ghs_test'): Promise<Reply> {
  const answer = await fetch(`${github.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}

describe('deployments', () => {
  test('a status is kept, and a later success ends earlier deployments that are not production', async () => {
    const make = {
      ref: 'main',
      environment: 'staging',
      required_contexts: [],
      payload: { digest: 'sha256:1' },
    };
    const first = await call('POST', '/repos/acme/llm/deployments', make);
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ sha: SHA, environment: 'staging', payload: { digest: 'sha256:1' } });
    const second = await call('POST', '/repos/acme/llm/deployments', make);
    for (const { body } of [first, second]) {
      const status = await call('POST', `/repos/acme/llm/deployments/${String(body['id'])}/statuses`, {
        state: 'success',
      });
      expect(status.status).toBe(201);
    }
    const [old, now] = github.world.repositories['acme/llm']?.deployments ?? [];
    expect(old?.statuses.map((status) => status.state)).toEqual(['success', 'inactive']);
    expect(now?.statuses.map((status) => status.state)).toEqual(['success']);
    const listed = await call('GET', '/repos/acme/llm/deployments?environment=staging&per_page=1');
    expect(listed.body).toMatchObject([{ id: second.body['id'] }]);
    const environments = await call('GET', '/repos/acme/llm/environments');
    expect(environments.body).toMatchObject({ total_count: 1, environments: [{ name: 'staging' }] });
  });

  test('what GitHub refuses is refused: a wrong state, a long description, an unknown ref, a text as number', async () => {
    const made = await call('POST', '/repos/acme/llm/deployments', {
      ref: 'main',
      environment: 'production',
    });
    const path = `/repos/acme/llm/deployments/${String(made.body['id'])}/statuses`;
    expect((await call('POST', path, { state: 'done' })).status).toBe(422);
    expect((await call('POST', path, {})).status).toBe(422);
    expect((await call('POST', '/repos/acme/llm/deployments', { ref: 'gone' })).status).toBe(422);
    expect((await call('GET', '/repos/acme/llm/deployments?per_page=many')).status).toBe(422);
    expect((await call('GET', '/repos/acme/nothing/deployments')).status).toBe(404);
  });

  test('no token is 401, a read-only token is 403 on a write', async () => {
    const anonymous = await fetch(`${github.url}/repos/acme/llm/deployments`);
    expect(anonymous.status).toBe(401);
    const write = await call('POST', '/repos/acme/llm/deployments', { ref: 'main' }, READ_ONLY_TOKEN);
    expect(write).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } });
    expect((await call('GET', '/repos/acme/llm/deployments', undefined, READ_ONLY_TOKEN)).status).toBe(200);
  });
});

describe('git, checks, issues', () => {
  test('a file is changed by its blob, and a stale blob is refused', async () => {
    const file = await call('GET', '/repos/acme/llm/contents/models/v1/card.yaml');
    expect(Buffer.from(String(file.body['content']), 'base64').toString()).toBe('x: 1');
    const change = { message: 'two', content: Buffer.from('x: 2').toString('base64') };
    expect((await call('PUT', '/repos/acme/llm/contents/models/v1/card.yaml', change)).status).toBe(422);
    const sha = file.body['sha'];
    const put = await call('PUT', '/repos/acme/llm/contents/models/v1/card.yaml', { ...change, sha });
    expect(put.status).toBe(200);
    expect(
      (await call('PUT', '/repos/acme/llm/contents/models/v1/card.yaml', { ...change, sha })).status,
    ).toBe(409);
    const ref = await call('GET', '/repos/acme/llm/git/ref/heads%2Fmain');
    expect(ref.body).toMatchObject({ object: { sha: (put.body['commit'] as { sha: string }).sha } });
    const back = await call('PATCH', '/repos/acme/llm/git/refs/heads/main', { sha: SHA });
    expect(back).toMatchObject({ status: 422, body: { message: 'Update is not a fast forward' } });
    expect((await call('GET', '/repos/acme/llm/contents/models/v1')).body).toMatchObject([{ type: 'file' }]);
  });

  test('check runs and comments are created and updated', async () => {
    const check = await call('POST', '/repos/acme/llm/check-runs', { name: 'gate', head_sha: SHA });
    expect(check.body).toMatchObject({ status: 'queued', conclusion: null });
    const done = await call('PATCH', `/repos/acme/llm/check-runs/${String(check.body['id'])}`, {
      status: 'completed',
      conclusion: 'failure',
      output: { title: 'red', summary: 'accuracy 0.4 < 0.9' },
    });
    expect(done.body).toMatchObject({ status: 'completed', conclusion: 'failure', output: { title: 'red' } });
    const issue = await call('POST', '/repos/acme/llm/issues', { title: 'rolled back', labels: ['llm'] });
    const comments = `/repos/acme/llm/issues/${String(issue.body['number'])}/comments`;
    const comment = await call('POST', comments, { body: 'first' });
    await call('PATCH', `/repos/acme/llm/issues/comments/${String(comment.body['id'])}`, { body: 'second' });
    expect((await call('GET', comments)).body).toMatchObject([{ body: 'second' }]);
    expect((await call('GET', '/repos/acme/llm/issues?labels=other')).body).toEqual([]);
    const event = { event_type: 'model-promoted', client_payload: { model: 'llm' } };
    expect((await call('POST', '/repos/acme/llm/dispatches', event)).status).toBe(204);
    expect(github.world.repositories['acme/llm']?.dispatches).toEqual([
      { event: 'model-promoted', payload: { model: 'llm' } },
    ]);
  });
});

test("GitHub's own client works against it, from page to page", async () => {
  const { getOctokit } = await import('@actions/github');
  const octokit = getOctokit('ghs_test', { baseUrl: github.url });
  const here = { owner: 'acme', repo: 'llm' };
  for (const index of [1, 2, 3]) {
    const payload = { releaseDigest: `sha256:${index}` };
    await octokit.rest.repos.createDeployment({
      ...here,
      ref: SHA,
      environment: 'pages',
      payload,
      required_contexts: [],
    });
  }
  const all = await octokit.paginate(octokit.rest.repos.listDeployments, {
    ...here,
    environment: 'pages',
    per_page: 2,
  });
  expect(all.map(({ payload }) => payload)).toEqual(
    [3, 2, 1].map((index) => ({ releaseDigest: `sha256:${index}` })),
  );
  const ref = await octokit.rest.git.getRef({ ...here, ref: 'heads/main' });
  expect(ref.data.ref).toBe('refs/heads/main');
});

describe('artifacts', () => {
  const run = '42';
  const twirp = async (method: string, body: object, token = runtimeToken(run)): Promise<Reply> =>
    call('POST', `/twirp/github.actions.results.api.v1.ArtifactService/${method}`, body, token);
  const ids = { workflow_run_backend_id: run, workflow_job_run_backend_id: 'job' };

  test('blocks are put together by their list, finalized by size and digest, and read back by range', async () => {
    const created = await twirp('CreateArtifact', {
      ...ids,
      name: 'record',
      version: 7,
      mime_type: 'application/zip',
    });
    const address = String(created.body['signed_upload_url']);
    for (const [id, part] of [
      ['b', 'world'],
      ['a', 'hello '],
    ] as const) {
      const put = await fetch(`${address}&comp=block&blockid=${id}`, { method: 'PUT', body: part });
      expect(put.status).toBe(201);
    }
    const list = '<BlockList><Latest>a</Latest><Latest>b</Latest></BlockList>';
    expect((await fetch(`${address}&comp=blocklist`, { method: 'PUT', body: list })).status).toBe(201);
    const hash = `sha256:${createHash('sha256').update('hello world').digest('hex')}`;
    expect((await twirp('FinalizeArtifact', { ...ids, name: 'record', size: '12', hash })).status).toBe(400);
    expect((await twirp('FinalizeArtifact', { ...ids, name: 'record', size: '11', hash })).status).toBe(200);
    expect((await twirp('ListArtifacts', { ...ids, name_filter: 'record' })).body).toMatchObject({
      artifacts: [{ name: 'record', digest: hash, size: '11' }],
    });
    const signed = await twirp('GetSignedArtifactURL', { ...ids, name: 'record' });
    const url = String(signed.body['signed_url']);
    const part = await fetch(url, { headers: { range: 'bytes=6-' } });
    expect([part.status, await part.text()]).toEqual([206, 'world']);
    expect((await fetch(url.replace(/sig=.*/, 'sig=forged'))).status).toBe(403);
    expect((await twirp('CreateArtifact', { ...ids, name: 'record' })).status).toBe(409);
    const listed = await call('GET', '/repos/acme/llm/actions/runs/42/artifacts');
    expect(listed.body).toMatchObject({ total_count: 1, artifacts: [{ name: 'record', digest: hash }] });
  });

  test("another run's token is refused", async () => {
    expect((await twirp('ListArtifacts', ids, runtimeToken('43'))).status).toBe(401);
  });
});

test('no answer broke the schema of GitHub', async () => {
  const state = await call('GET', '/_emulator/state');
  expect(state.body['violations']).toEqual([]);
  expect((state.body['requests'] as unknown[]).length).toBeGreaterThan(30);
});
