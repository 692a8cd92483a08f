/** Counts out of raw samples: restarts, series that begin late, and what buckets can say. */
import { describe, expect, test } from '@jest/globals';
import { beyond, bucketsOf, momentsOf } from '../src/buckets.ts';
import { Increases } from '../src/counter-increase.ts';
import type { Series } from '../src/prometheus-api.ts';
import { shareOf } from '../src/share-counts.ts';

const series = (name: string, labels: Record<string, string>, samples: [number, number][]): Series => ({
  labels: { __name__: name, ...labels },
  samples,
});

function increase(all: Series[], fresh = false, since = 100): number {
  const increases = new Increases(since);
  increases.add('v', all, fresh);
  return increases
    .list('v')
    .filter(({ labels }) => labels['__name__'] === 'x_total')
    .reduce((sum, { by }) => sum + by, 0);
}

const pod = { pod: 'p', job: 'j', instance: 'i' };

describe('a counter went', () => {
  test.each<[string, Series[], boolean, number]>([
    [
      'from its last scrape before the moment',
      [
        series('x_total', pod, [
          [85, 7],
          [100, 10],
          [115, 14],
        ]),
      ],
      false,
      4,
    ],
    [
      'through a restart',
      [
        series('x_total', pod, [
          [95, 10],
          [110, 14],
          [125, 3],
          [140, 5],
        ]),
      ],
      false,
      9,
    ],
    [
      'from 0, with a label value that was new on a known target',
      [
        series('up_total', pod, [
          [90, 1],
          [105, 1],
        ]),
        series('x_total', { ...pod, code: '500' }, [
          [105, 3],
          [120, 4],
        ]),
      ],
      false,
      4,
    ],
    [
      'from its first scrape, of a target that was found late',
      [
        series('x_total', pod, [
          [105, 900],
          [120, 904],
        ]),
      ],
      false,
      4,
    ],
    [
      'from 0, of a process that started after the moment',
      [
        series('process_start_time_seconds', pod, [[105, 101]]),
        series('x_total', pod, [
          [105, 3],
          [120, 4],
        ]),
      ],
      false,
      4,
    ],
    [
      'from its first scrape, of an old process, canary or not',
      [
        series('process_start_time_seconds', pod, [[105, 5]]),
        series('x_total', pod, [
          [105, 900],
          [120, 904],
        ]),
      ],
      true,
      4,
    ],
    [
      "from 0, of a canary's pod that tells no start",
      [
        series('x_total', pod, [
          [105, 3],
          [120, 4],
        ]),
      ],
      true,
      4,
    ],
  ])('%s', (_, all, fresh, expected) => {
    expect(increase(all, fresh)).toBe(expected);
  });

  test('the same however it is read: whole, or in windows that overlap', () => {
    const samples = Array.from({ length: 40 }, (_, i): [number, number] => [90 + i * 15, (i * 7) % 60]);
    const whole = increase([series('x_total', pod, samples)]);
    const increases = new Increases(100);
    for (const [from, to] of [
      [0, 10],
      [6, 25],
      [20, 40],
    ] as const)
      increases.add('v', [series('x_total', pod, samples.slice(from, to))], false);
    expect(increases.list('v')[0]?.by).toBe(whole);
    expect(increases.interval()).toBe(15);
    expect(increases.lastAt('v')).toBe(samples.at(-1)?.[0]);
  });
});

describe('buckets', () => {
  const of = (le: string, by: number): { labels: Record<string, string>; by: number } => ({
    labels: { __name__: 'ttft_bucket', le },
    by,
  });
  const all = [of('0.5', 60), of('1', 90), of('2', 98), of('+Inf', 100)];
  const buckets = bucketsOf([...all, { labels: { __name__: 'ttft_sum' }, by: 55 }], 'ttft');

  test('say exactly how many were over a bound, and between which counts they were over a bar', () => {
    expect(buckets).toMatchObject({ counts: [60, 30, 8, 2], n: 100, sum: 55 });
    if (buckets === undefined) return;
    expect(beyond(buckets, 1)).toEqual({ n: 100, hits: 10, atMost: 10 });
    expect(beyond(buckets, 0.8)).toEqual({ n: 100, hits: 10, atMost: 40, between: [0.5, 1] });
    expect(beyond(buckets, 5)).toEqual({ n: 100, hits: 0, atMost: 2, between: [2, Infinity] });
  });

  test('give the exact mean, and a variance no smaller than that of evenly spread values', () => {
    const moments = buckets === undefined ? undefined : momentsOf(buckets, 1000);
    expect(moments?.mean).toBe(550);
    expect(Math.sqrt(moments?.variance ?? 0)).toBeGreaterThan(400);
    expect(Math.sqrt(moments?.variance ?? 0)).toBeLessThan(600);
  });

  test('of two layouts are joined at the bounds that both have', () => {
    const other = [
      ['1', 5],
      ['4', 9],
      ['+Inf', 10],
    ] as const;
    const more = other.map(([le, by]) => ({ labels: { __name__: 'ttft_bucket', le, pod: 'b' }, by }));
    expect(bucketsOf([...all, ...more], 'ttft')).toMatchObject({ bounds: [1, Infinity], counts: [95, 15] });
    expect(bucketsOf([], 'ttft')).toBeUndefined();
  });
});

test('a share: what never happened is 0, what is not counted at all is missing, and unsure overlap is a range', () => {
  const code = (value: string, by: number) => ({ labels: { __name__: 'r', code: value }, by });
  const spec = { of: [{ name: 'r' }], hits: [{ name: 'r', where: { code: /^5/ } }] };
  expect(shareOf([code('200', 9)], [spec])).toEqual({ n: 9, hits: 0 });
  expect(shareOf([code('200', 9), code('503', 1)], [spec])).toEqual({ n: 10, hits: 1 });
  expect(shareOf([], [spec])).toBeUndefined();
  const lost = { labels: { __name__: 'lost' }, by: 3 };
  const both = { ...spec, also: [{ name: 'lost' }] };
  expect(shareOf([code('200', 9), code('503', 1), lost], [both])).toEqual({ n: 10, hits: 3, atMost: 4 });
});
