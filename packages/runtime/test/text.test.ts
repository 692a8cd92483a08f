import { expect, test } from '@jest/globals';
import { disarm } from '../src/logger.ts';
import { fitSummary } from '../src/summary.ts';

test('hostile text cannot speak to the runner', () => {
  const shown = disarm(
    'ok\n::add-mask::x\n  ##[group]y\r::set-output name=a::b\u001b[31m ::stop-commands::t',
  );
  expect(shown).not.toMatch(/^\s*(::|##\[)/m);
  expect(shown).not.toContain('::');
  expect(shown).not.toContain('\u001b');
  expect(shown).toContain('add-mask');
});

test('a summary is cut at a line, says so, and leaves no open block', () => {
  const lines = Array.from({ length: 400 }, (_, i) => `line ${i} ärgerlich`).join('\n');
  const cut = fitSummary(`<details><summary>x</summary>\n\n\`\`\`\n${lines}\n\`\`\`\n</details>`, 2_000);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(2_050);
  expect(cut).toMatch(/line \d+ ärgerlich\n```\n<\/details>\n\n\*Cut here/);
  expect(fitSummary('short', 2_000)).toBe('short');
});
