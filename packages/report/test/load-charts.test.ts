import { expect, test } from '@jest/globals';
import { loadCharts } from '../src/load-charts.ts';

test('distributions of the answered, the course of all, and a gap where nothing was answered', () => {
  const points = Array.from({ length: 50 }, (_, i) => ({
    at: i * 100,
    ttft: i < 40 ? 10 + i : null,
    e2e: i < 40 ? 100 + i : 0,
    failed: i >= 40,
  }));
  const { html } = loadCharts('<r10>', points);
  expect(html.match(/<svg/g)).toHaveLength(4);
  expect(html).toContain('&lt;r10&gt;: time to the first content');
  expect(html).not.toContain('<r10>');
  expect(html).toContain('■</span> failed');
  // Four seconds with answers, then none: the line of the median ends there.
  const path = /aria-label="&lt;r10&gt;: time to the end, by[\s\S]*?<path\s+d="([^"]+)"/.exec(html)?.[1];
  expect(path?.match(/[ML]/g)).toHaveLength(4);
});

test('an hour of requests keeps its lines short, and none makes no chart', () => {
  const points = Array.from({ length: 3_600 }, (_, i) => ({ at: i * 1_000, ttft: 1, e2e: 2, failed: false }));
  const { html } = loadCharts('c1', points);
  const path = /time to the end, by[\s\S]*?<path\s+d="([^"]+)"/.exec(html)?.[1] ?? '';
  expect(path.match(/[ML]/g)?.length).toBeLessThanOrEqual(121);
  expect(loadCharts('c1', []).html).not.toContain('<svg');
});
