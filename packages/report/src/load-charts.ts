/** Charts of a load: how long requests took, and what became of them over time. */
import { html, type RawHtml } from './html.ts';
import { histogram, lineChart } from './svg.ts';

/** One request; ms. */
export interface LoadPoint {
  /** When it was due, or sent where nothing is due, from the start. */
  at: number;
  /** Null where it didn't come to that. */
  ttft: number | null;
  e2e: number;
  failed: boolean;
}

/** More bins than this a line can't show. */
const MOST_BINS = 120;

/** Distributions of the answered, and the course of all over time in bins: median, slowest, errors. */
export function loadCharts(name: string, points: readonly LoadPoint[]): RawHtml {
  if (points.length === 0) return html`<p class="soft">${name}: no data</p>`;
  const answered = points.filter(({ failed }) => !failed);
  const firsts = answered.map(({ ttft }) => ttft).filter((value) => value !== null);
  return html`${histogram({ title: `${name}: time to the first content`, xLabel: 'ms', values: firsts })}
  ${histogram({ title: `${name}: time to the end`, xLabel: 'ms', values: answered.map(({ e2e }) => e2e) })}
  ${overTime(name, points)}`;
}

function overTime(name: string, points: readonly LoadPoint[]): RawHtml {
  const end = points.reduce((most, { at }) => Math.max(most, at), 0);
  // A second, or as much more as keeps the number of bins in bounds.
  const size = Math.max(1_000, Math.ceil(end / MOST_BINS / 1_000) * 1_000);
  const bins = Map.groupBy(points, ({ at }) => Math.floor(at / size));
  const count = Math.floor(end / size) + 1;
  const course = (of: (bin: readonly LoadPoint[]) => number | null): { x: number; y: number | null }[] =>
    Array.from({ length: count }, (_, i) => ({ x: (i * size) / 1_000, y: of(bins.get(i) ?? []) }));
  const times = (bin: readonly LoadPoint[]): number[] =>
    bin.filter(({ failed }) => !failed).map(({ e2e }) => e2e).sort((a, b) => a - b); // prettier-ignore
  const failed = points.some((point) => point.failed);
  return html`${lineChart({
    title: `${name}: time to the end, by the moment a request came`,
    xLabel: 's',
    yLabel: 'ms',
    series: [
      { name: 'median', points: course((bin) => times(bin)[Math.floor(times(bin).length / 2)] ?? null) },
      { name: 'slowest', points: course((bin) => times(bin).at(-1) ?? null) },
    ],
  })}
  ${lineChart({
    title: `${name}: requests`,
    xLabel: 's',
    yLabel: `in ${size / 1_000} s`,
    series: [
      { name: 'came', points: course((bin) => bin.length), stepped: true },
      ...(failed
        ? [
            {
              name: 'failed',
              points: course((bin) => bin.filter((point) => point.failed).length),
              stepped: true,
            },
          ]
        : []),
    ],
  })}`;
}
