/** How a server's protocol, health and model are found out by asking it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { detectProtocol } from '../src/clients/detect.ts';
import { findModelName, whyUnwell } from '../src/clients/openai-server.ts';
import type { Protocol } from '../src/suites/types.ts';
import { startHostile, type HostileServer, type Reply } from './hostile-server.ts';
import { published as as } from './servers/published.ts';

let server: HostileServer;
beforeAll(async () => {
  server = await startHostile();
});
afterAll(() => server.close());
const reply = (given: Reply): void => server.reply(given);
const json =
  (value: unknown, status = 200): Reply =>
  (response) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

describe('which protocol', () => {
  const pages =
    (known: Record<string, unknown>): Reply =>
    (response, request, text) =>
      Object.hasOwn(known, request.url ?? '')
        ? json(known[request.url ?? ''])(response, request, text)
        : json({ error: 'no such page' }, 404)(response, request, text);
  const target = (): { origin: string; modelName: string } => ({ origin: server.origin, modelName: 'm' });

  test.each<[Protocol, Record<string, unknown>]>([
    [
      'tgi',
      {
        '/info': as(
          'tgi',
          'Info',
        )({
          model_id: 'bigscience/bloom',
          max_concurrent_requests: 128,
          max_best_of: 2,
          max_stop_sequences: 4,
          max_input_tokens: 1024,
          max_total_tokens: 2048,
          validation_workers: 2,
          max_client_batch_size: 32,
          router: 'text-generation-router',
          version: '3.3.6',
        }),
      },
    ],
    [
      'open-inference-v2',
      {
        '/v2': as(
          'open-inference',
          'MetadataServerResponse',
        )({ name: 'mlserver', version: '1', extensions: [] }),
      },
    ],
    ['ollama', { '/api/version': { version: '0.5.1' } }],
    ['torchserve', { '/ping': as('torchserve', 'Ping')({ status: 'Healthy' }) }],
    ['tf-serving', { '/v1/models/m': { model_version_status: [{ version: '1', state: 'AVAILABLE' }] } }],
    ['kserve-v1', { '/v1/models': { models: ['m'] } }],
  ])('%s', async (protocol, known) => {
    reply(pages(known));
    expect(await detectProtocol(target())).toBe(protocol);
  });

  test('none: the error says what was asked', async () => {
    reply(pages({}));
    await expect(detectProtocol(target())).rejects.toThrow(/answers no OpenAI protocol/);
  });

  test('health pages of each kind; a plain server lives when it answers', async () => {
    reply(pages({ '/v2/health/ready': {} }));
    expect(await whyUnwell(target(), '/health')).toBeUndefined();
    reply(pages({}));
    expect(await whyUnwell(target(), '/health')).toContain('HTTP 404');
    const http = { request: '{{prompt}}' };
    expect(
      await whyUnwell({ ...target(), origin: `${server.origin}/predict`, http }, '/health'),
    ).toBeUndefined();
    reply(json({}, 503));
    expect(await whyUnwell({ ...target(), http }, '/health')).toContain('HTTP 503');
  });

  test('model names of TGI, Ollama and KServe', async () => {
    for (const known of [
      { '/info': { model_id: 'x' } },
      { '/api/tags': { models: [{ name: 'x' }] } },
      { '/v1/models': { models: ['x'] } },
    ]) {
      reply(pages(known));
      expect(await findModelName({ origin: server.origin })).toBe('x');
    }
  });
});

test('the page about what is real and what is a stub has a row for every engine and protocol', () => {
  const root = resolve(import.meta.dirname, '../../..');
  const page = readFileSync(join(root, 'docs/servers.md'), 'utf8');
  const types = parse(readFileSync(join(root, 'actions/inference-test/action-types.yml'), 'utf8')) as {
    inputs: Record<'engine' | 'protocol', { 'allowed-values': string[] }>;
  };
  const names = [types.inputs.engine, types.inputs.protocol].flatMap((input) => input['allowed-values']);
  const rows = page.split('\n').flatMap((line) => /^\| (.+?) \|/.exec(line)?.[1] ?? []);
  expect(names.filter((name) => name !== 'auto' && !rows.some((row) => row.includes(`\`${name}\``)))).toEqual(
    [],
  );
});
