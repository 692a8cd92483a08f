import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { READ_ONLY_TOKEN, startEmulator, type Emulator } from '../../../e2e/github/src/server.ts';
import type { Repository } from '../../../e2e/github/src/world.ts';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

/** The bundle against GitHub's API, whose every request and answer is checked by GitHub's own description. */

const SHA = 'a'.repeat(40);
let github: Emulator;
let workspace: string;
let repository: Repository;
beforeEach(async () => {
  github = await startEmulator({ repositories: [{ name: 'acme/llm', sha: SHA }] });
  workspace = mkdtempSync(join(tmpdir(), 'sluice-gate-'));
  repository = github.world.repositories['acme/llm'] as Repository;
  const now = '2026-01-01T00:00:00Z';
  const times = { created_at: now, updated_at: now, closed_at: null };
  const issue = { id: 1, number: 7, title: 'better', body: null, state: 'open', labels: [], comments: 0 };
  repository.issues.push({ ...issue, ...times });
});
afterEach(async () => {
  expect(github.world.violations).toEqual([]);
  await github.close();
  rmSync(workspace, { recursive: true, force: true });
});

const put = (path: string, content: string | object): string => {
  mkdirSync(join(workspace, path, '..'), { recursive: true });
  writeFileSync(join(workspace, path), typeof content === 'string' ? content : JSON.stringify(content));
  return join(workspace, path);
};
const PULL = { pull_request: { number: 7, head: { sha: SHA } } };
const gate = (
  accuracy: number,
  event: object,
  inputs: Record<string, string> = {},
): Promise<ActionOutcome> => {
  put('metrics.json', { accuracy });
  return runAction('eval-gate', {
    cwd: workspace,
    inputs: {
      ...{ results: 'metrics.json', thresholds: 'accuracy >= 0.9', 'pr-comment': 'true' },
      ...inputs,
    },
    jobToken: 'ghs_job_token',
    env: {
      GITHUB_API_URL: github.url,
      GITHUB_REPOSITORY: 'acme/llm',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_RUN_ID: '42',
      GITHUB_SHA: 'b'.repeat(40),
      GITHUB_ACTOR: 'octocat',
      GITHUB_EVENT_PATH: put('event.json', event),
    },
  });
};

test('one comment on the pull request, kept up to date; a stranger’s marker is left alone', async () => {
  const marker = '<!-- sluice:eval-gate/quality -->';
  const time = '2026-01-01T00:00:00Z';
  const strange = { id: 1, issue: 7, login: 'mallory', body: `${marker}\npass`, created_at: time };
  repository.comments.push({ ...strange, updated_at: time });
  expect((await gate(0.5, PULL)).exitCode).toBe(1);
  expect(repository.comments.map(({ login }) => login)).toEqual(['mallory', 'github-actions[bot]']);
  expect(repository.comments[1]?.body).toContain('## ❌ gate quality: fail');
  expect((await gate(0.95, PULL)).stdout).toContain('pr-comment: updated');
  expect(repository.comments).toHaveLength(2);
  expect(repository.comments[0]?.body).toBe(`${marker}\npass`);
  expect(repository.comments[1]?.body).toMatch(
    /^<!-- sluice:eval-gate\/quality -->\n## ✅ gate quality: pass/u,
  );
  expect(repository.comments[1]?.body).toContain('https://github.com/acme/llm/actions/runs/42');
});

test('a person’s token finds its own comment', async () => {
  const as = { 'github-token': 'ghp_octocat' };
  await gate(0.5, PULL, as);
  await gate(0.95, PULL, as);
  expect(repository.comments.map(({ login }) => login)).toEqual(['octocat']);
});

test('the check run names the line of the card where a metric fails', async () => {
  const card = 'apiVersion: llm/v1\nkind: ModelVersion\nmetadata: {name: m, version: "2.0"}\nspec:\n';
  put(
    'models/v2.0/model-card.yaml',
    `${card}  evaluation:\n    metrics:\n      f1: 0.9\n      accuracy: 0.92\n`,
  );
  await gate(0.5, PULL, {
    'pr-comment': 'false',
    'check-run': 'true',
    'model-card': 'models/v2.0/model-card.yaml',
  });
  expect(repository.comments).toEqual([]);
  expect(repository.checks).toMatchObject([
    {
      name: 'gate quality',
      head_sha: SHA,
      status: 'completed',
      conclusion: 'failure',
      annotations: [
        {
          path: 'models/v2.0/model-card.yaml',
          start_line: 8,
          annotation_level: 'failure',
          message: 'accuracy is 50 %: fail (no sample count)',
        },
      ],
    },
  ]);
  await gate(0.95, PULL, { 'pr-comment': 'false', 'check-run': 'true' });
  expect(repository.checks[1]).toMatchObject({ conclusion: 'success', annotations: [] });
});

test('a red gate without a pull request tells the author of the commit, once a run', async () => {
  repository.commits['b'.repeat(40)] = { sha: 'b'.repeat(40), message: '', parents: [], files: {}, date: '' };
  await gate(0.95, { ref: 'refs/heads/main' });
  expect(repository.commitComments).toEqual([]);
  await gate(0.5, { ref: 'refs/heads/main' });
  await gate(0.5, { ref: 'refs/heads/main' });
  expect(repository.commitComments).toHaveLength(1);
  expect(repository.commitComments[0]).toMatchObject({
    sha: 'b'.repeat(40),
    body: expect.stringContaining('@octocat'),
  });
});

test('whoever is to be told of a red gate is told; one that does not answer changes nothing', async () => {
  const got: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      got.push(JSON.parse(body) as Record<string, unknown>);
      response.end('ok');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const targets = `slack:${base}/services/x\nalertmanager:http://127.0.0.1:9`;
  const done = await gate(0.5, PULL, { notify: targets, 'pr-comment': 'false' });
  server.close();
  expect(done.outputs['verdict']).toBe('fail');
  expect(got).toMatchObject([{ text: expect.stringContaining('eval-gate: fail in acme/llm') }]);
  expect(done.stdout).toMatch(/::warning::notify alertmanager at 127\.0\.0\.1:9: it was not told/u);
});

test('a read-only token, and none, are warnings: the verdict stays', async () => {
  const done = await gate(0.95, PULL, { 'github-token': READ_ONLY_TOKEN, 'check-run': 'true' });
  expect(done.exitCode).toBe(0);
  expect(done.stdout).toMatch(/::warning::pr-comment: GitHub did not take it.*pull-requests: write/u);
  expect(done.stdout).toMatch(/::warning::check-run: GitHub did not take it.*checks: write/u);
  const none = await gate(0.95, PULL, { 'github-token': '' });
  expect(none.exitCode).toBe(0);
  expect(none.stdout).toContain('input `github-token` was not given');
});
