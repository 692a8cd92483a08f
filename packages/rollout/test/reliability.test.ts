import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '@sluice/host/types';
import { mttfText, reliability, short, type Reliability } from '@sluice/rollout/reliability';

const HOUR = 3_600_000;
const at = (hours: number, event: HistoryEntry['event'], decided?: number): HistoryEntry => ({
  ...{ at: hours * HOUR, event, version: 'v', releaseDigest: 'd', reason: '' },
  record:
    decided === undefined
      ? null
      : ({
          stages: [{ action: 'auto-rollback', at: new Date(decided * HOUR).toISOString() }],
        } as unknown as HistoryEntry['record']),
});
const of = (history: HistoryEntry[], now: number): Reliability => {
  const found = reliability(history, now * HOUR, 0.95);
  if (found === undefined) throw new Error('nothing served');
  return found;
};

describe('over 720 hours', () => {
  test('three failures: 4.17 per 1,000 hours, 240 hours between them', () => {
    const undone = [100, 300, 500].flatMap((hour) => [
      at(hour, 'rolled-back', hour - 0.5),
      at(hour, 'restored'),
    ]);
    const found = of([at(0, 'deployed'), ...undone], 720);
    expect(short(found.failureRate)).toBe('4.17');
    // scipy.stats.chi2.ppf(0.95, 8) = 15.507313055865453, which is over 2 * 720.
    expect(found.mttfLow).toBeCloseTo(1440 / 15.507313055865453, 10);
    expect(mttfText(found, 0.95)).toBe('240 (>= 92.9 at 95%)');
    expect(found.mttr).toBeCloseTo(1800, 6);
  });
  test('none: more than 240 hours at 95 %', () => {
    const found = of([at(0, 'deployed')], 720);
    expect([found.failureRate, found.mttf, found.mttr]).toEqual([0, null, null]);
    expect(mttfText(found, 0.95)).toBe('> 240 (95%)');
  });
});

test('only what is told without a gap counts: older entries are thinned out', () => {
  const thinned = [at(0, 'rolled-back'), at(1, 'promoted'), at(2, 'rolled-back')];
  const recent = Array.from({ length: 10 }, (_, index) =>
    at(1000 + index, index === 5 ? 'rolled-back' : 'promoted'),
  );
  expect(of([...thinned, ...recent], 1100)).toMatchObject({ failures: 1, hours: 100 });
  expect(reliability([], 1, 0.95)).toBeUndefined();
});
