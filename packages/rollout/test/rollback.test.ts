import { describe, expect, test } from '@jest/globals';
import type { HistoryEntry } from '@sluice/host/types';
import { newRecord, withStage, type ReleaseRecord } from '@sluice/release/record';
import { changeFailureRate, flappingGuard, goodReleases } from '../src/rollback.ts';
import { HostTarget } from '../src/host-target.ts';
import { SimHost, specOf } from './sim-host.ts';

const readSpec = (value: unknown): ReturnType<HostTarget['readSpec']> =>
  new HostTarget(new SimHost({}).client()).readSpec(value);

function record(version: string, server: unknown = specOf(version)): ReleaseRecord {
  const spec = specOf(version);
  return withStage(newRecord(), {
    action: 'canary-deploy',
    name: 'llm',
    at: new Date(0).toISOString(),
    run: { url: '', id: '', attempt: 1, sha: '' },
    unit: spec.unit,
    verdict: 'pass',
    outcome: 'success',
    reasons: [],
    metrics: {},
    data: { releaseDigest: spec.releaseDigest, server },
  });
}

let clock = 0;
function entry(
  event: HistoryEntry['event'],
  version: string,
  known: ReleaseRecord | null = record(version),
): HistoryEntry {
  clock += 1000;
  return { at: clock, event, version, releaseDigest: `sha256:${version}`, reason: '', record: known };
}

const versions = (history: HistoryEntry[], quarantined: string[] = [], current = 'v4'): string[] =>
  goodReleases(
    history,
    quarantined.map((version) => ({ releaseDigest: `sha256:${version}`, weights: null, reason: '', at: 0 })),
    { releaseDigest: `sha256:${current}` },
    readSpec,
  ).good.map(({ version }) => version);

describe('the release to go back to', () => {
  test.each<[string, [HistoryEntry['event'], string][], string[], string[]]>([
    [
      'is the last stable one',
      [
        ['deployed', 'v1'],
        ['promoted', 'v2'],
        ['promoted', 'v4'],
      ],
      [],
      ['v2', 'v1'],
    ],
    [
      'is not one that was taken back as a canary',
      [
        ['deployed', 'v1'],
        ['aborted', 'v3'],
        ['promoted', 'v4'],
      ],
      [],
      ['v1'],
    ],
    [
      'is not one that was rolled back',
      [
        ['deployed', 'v1'],
        ['promoted', 'v2'],
        ['rolled-back', 'v2'],
        ['restored', 'v1'],
        ['promoted', 'v4'],
      ],
      [],
      ['v1'],
    ],
    [
      'is not in quarantine',
      [
        ['deployed', 'v1'],
        ['promoted', 'v2'],
        ['promoted', 'v4'],
      ],
      ['v2'],
      ['v1'],
    ],
    ['there is none', [['deployed', 'v4']], [], []],
  ])('%s', (_, events, quarantined, expected) => {
    expect(
      versions(
        events.map(([event, version]) => entry(event, version)),
        quarantined,
      ),
    ).toEqual(expected);
  });

  test('must say how its server starts; others are named', () => {
    const history = [
      entry('deployed', 'v1'),
      entry('promoted', 'v2', null),
      entry('promoted', 'v3', record('v3', { nonsense: true })),
      entry('promoted', 'v4'),
    ];
    const { good, skipped } = goodReleases(history, [], { releaseDigest: 'sha256:v4' }, readSpec);
    expect(good.map(({ version, spec }) => [version, spec])).toEqual([['v1', specOf('v1')]]);
    expect(skipped).toHaveLength(2);
    expect(skipped[1]).toMatch(/^v2: its record doesn't say how its server starts/);
  });
});

test('the guard against flapping', () => {
  const limits = { cooldownMs: 60_000, maxRollbacks: 2 };
  const at = (ms: number): HistoryEntry => ({ ...entry('rolled-back', 'v3'), at: ms });
  const day = 24 * 3_600_000;
  expect(flappingGuard([entry('promoted', 'v3')], limits, 5)).toBeUndefined();
  expect(flappingGuard([at(0)], limits, 30_000)).toMatch(/`cooldown`: v3 was rolled back 30 s ago/);
  expect(flappingGuard([at(0)], limits, 61_000)).toBeUndefined();
  expect(flappingGuard([at(0), at(70_000)], limits, 200_000)).toMatch(/`max-rollbacks`: 2 releases/);
  expect(flappingGuard([at(0), at(70_000)], limits, day + 70_001)).toBeUndefined();
});

test('the share of releases that were undone', () => {
  expect(changeFailureRate([])).toBeUndefined();
  const history = [
    entry('deployed', 'v1'),
    entry('promoted', 'v2'),
    entry('rolled-back', 'v2'),
    entry('restored', 'v1'),
    entry('promoted', 'v3'),
    entry('promoted', 'v4'),
  ];
  expect(changeFailureRate(history)).toBe(0.25);
});
