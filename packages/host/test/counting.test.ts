import { expect, test } from '@jest/globals';
import { Counter, gaugeText, Histogram } from '../src/metrics.ts';
import { SampleRing } from '../src/samples.ts';
import { Traffic } from '../src/traffic.ts';
import type { RequestSample } from '../src/types.ts';

const sample: Omit<RequestSample, 'seq'> = {
  ...{ at: 1, version: 'v1', track: 'stable', status: 200, complete: true, clientGone: false },
  ...{ ttftMs: 30, e2eMs: 400, interChunkMs: 9, outputTokens: 7, answer: 'ok', probe: false },
};

test('labels are escaped as the format says', () => {
  const counter = new Counter('a_total', 'Help\nhere.');
  counter.add({ version: 'a"b\\c\nd' });
  counter.add({ version: 'a"b\\c\nd' }, 2);
  expect(counter.text()).toBe(
    '# HELP a_total Help\\nhere.\n# TYPE a_total counter\na_total{version="a\\"b\\\\c\\nd"} 3\n',
  );
  expect(gaugeText('g', 'G.', [[{}, 1]])).toBe('# HELP g G.\n# TYPE g gauge\ng 1\n');
});

test('histogram buckets add up, and a value on a bound belongs to it', () => {
  const histogram = new Histogram('h', 'H.', [0.1, 1]);
  for (const value of [0.1, 0.5, 2]) histogram.observe({ a: 'b' }, value);
  expect(histogram.text().split('\n').slice(2)).toEqual([
    'h_bucket{a="b",le="0.1"} 1',
    'h_bucket{a="b",le="1"} 2',
    'h_bucket{a="b",le="+Inf"} 3',
    'h_sum{a="b"} 2.6',
    'h_count{a="b"} 3',
    '',
  ]);
});

test('samples are read by cursor and pages, the oldest go when the ring is full', () => {
  const ring = new SampleRing(5, 1_000);
  expect(ring.read(0)).toEqual({ samples: [], next: 0 });
  for (let index = 0; index < 12; index += 1) ring.add({ ...sample, at: index });
  const first = ring.read(0, 3);
  expect(first.samples.map(({ seq, at }) => [seq, at])).toEqual([
    [1_007, 7],
    [1_008, 8],
    [1_009, 9],
  ]);
  const rest = ring.read(first.next, 3);
  expect(rest.samples.map(({ at }) => at)).toEqual([10, 11]);
  expect(ring.read(rest.next)).toEqual({ samples: [], next: 1_011 });
});

test('a later ring numbers its samples after an earlier one', async () => {
  const before = new SampleRing();
  before.add(sample);
  const cursor = before.read(0).next;
  await new Promise((resolve) => setTimeout(resolve, 3));
  const after = new SampleRing();
  after.add(sample);
  expect(after.read(cursor).samples).toHaveLength(1);
});

test('totals count users only; a client that left is no loss', () => {
  const traffic = new Traffic('llm');
  traffic.finished({ ...sample, sampled: true });
  traffic.finished({ ...sample, probe: true, status: 500, sampled: true });
  traffic.finished({ ...sample, complete: false, clientGone: true, sampled: true });
  traffic.finished({ ...sample, complete: false, status: 200, sampled: true });
  traffic.finished({ ...sample, status: 500, sampled: false });
  traffic.unserved(503);
  traffic.failover('v2');
  expect(traffic.totals).toEqual({
    v1: { requests: 4, errors: 2, lost: 1, failovers: 0 },
    none: { requests: 1, errors: 1, lost: 1, failovers: 0 },
    v2: { requests: 0, errors: 0, lost: 0, failovers: 1 },
  });
  expect(traffic.samples.read(0).samples).toHaveLength(4);
});

test('answers that are not ok are counted by kind', () => {
  const traffic = new Traffic('llm');
  for (const answer of ['ok', 'looping', 'looping', 'empty', 'refused', null] as const) {
    traffic.finished({ ...sample, answer, sampled: true });
  }
  const lines = traffic
    .metricsText([])
    .split('\n')
    .filter((line) => line.startsWith('sluice_answers_total'));
  expect(lines).toEqual([
    'sluice_answers_total{service="llm",version="v1",track="stable",kind="looping"} 2',
    'sluice_answers_total{service="llm",version="v1",track="stable",kind="empty"} 1',
    'sluice_answers_total{service="llm",version="v1",track="stable",kind="refused"} 1',
  ]);
});
