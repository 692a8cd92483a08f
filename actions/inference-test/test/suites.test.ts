/** Suites through the committed bundle: what is wrong in them is told with file, line, key and the nearest name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promptsDigest } from '@sluice/release/prompts';
import { readRecord } from '@sluice/release/record';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

let server: Server;
let endpoint = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    if (request.method === 'GET') {
      response.end(JSON.stringify({ data: [{ id: 'm' }] }));
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const data = JSON.stringify({ choices: [{ text: 'Paris', finish_reason: 'stop' }] });
    response.end(`data: ${data}\n\ndata: [DONE]\n\n`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  endpoint = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function workspaceWith(files: Record<string, string>): string {
  const workspace = mkdtempSync(join(tmpdir(), 'suites-'));
  mkdirSync(join(workspace, 'prompts/capital'), { recursive: true });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(workspace, path), text);
  return workspace;
}

const go = (cwd: string, inputs: Record<string, string>): Promise<ActionOutcome> =>
  runAction('inference-test', { inputs: { endpoint, suite: 'a.yaml', ...inputs }, cwd });

test('typos of every new kind, in keys, and in tables: all told at once', async () => {
  const assert = [
    ['type: context-recal', 'value: x'],
    ['type: factualty', 'value: x'],
    ['type: g-eval', 'value: x', 'thresold: 0.5'],
    ['type: not-context-relevanse'],
    ['type: anser-relevance'],
  ];
  const suite = `tests:\n  - vars: {prompt: p, query: q, context: c}\n    assert:\n${assert.map((lines) => `      - {${lines.join(', ')}}\n`).join('')}`;
  const workspace = workspaceWith({ 'a.yaml': suite });
  const ran = await go(workspace, { validate: 'true' });
  expect(ran).toMatchObject({ exitCode: 1, outputs: { outcome: 'config-error' } });
  for (const told of [
    "a.yaml:4:10: tests[0].assert[0].type: unknown assertion 'context-recal'; did you mean 'context-recall'?",
    "a.yaml:5:10: tests[0].assert[1].type: unknown assertion 'factualty'; did you mean 'factuality'?",
    "a.yaml:6:34: tests[0].assert[2].thresold: unknown key 'thresold'; did you mean 'threshold'?",
    "a.yaml:7:10: tests[0].assert[3].type: unknown assertion 'not-context-relevanse'; did you mean 'not-context-relevance'?",
    "a.yaml:8:10: tests[0].assert[4].type: unknown assertion 'anser-relevance'; did you mean 'answer-relevance'?",
  ])
    expect(ran.stdout).toContain(told);
});

test('a kind that needs a variable or a judge says so before anything is asked', async () => {
  const suite = (vars: string): string =>
    `tests:\n  - vars: {prompt: p${vars}}\n    assert:\n      - type: context-faithfulness\n`;
  const workspace = workspaceWith({ 'a.yaml': suite(', query: q') });
  const missing = await go(workspace, {});
  expect(missing.stdout).toContain(
    "a.yaml:4:9: tests[0].assert[0].type: 'context-faithfulness' needs the variable 'context'",
  );
  writeFileSync(join(workspace, 'a.yaml'), suite(', query: q, context: c'));
  const unjudged = await go(workspace, {});
  expect(unjudged.stdout).toContain('input `judge-endpoint` is empty');
  expect(unjudged.outputs['outcome']).toBe('config-error');
});

test('versions of prompts are a part of the release: a changed one is another release', async () => {
  const prompt = 'prompts/capital/v2.txt';
  const workspace = workspaceWith({
    'a.yaml':
      'prompts: [prompts/capital@v2]\ntests:\n  - vars: {c: France}\n    assert: [{type: contains, value: Paris}]\n',
    [prompt]: 'The capital of {{c}} is',
    'prompts/system.txt': 'Be brief.',
  });
  const inputs = { protocol: 'openai-completions' };
  expect((await go(workspace, inputs)).outputs['verdict']).toBe('pass');
  const path = join(workspace, 'sluice-run/release.json');
  const known = (await readRecord(path))?.unit.prompts;
  expect(known).toBe(await promptsDigest([join(workspace, prompt)], workspace));
  writeFileSync(join(workspace, prompt), 'The capital of {{c}}:');
  const changed = await go(workspace, inputs);
  expect(changed.outputs['outcome']).toBe('gate-failed');
  expect(changed.stdout).toContain('this is another release: the suites ask with other prompt files');
  const named = await go(workspace, {
    ...inputs,
    prompts: 'prompts',
    'release-record': join(workspace, 'b.json'),
  });
  expect(named.outputs['verdict']).toBe('pass');
  const both = [join(workspace, prompt), join(workspace, 'prompts/system.txt')];
  expect((await readRecord(join(workspace, 'b.json')))?.unit.prompts).toBe(
    await promptsDigest(both, workspace),
  );
});
