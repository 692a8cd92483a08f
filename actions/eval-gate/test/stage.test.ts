import { describe, expect, test } from '@jest/globals';
import { emptyUnit } from '@sluice/release/unit';
import type { ReleaseRecord, Stage } from '@sluice/release/record';
import { statusWith } from '../src/stage.ts';

describe('statusWith', () => {
  const stage = (name: string, outcomeOf: Stage['outcome']): Stage => ({
    action: 'eval-gate',
    name,
    at: '',
    run: { url: '', id: '', attempt: 1, sha: '' },
    unit: emptyUnit(),
    verdict: 'pass',
    outcome: outcomeOf,
    reasons: [],
    metrics: {},
    data: {},
    previous: null,
  });
  const record = (...stages: Stage[]): ReleaseRecord => ({
    schemaVersion: 1,
    id: 'x',
    unit: emptyUnit(),
    model: null,
    stages,
    status: 'open',
  });
  test('every gate has to hold, the last word of each counts', () => {
    expect(statusWith(undefined, 'a', 'success')).toBe('gated');
    expect(statusWith(record(stage('b', 'gate-failed')), 'a', 'success')).toBe('refused');
    expect(statusWith(record(stage('a', 'gate-failed')), 'a', 'success')).toBe('gated');
    expect(statusWith(record(stage('a', 'success')), 'a', 'gate-failed')).toBe('refused');
  });
});
