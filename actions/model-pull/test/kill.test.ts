/** The committed bundle, killed at random moments: the next run goes on, and nothing stale is left. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startHub } from '@sluice/testing/hub/server';
import { killPulls } from '@sluice/testing/kill-pulls';
import { serveS3 } from '../../../packages/sources/test/support/s3-server.ts';
import { sendSlowly } from '../../../packages/sources/test/support/send-slowly.ts';
import { sendBytes } from '../../../packages/sources/test/support/serve.ts';

test('8 pulls killed by SIGKILL and run again end right', async () => {
  const bytes = Buffer.alloc(12 * 1024 * 1024, Math.random().toString());
  await using hub = await startHub({
    repos: [
      { id: 'acme/big', revisions: [{ name: 'v1', files: { 'a.safetensors': bytes, 'c.json': '{}' } }] },
    ],
    // Most kills strike while bytes are on the way.
    bytesPerSecond: 20 * 1024 * 1024,
  });
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
  try {
    const result = await killPulls({
      hubUrl: hub.url,
      repo: 'acme/big',
      file: { path: 'a.safetensors', sha256: createHash('sha256').update(bytes).digest('hex') },
      scratch,
      pulls: 8,
      width: 4,
      withinMs: 400,
    });
    expect(result.faults).toEqual([]);
    expect(result.struck).toBeGreaterThan(2);
    expect(result.resumed).toBeGreaterThan(0);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}, 60_000);

test('so do pulls from S3, of an object whose ETag is no hash', async () => {
  const bytes = Buffer.alloc(12 * 1024 * 1024, Math.random().toString());
  const objects = new Map([['a.safetensors', { bytes, headers: { etag: '"parts-2"' } }]]);
  const credentials = { accessKeyId: 'AKID', secretAccessKey: 'wJalr/secret' };
  const { send } = sendSlowly(sendBytes, () => 20 * 1024 * 1024);
  await using s3 = await serveS3({ bucket: 'b', objects, credentials, send });
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
  try {
    const result = await killPulls({
      hubUrl: s3.url,
      repo: 's3://b/a.safetensors',
      file: { path: 'a.safetensors', sha256: createHash('sha256').update(bytes).digest('hex') },
      scratch,
      pulls: 5,
      width: 5,
      withinMs: 400,
      env: { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'wJalr/secret' },
    });
    expect(result.faults).toEqual([]);
    expect(result.struck).toBeGreaterThan(1);
    expect(result.resumed).toBeGreaterThan(0);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}, 60_000);
