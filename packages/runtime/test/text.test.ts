import { expect, test } from '@jest/globals';
import { describeError } from '../src/errors.ts';
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

test.each([
  ['blocks within blocks', '<details>\n'.repeat(300) + '`````\n'.repeat(50)],
  ['one line', 'ä'.repeat(3_000)],
  ['no room', 'x\n'.repeat(2_000)],
])('a cut summary never passes its limit: %s', (what, markdown) => {
  for (const limit of [1, 120, 999, 1_000, 1_001]) {
    const cut = fitSummary(markdown, limit);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
    expect(cut).not.toContain('\ufffd');
    if (limit > 900 && what !== 'blocks within blocks') expect(cut).toContain('Cut here');
  }
});

test('an error is told whatever was thrown', () => {
  const around = new Error('outer');
  around.cause = around;
  expect(describeError(around)).toBe('outer');
  expect(describeError(new Error('outer', { cause: null }))).toBe('outer');
  expect(describeError(undefined)).toBe('undefined');
  expect(describeError({ status: 404 })).toBe('{"status":404}');
  expect(describeError(Object.create(null))).toBe('{}');
  const tries = new AggregateError([
    new Error('connect ECONNREFUSED ::1:1'),
    new Error('connect ECONNREFUSED 127.0.0.1:1'),
  ]);
  expect(describeError(tries)).toBe('connect ECONNREFUSED ::1:1, connect ECONNREFUSED 127.0.0.1:1');
});
