import { describe, expect, test } from '@jest/globals';
import { findPatternFaults, makeRedactor } from '../src/redact.ts';
import { timeline } from '../src/timeline.ts';

describe('redact', () => {
  test('every match of every pattern goes, whatever stands in the text', () => {
    const redact = makeRedactor(['\\d{3}-\\d{4}', '/secret/i', '\\p{Lu}{4}\\$&']);
    expect(redact('call 555-1234 or 555-9999: SECRET secrets')).toBe(
      'call [redacted] or [redacted]: [redacted] [redacted]s',
    );
    expect(redact('$& $1 `x` ABCD$&')).toBe('$& $1 `x` [redacted]');
    expect(redact('')).toBe('');
    expect(makeRedactor([])('555-1234')).toBe('555-1234');
  });

  test('what cannot be looked through in time is withheld, not shown', () => {
    const started = performance.now();
    const redact = makeRedactor(['(a+)+$']);
    expect(redact(`${'a'.repeat(60)}!`)).toBe('[withheld: pattern 1 of `redact` took longer than 200 ms over it]');
    expect(performance.now() - started).toBeLessThan(2_000);
    // The next text is none the worse for it.
    expect(redact('b aaa')).toBe('b [redacted]');
  }); // prettier-ignore

  test('faults are told with the pattern', () => {
    expect(findPatternFaults(['ok', '(', 'a*'], 'redact')).toEqual([
      expect.stringContaining('input `redact` = "(" is no regular expression'),
      expect.stringContaining('input `redact` = "a*" matches the empty text'),
    ]);
  });
});

describe('timeline', () => {
  test('what overlaps lies on lanes of its own, labels are escaped', () => {
    const span = (start: number, label: string): Parameters<typeof timeline>[1][number] => ({
      start,
      length: 100,
      kind: 'good',
      label,
    });
    const { html } = timeline('x', [span(0, '<script>'), span(50, 'b'), span(150, 'c')]);
    expect([...html.matchAll(/<rect\s+x="[\d.]+"\s+y="([\d.]+)"/g)].map((found) => found[1])).toEqual(['0', '10', '0']);
    expect(html).not.toContain('<script>');
    expect(timeline('x', []).html).toContain('no data');
  }); // prettier-ignore
});
