/** Charts as SVG for HTML reports. Colours are the page's variables, so they follow light and dark. */
import { html, rawHtml, type RawHtml } from './html.ts';
import { niceTicks, scale, type Scale } from './axis.ts';

export interface Series {
  name: string;
  /** In order of x. A null y breaks the line. */
  points: readonly { x: number; y: number | null }[];
  /** Hold each value until the next x, as a traffic weight does. */
  stepped?: boolean;
}

export interface Mark {
  x: number;
  label: string;
}

export interface LineChartOptions {
  title: string;
  xLabel: string;
  yLabel: string;
  series: readonly Series[];
  /** Vertical lines: what happened when. */
  marks?: readonly Mark[];
  yMax?: number;
  width?: number;
  height?: number;
}

const COLORS = ['var(--a)', 'var(--b)', 'var(--c)', 'var(--d)', 'var(--bad)', 'var(--warn)'];
const MARGIN = { top: 28, right: 16, bottom: 38, left: 56 };

/** Lines over a common x. Without any point it says "no data" instead of drawing an empty frame. */
export function lineChart(options: LineChartOptions): RawHtml {
  const width = options.width ?? 920;
  const height = options.height ?? 280;
  const points = options.series.flatMap((series) => series.points);
  const ys = points.flatMap((point) => (point.y === null ? [] : [point.y]));
  if (ys.length === 0) return html`<p class="soft">${options.title}: no data</p>`;
  const xs = points.map((point) => point.x);
  const x = scale([Math.min(...xs), Math.max(...xs)], [MARGIN.left, width - MARGIN.right]);
  const y = scale([0, options.yMax ?? Math.max(...ys) * 1.08], [height - MARGIN.bottom, MARGIN.top]);
  return html`<figure>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.title}">
      ${frame(x, y, width, height, options)}
      ${options.series.map((series, i) => line(series, x, y, COLORS[i % COLORS.length] ?? ''))}
      ${(options.marks ?? []).map((mark, i) => markLine(mark, x(mark.x), height, i))}
    </svg>
    ${legend(options.series.map((series) => series.name))}
    <figcaption>${options.title}</figcaption>
  </figure>`;
}

export interface Bar {
  label: string;
  value: number;
}

/** Horizontal bars with their values written out. */
export function barChart(options: {
  title: string;
  bars: readonly Bar[];
  unit?: string;
  width?: number;
}): RawHtml {
  if (options.bars.length === 0) return html`<p class="soft">${options.title}: no data</p>`;
  const width = options.width ?? 920;
  const rowHeight = 28;
  const height = options.bars.length * rowHeight + 8;
  const labelWidth = Math.min(width / 2, 12 + 7.5 * Math.max(...options.bars.map((bar) => bar.label.length)));
  const x = scale(
    [0, Math.max(...options.bars.map((bar) => bar.value), 1e-9)],
    [0, width - labelWidth - 110],
  );
  return html`<figure>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.title}">
      ${options.bars.map(
        (bar, i) =>
          html` <text x="${labelWidth - 8}" y="${i * rowHeight + 20}" text-anchor="end">${bar.label}</text>
            <rect
              x="${labelWidth}"
              y="${i * rowHeight + 6}"
              width="${round(Math.max(1, x(bar.value)))}"
              height="18"
              rx="3"
              fill="${COLORS[i % COLORS.length] ?? ''}"
            />
            <text x="${round(labelWidth + x(bar.value) + 8)}" y="${i * rowHeight + 20}"
              >${formatValue(bar.value)}${options.unit === undefined ? '' : ` ${options.unit}`}</text
            >`,
      )}
    </svg>
    <figcaption>${options.title}</figcaption>
  </figure>`;
}

