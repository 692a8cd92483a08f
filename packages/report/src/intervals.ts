/** Values with their bounds, a row each, as SVG: where a bound lies past the line is seen at a glance. */
import { niceTicks, scale } from './axis.ts';
import { html, type RawHtml } from './html.ts';

export interface IntervalRow {
  label: string;
  value: number;
  /** Absent: no bound is known, and only the value is drawn. */
  low?: number;
  high?: number;
  /** What the value is measured against: drawn as a line in its row. */
  bar?: number;
  /** neutral: neither good nor bad by itself. */
  tone: 'good' | 'bad' | 'warn' | 'neutral';
}

const ROW = 28;
const WIDTH = 920;
const LABEL = 300;
const RIGHT = 24;
/** Room for the ticks below. */
const FOOT = 24;

/** @param options.line drawn through all rows, such as 0 for differences */
export function intervalChart(options: {
  title: string;
  rows: readonly IntervalRow[];
  unit: string;
  line?: number;
}): RawHtml {
  const { title, rows, unit, line } = options;
  const rowsThere = rows.filter(({ value }) => Number.isFinite(value));
  if (rowsThere.length === 0) return html`<p class="soft">${title}: no data</p>`;
  const ends = rowsThere.flatMap(({ value, low, high, bar }) => [value, low, high, bar]);
  const all = [...ends, line].filter((end): end is number => end !== undefined && Number.isFinite(end));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const room = (most - least || 1) * 0.05;
  const x = scale([least - room, most + room], [LABEL, WIDTH - RIGHT]);
  const bottom = rowsThere.length * ROW + 4;
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${bottom + FOOT}" role="img" aria-label="${title}">
      ${niceTicks(x.domain).map(
        (tick) =>
          html`<line x1="${at(x(tick))}" x2="${at(x(tick))}" y1="0" y2="${bottom}" stroke="var(--line)" />
            <text x="${at(x(tick))}" y="${bottom + 16}" text-anchor="middle">${tick}${unit}</text>`,
      )}
      ${line === undefined ? null : html`<line x1="${at(x(line))}" x2="${at(x(line))}" y1="0" y2="${bottom}" stroke="currentColor" />`}
      ${rowsThere.map((row, i) => drawRow(row, i * ROW, x))}
    </svg>
    <figcaption>${title}</figcaption>
  </figure>`;
}

function drawRow(row: IntervalRow, top: number, x: (value: number) => number): RawHtml {
  const { label, value, low, high, bar, tone } = row;
  const middle = top + ROW / 2;
  const colour = tone === 'neutral' ? 'var(--a)' : `var(--${tone})`;
  const bounded = low !== undefined && high !== undefined && Number.isFinite(low) && Number.isFinite(high);
  return html`<text x="${LABEL - 10}" y="${middle + 5}" text-anchor="end">${shorten(label)}</text>
    ${bounded ? html`<line x1="${at(x(low))}" x2="${at(x(high))}" y1="${middle}" y2="${middle}" stroke="${colour}" stroke-width="3" />` : null}
    ${
      bar === undefined
        ? null
        : html`<line
            x1="${at(x(bar))}"
            x2="${at(x(bar))}"
            y1="${top + 4}"
            y2="${top + ROW - 4}"
            stroke="currentColor"
            stroke-width="2"
          />`
    }
    <circle cx="${at(x(value))}" cy="${middle}" r="4.5" fill="${colour}" />`;
}

function at(value: number): number {
  return Math.round(value * 10) / 10;
}

function shorten(label: string): string {
  return label.length <= 38 ? label : `${label.slice(0, 37).toWellFormed()}…`;
}
