import { expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openDoor } from '../src/door.ts';
import { findPromptFiles, promptsDigest } from '../src/prompts.ts';
import type { ReleaseRecord, Stage } from '../src/record.ts';
import { emptyUnit, releaseDigest, type ReleaseUnit } from '../src/unit.ts';

const root = mkdtempSync(join(tmpdir(), 'prompts-'));
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
write('prompts/capital/v1.txt', 'Capital of {{c}}?');
write('prompts/capital/v2.txt', 'What is the capital of {{c}}?');
write('prompts/system@v3.md', 'Be brief.');
const digest = async (...entries: string[]): Promise<string | null> =>
  promptsDigest(await findPromptFiles(entries, root), root);

test('a version, a file, a folder and a glob name the same files', async () => {
  const two = await digest('prompts/capital@v2', 'prompts/system@v3');
  expect(two).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(await digest('prompts/system@v3.md', 'prompts/capital/v2.txt', 'prompts/capital@v2')).toBe(two);
  const all = await digest('prompts');
  expect(await digest('prompts/**/*')).toBe(all);
  expect(await digest('prompts/*/*.txt', 'prompts/system@v3')).toBe(all);
  expect(all).not.toBe(two);
  expect(await digest()).toBeNull();
});

test('one changed byte, and another place, are other prompts', async () => {
  const before = await digest('prompts/capital@v1');
  write('elsewhere/v1.txt', 'Capital of {{c}}?');
  expect(await digest('elsewhere/v1.txt')).not.toBe(before);
  write('prompts/capital/v1.txt', 'Capital of {{c}}!');
  expect(await digest('prompts/capital@v1')).not.toBe(before);
});

test('what is not there, or not in the workspace, is told', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  writeFileSync(join(outside, 'p.txt'), 'x');
  symlinkSync(outside, join(root, 'link'));
  for (const [entry, message] of [
    ['prompts/capital@v9', "input `prompts`: 'prompts/capital@v9' names no file"],
    ['link/p.txt', "input `prompts`: 'link/p.txt' leads outside of the workspace"],
    [join(outside, 'p.txt'), 'leads outside of the workspace'],
  ] as const)
    await expect(digest(entry)).rejects.toThrow(message);
});

test('a prompt-only change is a release of its own, and the door notices it', () => {
  const gated: ReleaseUnit = { ...emptyUnit(), weights: 'sha256:w', prompts: 'sha256:a' };
  const changed = { ...gated, prompts: 'sha256:b' };
  expect(releaseDigest(changed)).not.toBe(releaseDigest(gated));
  const gate = { action: 'eval-gate', name: 'gate', unit: gated, outcome: 'success' } as Stage;
  const record = { stages: [gate] } as unknown as ReleaseRecord;
  const door = (serving: ReleaseUnit): [boolean, string] => {
    const { open, message } = openDoor({ record, origin: 'r', serving, requireGate: 'true' });
    return [open, message];
  };
  expect(door(gated)[0]).toBe(true);
  expect(door(changed)).toEqual([
    false,
    expect.stringContaining('prompts is sha256:b, the gate judged sha256:a'),
  ]);
  expect(door({ ...gated, prompts: null })[0]).toBe(false);
});
