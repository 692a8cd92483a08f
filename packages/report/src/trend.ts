/** One figure over releases, with its bounds and the bar it is held against, as SVG. */
import { niceTicks, scale, type Scale } from './axis.ts';
import { html, type RawHtml } from './html.ts';

export interface TrendPoint {
  label: string;
  /** null: not measured in that release; the line breaks there. */
  value: number | null;
  low?: number;
  high?: number;
}

const WIDTH = 920;
const HEIGHT = 190;
const MARGIN = { top: 14, right: 24, bottom: 34, left: 64 };
const LONGEST = 16;

/** The y axis shows where the values are, not zero: changes from release to release are small. The last point is filled. */
export function trendChart(options: {
  title: string;
  points: readonly TrendPoint[];
  unit: string;
  bar?: number;
}): RawHtml {
  const { title, points, unit, bar } = options;
  const ends = points.flatMap(({ value, low, high }) => (value === null ? [] : [value, low, high]));
  const all = [...ends, bar].filter((end): end is number => end !== undefined && Number.isFinite(end));
  if (ends.length === 0) return html`<p class="soft">${title}: no data</p>`;
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = (most - least || Math.abs(most) || 1) * 0.1;
  const y = scale([least - room, most + room], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const inner = WIDTH - MARGIN.left - MARGIN.right;
  const x = (i: number): number => MARGIN.left + (inner * (i + 0.5)) / points.length;
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${niceTicks(y.domain, 4).map(
        (tick) =>
          html`<line
              x1="${MARGIN.left}"
              x2="${WIDTH - MARGIN.right}"
              y1="${at(y(tick))}"
              y2="${at(y(tick))}"
              stroke="var(--line)"
            />
            <text x="${MARGIN.left - 8}" y="${at(y(tick) + 4)}" text-anchor="end">${tick}${unit}</text>`,
      )}
      ${
        bar === undefined
          ? null
          : html`<line
              x1="${MARGIN.left}"
              x2="${WIDTH - MARGIN.right}"
              y1="${at(y(bar))}"
              y2="${at(y(bar))}"
              stroke="currentColor"
              stroke-dasharray="5 4"
            />`
      }
      ${segments(points, x, y)}
      ${points.map((point, i) => drawPoint(point, x(i), y, i === points.length - 1))}
    </svg>
    <figcaption>${title}</figcaption>
  </figure>`;
}

/** Between neighbours that both have a value. */
function segments(points: readonly TrendPoint[], x: (i: number) => number, y: Scale): RawHtml[] {
  return points.slice(1).flatMap(({ value }, i) => {
    const before = points[i]?.value ?? null;
    if (value === null || before === null) return [];
    return [
      html`<line
        x1="${at(x(i))}"
        y1="${at(y(before))}"
        x2="${at(x(i + 1))}"
        y2="${at(y(value))}"
        stroke="var(--a)"
      />`,
    ];
  });
}

function drawPoint({ label, value, low, high }: TrendPoint, x: number, y: Scale, isLast: boolean): RawHtml {
  const name = label.length <= LONGEST ? label : `${label.slice(0, LONGEST - 1).toWellFormed()}…`;
  const text = html`<text x="${at(x)}" y="${HEIGHT - 12}" text-anchor="middle">${name}</text>`;
  if (value === null) return text;
  const bounded = low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high);
  return html`${text}
    ${bounded ? html`<line x1="${at(x)}" x2="${at(x)}" y1="${at(y(low))}" y2="${at(y(high))}" stroke="var(--a)" stroke-width="2" />` : null}
    <circle
      cx="${at(x)}"
      cy="${at(y(value))}"
      r="4.5"
      stroke="var(--a)"
      fill="${isLast ? 'var(--a)' : 'var(--paper)'}"
      ><title>${label}</title></circle
    >`;
}

function at(value: number): number {
  return Math.round(value * 10) / 10;
}
