import { expect, test } from '@jest/globals';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promptsDigest } from '@sluice/release/prompts';
import type { ReleaseRecord } from '@sluice/release/record';
import { emptyUnit, releaseDigest } from '@sluice/release/unit';
import { describePrompts } from '../src/prompts.ts';

const unit = { ...emptyUnit(), weights: 'sha256:w' };
const recordOf = (weights: string, prompts: string | null): ReleaseRecord =>
  ({ unit: { ...unit, weights, prompts } }) as ReleaseRecord;
const none = { unit, record: undefined, status: undefined };

test('the input is hashed anew, whatever the record says', async () => {
  const root = mkdtempSync(join(tmpdir(), 'prompts-'));
  writeFileSync(join(root, 'p.txt'), 'Be brief.');
  const env = { GITHUB_WORKSPACE: root };
  const known = { ...none, record: recordOf('sha256:w', 'sha256:old') };
  expect(await describePrompts({ prompts: ['p.txt'] }, { env }, known)).toBe(
    await promptsDigest([join(root, 'p.txt')], root),
  );
  await expect(describePrompts({ prompts: ['q.txt'] }, { env }, known)).rejects.toThrow(
    "'q.txt' names no file",
  );
});

test('without it the record of these weights says, or a release that was served', async () => {
  const told = (known: Parameters<typeof describePrompts>[2]): Promise<string | null> =>
    describePrompts({ prompts: [] }, { env: {} }, known);
  expect(await told(none)).toBeNull();
  expect(await told({ ...none, record: recordOf('sha256:w', 'sha256:p') })).toBe('sha256:p');
  expect(await told({ ...none, record: recordOf('sha256:other', 'sha256:p') })).toBeNull();
  const served = { ...unit, prompts: 'sha256:p' };
  const entry = {
    at: 1,
    event: 'deployed' as const,
    version: 'v1',
    reason: '',
    record: recordOf('sha256:w', 'sha256:p'),
  };
  const status = { history: [{ ...entry, releaseDigest: releaseDigest(served) }] };
  expect(await told({ ...none, status })).toBe('sha256:p');
  expect(await told({ ...none, unit: { ...unit, engine: 'other@1' }, status })).toBeNull();
});
