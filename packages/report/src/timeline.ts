/** What happened when: bars on lanes, as SVG. */
import { niceTicks, scale } from './axis.ts';
import { html, type RawHtml } from './html.ts';

export interface Span {
  /** Milliseconds. */
  start: number;
  length: number;
  kind: 'good' | 'bad' | 'warn';
  /** Shown when pointed at. */
  label: string;
}

const COLORS = { good: 'var(--good)', bad: 'var(--bad)', warn: 'var(--warn)' } as const;
const WIDTH = 920;
const SIDE = 12;
const AXIS = 34;
const TALLEST = 400;
const LANE = 10;

/** Spans that overlap lie on lanes of their own, the earliest free one. Without any span it says so. */
export function timeline(title: string, spans: readonly Span[]): RawHtml {
  if (spans.length === 0) return html`<p class="soft">${title}: no data</p>`;
  const lanes: number[] = [];
  const placed = [...spans]
    .sort((a, b) => a.start - b.start)
    .map((span) => {
      const free = lanes.findIndex((end) => end <= span.start);
      const lane = free < 0 ? lanes.length : free;
      lanes[lane] = span.start + span.length;
      return { span, lane };
    });
  const end = spans.reduce((most, { start, length }) => Math.max(most, start + length), 1);
  const tall = Math.min(LANE, TALLEST / lanes.length);
  const height = lanes.length * tall + AXIS;
  const x = scale([0, end], [SIDE, WIDTH - SIDE]);
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${round(height)}" role="img" aria-label="${title}">
      ${placed.map(
        ({ span, lane }) =>
          html`<rect
            x="${round(x(span.start))}"
            y="${round(lane * tall)}"
            width="${round(Math.max(1.5, x(span.start + span.length) - x(span.start)))}"
            height="${round(Math.max(1, tall - 1))}"
            fill="${COLORS[span.kind]}"
            ><title>${span.label}</title></rect
          >`,
      )}
      ${niceTicks([0, end], 8).map(
        (tick) =>
          html`<text x="${round(x(tick))}" y="${round(height - 16)}" text-anchor="middle"
            >${tick / 1000}</text
          >`,
      )}
      <text x="${WIDTH - SIDE}" y="${round(height - 2)}" text-anchor="end">s</text>
    </svg>
    <figcaption>${title}</figcaption>
  </figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
