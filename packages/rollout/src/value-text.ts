/** One measured value as people read it. */
import { GAUGE_METRICS, LIVE_METRICS } from './live-metrics.ts';

/** A share in percent, a value with its unit. Quantile rules are shown as the share beyond the bar. */
export function valueText(metric: string, value: number, rule = ''): string {
  if (!Number.isFinite(value)) return '?';
  const live = LIVE_METRICS[metric];
  const share =
    live?.kind === 'share' ||
    (live?.kind === 'value' && live.share === true) ||
    GAUGE_METRICS[metric]?.share === true ||
    /\.p\d/.test(rule);
  if (share) return `${(value * 100).toFixed(value < 0.1 ? 2 : 1)}%`;
  const unit = metric.endsWith('_ms') ? ' ms' : '';
  return `${Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(1)}${unit}`;
}
