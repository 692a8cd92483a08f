/** Numbers as people read them in rules, tables and reasons. */

/** At most 4 significant digits behind a whole part, no trailing zeros: 0.7478, 12.5, 1250. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? 'unbounded' : value < 0 ? '-unbounded' : 'none';
  const magnitude = Math.abs(value);
  if (magnitude >= 1000) return String(Math.round(value * 10) / 10);
  return String(Number(value.toPrecision(4)));
}

/**
 * A share as a percentage with one decimal (two near the ends), all else with its unit. `signed` is for differences: a +
 * before gains, and points where two percentages were subtracted, since 3 % less of 90 % is something else.
 */
export function formatShown(
  value: number,
  metric: { share?: boolean; unit?: string },
  signed = false,
): string {
  const sign = signed && value > 0 ? '+' : '';
  if (!Number.isFinite(value)) return formatNumber(value);
  if (metric.share === true) {
    const percent = value * 100;
    if (signed) return `${sign}${formatPoints(percent)}`;
    const digits = Math.abs(percent) < 1 || Math.abs(percent) > 99 ? 2 : 1;
    return `${sign}${trimZeros(percent.toFixed(digits))} %`;
  }
  return `${sign}${formatNumber(value)}${metric.unit === undefined ? '' : ` ${metric.unit}`}`;
}

/** `-3 points`, `1 point`: differences of percentages. */
export function formatPoints(points: number): string {
  const digits = Math.abs(points) < 1 ? 2 : 1;
  const text = trimZeros(points.toFixed(digits));
  return `${text} ${text === '1' || text === '-1' ? 'point' : 'points'}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/u, '') : text;
}
