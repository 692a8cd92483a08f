/** The requests that reach GitHub's API, against a real server on loopback. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Logger } from '@sluice/runtime/logger';
import { deploymentsOf, readPayload, shortDescription, type Deployments } from '../src/github-deployment.ts';

interface Seen {
  method: string;
  url: string;
  body: Record<string, unknown>;
}

let server: Server;
let seen: Seen[];
let status: number;
let warnings: string[];

beforeEach(() => {
  seen = [];
  warnings = [];
  status = 201;
});

// One server for all: the client reads GITHUB_API_URL once, when it is loaded.
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        body: JSON.parse(text || '{}') as Record<string, unknown>,
      });
      response.writeHead(status, { 'content-type': 'application/json' });
      const found = [
        { id: 8, payload: { releaseDigest: 'sha256:b', service: 'other' } },
        { id: 7, payload: JSON.stringify({ releaseDigest: 'sha256:b', service: 'llm', version: 'v2' }) },
      ];
      response.end(
        status >= 400
          ? '{"message":"Resource not accessible"}'
          : JSON.stringify(request.method === 'GET' ? found : { id: 7 }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['GITHUB_API_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  delete process.env['GITHUB_API_URL'];
  server.closeAllConnections();
  server.close();
});

function open(changes: { token?: string | undefined } = {}): Promise<Deployments> {
  const log = { warning: (text: string) => void warnings.push(text) } as Logger;
  return deploymentsOf({
    environment: 'production',
    token: 'token' in changes ? changes.token : 'ghs_test',
    repository: 'acme/llm',
    sha: 'abc',
    runUrl: 'https://example.com/run/1',
    log,
  });
}

const PAYLOAD = {
  releaseDigest: 'sha256:a',
  service: 'llm',
  version: 'v2',
  weights: 'sha256:w',
  adapter: null,
};

describe('a deployment', () => {
  test('is created with what finds the release again, and without waiting for checks', async () => {
    const deployments = await open();
    expect(await deployments.create(PAYLOAD, 'canary of v2')).toBe(7);
    await deployments.mark(7, 'success', 'x'.repeat(500));
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /repos/acme/llm/deployments',
      'POST /repos/acme/llm/deployments/7/statuses',
    ]);
    expect(seen[0]?.body).toMatchObject({
      ref: 'abc',
      environment: 'production',
      payload: PAYLOAD,
      required_contexts: [],
      auto_merge: false,
    });
    expect(seen[1]?.body).toMatchObject({ state: 'success', log_url: 'https://example.com/run/1' });
    expect(String(seen[1]?.body['description'])).toHaveLength(140);
  });

  test('is found again by release and service', async () => {
    status = 200;
    const deployments = await open();
    expect(await deployments.find('sha256:b', 'llm')).toBe(7);
    expect(await deployments.find('sha256:c', 'llm')).toBeNull();
  });

  test('that may not be written costs a warning, not the rollout', async () => {
    status = 403;
    const deployments = await open();
    expect(await deployments.create(PAYLOAD, '')).toBeNull();
    await deployments.mark(null, 'success', '');
    expect(seen).toHaveLength(1);
    expect(warnings[0]).toMatch(/would not create a deployment: .*permissions: \{deployments: write\}/);
  });

  test('without a token is a warning', async () => {
    await (await open({ token: undefined })).create(PAYLOAD, '');
    expect(warnings[0]).toMatch(/no `github-token`/);
    expect(seen).toEqual([]);
  });
});

test('payloads come back as object or text; others are nobody’s', () => {
  expect(readPayload(JSON.stringify(PAYLOAD))).toEqual(PAYLOAD);
  expect(readPayload(PAYLOAD)).toEqual(PAYLOAD);
  expect(readPayload('not json')).toBeNull();
  expect(readPayload({ other: 1 })).toBeNull();
  expect(shortDescription('a\nb')).toBe('a b');
});
