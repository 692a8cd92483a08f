import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runAction } from '@sluice/testing/runner';

/** Drift of texts by a server of embeddings, through the committed bundle. */

let server: Server;
let workspace: string;
let asked: { model: string; input: string[]; token: string | undefined }[] = [];

/** A vector that tells two subjects apart by their words, as a model of embeddings would. */
const embed = (text: string): number[] => {
  const share = (pattern: RegExp): number => (text.match(pattern) ?? []).length / text.split(' ').length;
  return [share(/cook|bake|soup/gu), share(/court|law|judge/gu), 0.1 + (text.length % 7) / 100];
};

beforeAll(async () => {
  workspace = mkdtempSync(join(tmpdir(), 'sluice-embeddings-'));
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      if (request.url === '/v1/models') {
        response.end(JSON.stringify({ data: [{ id: 'embedder' }] }));
        return;
      }
      const body = JSON.parse(Buffer.concat(parts).toString()) as { model: string; input: string[] };
      asked.push({ ...body, token: request.headers.authorization });
      if (body.input.some((text) => text.includes('too long'))) {
        response.writeHead(413).end('input is too large to process');
        return;
      }
      const data = body.input.map((text, index) => ({ object: 'embedding', index, embedding: embed(text) }));
      response.end(JSON.stringify({ object: 'list', data: data.reverse(), model: body.model }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  rmSync(workspace, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

const put = (path: string, texts: readonly string[]): void =>
  writeFileSync(join(workspace, path), texts.map((prompt, id) => JSON.stringify({ id, prompt })).join('\n'));
const cooking = (from: number): string[] =>
  Array.from({ length: 70 }, (_, i) => `how do I ${['cook', 'bake'][(i + from) % 2]} a soup of ${'very '.repeat((i + from) % 5)}many greens, number ${i + from}`); // prettier-ignore
const law = Array.from({ length: 70 }, (_, i) => `may a judge at court read the law of ${'very '.repeat(i % 5)}many lands, number ${i}`); // prettier-ignore
const gate = async (inputs: Record<string, string> = {}) => {
  asked = [];
  return runAction('eval-gate', {
    cwd: workspace,
    inputs: {
      'drift-reference': 'before.jsonl',
      'drift-current': 'now.jsonl',
      'embeddings-endpoint': `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      'embeddings-token': 'secret-of-embeddings',
      thresholds: 'prompt.embedding.mmd_p >= 0.001\nprompt.embedding.cosine <= 0.2',
      'data-report': 'drift.html',
      ...inputs,
    },
  });
};

test('the same subject passes, another one is red; the server is asked for both sides once', async () => {
  put('before.jsonl', cooking(0));
  put('now.jsonl', cooking(3));
  const same = await gate();
  expect(same.stdout).not.toContain('::error');
  expect(same.outputs['verdict']).toBe('pass');
  expect(asked.flatMap(({ input }) => input)).toHaveLength(140);
  expect(new Set(asked.map(({ model, token }) => `${model} ${token ?? ''}`))).toEqual(
    new Set(['embedder Bearer secret-of-embeddings']),
  );
  put('now.jsonl', law);
  const other = await gate();
  expect(other).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail' } });
  expect(JSON.parse(other.outputs['metrics'] ?? '')).toMatchObject({ 'prompt.embedding.mmd_p': 0.0002 });
});

test('what can not be asked is told with its mend', async () => {
  put('before.jsonl', cooking(0));
  put('now.jsonl', ['this one is too long', ...law]);
  const refused = await gate();
  expect(refused.outputs['outcome']).toBe('config-error');
  expect(refused.stdout).toContain('does it take ones this long?');
  const unasked = await gate({ thresholds: 'prompt.psi <= 0.2' });
  expect(unasked.stdout).toContain('no rule asks for embeddings');
  const alone = await gate({ 'embeddings-endpoint': '' });
  expect(alone.stdout).toContain('input `embeddings-token` needs `embeddings-endpoint`');
});
