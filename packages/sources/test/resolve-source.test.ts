import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseSource } from '@sluice/sources/grammar';
import { resolveSource } from '@sluice/sources/resolve-source';
import type { DrivenSource } from '@sluice/sources/source';
import { bytesOfFile, testContext } from './support/serve.ts';

// Each driver is reached: the message is its own.
test.each([
  ['s3://-', 'is no S3 address'],
  ['dvc:', 'names no output'],
  ['models:/x', 'names no version'],
  ['oci://x', 'is no OCI reference'],
  ['lakefs://x', 'is no lakeFS address'],
  ['wandb:x', 'is no W&B artifact'],
  ['clearml:x', 'is no model id'],
  ['swebhdfs://u:p@h/x', 'is no WebHDFS address'],
  ['https://u:p@h/x', 'a user name or a password'],
])('%s comes to its driver', async (text, part) => {
  await expect(resolveSource(parseSource(text, 'model') as DrivenSource, testContext())).rejects.toThrow(
    part,
  );
});

test('file: comes to its driver', async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'sluice-resolve-'));
  try {
    await writeFile(join(workspace, 'x.bin'), 'x');
    const { files } = await resolveSource({ kind: 'file', path: 'x.bin' }, testContext({ workspace }));
    expect((await bytesOfFile(files[0])).bytes.toString()).toBe('x');
  } finally {
    await rm(workspace, { recursive: true });
  }
});
