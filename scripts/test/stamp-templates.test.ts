import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { stampsIn, stampTemplate } from '../stamp-templates.ts';

const FOLDER = join(import.meta.dirname, '../../workflows-templates');
const stamp = { owner: 'acme', sha: 'f'.repeat(40), version: 'v1.2.3' };
const templates = readdirSync(FOLDER).filter((name) => name.endsWith('.yml'));

describe('starter workflows', () => {
  test.each(templates)('%s: every call of ours is stamped, and nothing else changes', (name) => {
    const before = readFileSync(join(FOLDER, name), 'utf8');
    const after = stampTemplate(before, stamp);
    expect(stampsIn(after)).toEqual([`${stamp.sha} # v1.2.3`]);
    expect(after).not.toContain('OWNER/');
    const changed = (text: string): string[] =>
      text.split('\n').filter((line) => !/\/sluice\/.*@/.test(line));
    expect(changed(after)).toEqual(changed(before));
    const ours = after.split('\n').filter((line) => line.includes('/sluice/') && line.includes('uses:'));
    expect(ours.length).toBeGreaterThan(0);
    for (const line of ours) expect(line).toMatch(/@f{40} # v1\.2\.3$/);
  });

  test('a second stamp replaces the first; the organisation of a reusable workflow stays the user’s', () => {
    const text = stampTemplate(
      `uses: OWNER/sluice/actions/model-pull@${'0'.repeat(40)} # v0.0.0\n` +
        `uses: big-co/sluice/.github/workflows/llm-release.yml@${'0'.repeat(40)} # v0.0.0\n`,
      stamp,
    );
    const next = stampTemplate(text, { ...stamp, sha: 'e'.repeat(40), version: 'v2.0.0' });
    expect(next).toBe(
      `uses: acme/sluice/actions/model-pull@${'e'.repeat(40)} # v2.0.0\n` +
        `uses: big-co/sluice/.github/workflows/llm-release.yml@${'e'.repeat(40)} # v2.0.0\n`,
    );
  });

  test.each(templates)('%s has the properties GitHub asks for', (name) => {
    const file = join(FOLDER, name.replace(/\.yml$/, '.properties.json'));
    const properties = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(properties).toMatchObject({ name: expect.any(String), description: expect.any(String) });
  });
});