/** Counts of `values` in equal bins. */
export function histogram(options: {
  title: string;
  xLabel: string;
  values: readonly number[];
  bins?: number;
  width?: number;
  height?: number;
}): RawHtml {
  const values = options.values.filter(Number.isFinite);
  if (values.length === 0) return html`<p class="soft">${options.title}: no data</p>`;
  const low = Math.min(...values);
  const high = Math.max(...values);
  const bins = options.bins ?? Math.max(5, Math.min(40, Math.ceil(Math.sqrt(values.length))));
  const size = (high - low || 1) / bins;
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor((value - low) / size));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const width = options.width ?? 920;
  const height = options.height ?? 200;
  const x = scale([low, low + size * bins], [MARGIN.left, width - MARGIN.right]);
  const y = scale([0, Math.max(...counts) * 1.08], [height - MARGIN.bottom, MARGIN.top]);
  return html`<figure>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${options.title}">
      ${frame(x, y, width, height, { xLabel: options.xLabel, yLabel: 'count' })}
      ${counts.map((count, i) => {
        const left = x(low + size * i);
        return html`<rect
          x="${round(left + 0.5)}"
          y="${round(y(count))}"
          width="${round(x(low + size * (i + 1)) - left - 1)}"
          height="${round(y(0) - y(count))}"
          fill="var(--a)"
        />`;
      })}
    </svg>
    <figcaption>${options.title}</figcaption>
  </figure>`;
}

function frame(
  x: Scale,
  y: Scale,
  width: number,
  height: number,
  labels: { xLabel: string; yLabel: string },
): RawHtml {
  const bottom = height - MARGIN.bottom;
  return html`${niceTicks(y.domain).map(
      (tick) =>
        html`<line
            x1="${MARGIN.left}"
            x2="${width - MARGIN.right}"
            y1="${round(y(tick))}"
            y2="${round(y(tick))}"
            stroke="var(--line)"
          />
          <text x="${MARGIN.left - 6}" y="${round(y(tick) + 4)}" text-anchor="end"
            >${formatValue(tick)}</text
          >`,
    )}
    ${niceTicks(x.domain, 8).map(
      (tick) =>
        html`<text x="${round(x(tick))}" y="${bottom + 16}" text-anchor="middle">${formatValue(tick)}</text>`,
    )}
    <line
      x1="${MARGIN.left}"
      x2="${width - MARGIN.right}"
      y1="${bottom}"
      y2="${bottom}"
      stroke="var(--soft)"
    />
    <text x="${width - MARGIN.right}" y="${height - 6}" text-anchor="end">${labels.xLabel}</text>
    <text x="6" y="14">${labels.yLabel}</text>`;
}

function line(series: Series, x: Scale, y: Scale, color: string): RawHtml {
  let path = '';
  let last: { x: number; y: number } | undefined;
  for (const point of series.points) {
    if (point.y === null) {
      last = undefined;
      continue;
    }
    const at = { x: round(x(point.x)), y: round(y(point.y)) };
    if (last === undefined) path += `M${at.x} ${at.y}`;
    else path += series.stepped === true ? `H${at.x}V${at.y}` : `L${at.x} ${at.y}`;
    last = at;
  }
  return html`<path
    d="${rawHtml(path)}"
    fill="none"
    stroke="${color}"
    stroke-width="2"
    stroke-linejoin="round"
  />`;
}

function markLine(mark: Mark, x: number, height: number, index: number): RawHtml {
  return html`<line
      x1="${round(x)}"
      x2="${round(x)}"
      y1="${MARGIN.top}"
      y2="${height - MARGIN.bottom}"
      stroke="var(--soft)"
      stroke-dasharray="3 3"
    />
    <text x="${round(x + 3)}" y="${MARGIN.top + 10 + (index % 3) * 13}">${mark.label}</text>`;
}

function legend(names: readonly string[]): RawHtml {
  if (names.length < 2) return html``;
  return html`<p>
    ${names.map(
      (name, i) => html`<span style="color:${COLORS[i % COLORS.length] ?? ''}">■</span> ${name} &nbsp; `,
    )}
  </p>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Up to three significant digits, thousands kept whole. */
function formatValue(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Number(value.toPrecision(3)));
}
