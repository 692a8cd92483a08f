/** Metrics of a whole corpus, which are no mean of their items: what each item adds, and how it comes together. */
import { bootstrapBounds, type Bootstrap, type Statistic } from '@sluice/statistics/bca';

/** `perplexity` exp(−Σa/Σb), `bits` −Σa/(Σb ln 2), `ratio` Σa/Σb: weighted by tokens, words or bytes, never by document. */
export type CorpusKind = 'perplexity' | 'bits' | 'ratio';

export interface Corpus {
  kind: CorpusKind;
  /** Of each item: log-likelihood (or count) and weight. */
  parts: ReadonlyMap<string, readonly [number, number]>;
}

const COMBINE: Readonly<Record<CorpusKind, (sum: number, weight: number) => number>> = {
  perplexity: (sum, weight) => Math.exp(-sum / weight),
  bits: (sum, weight) => -sum / weight / Math.LN2,
  ratio: (sum, weight) => sum / weight,
};

/** lm-eval's metrics that are made from `[log-likelihood, weight]` per document (lm_eval/api/metrics.py, weighted_perplexity, bits_per_byte). */
const KINDS: Readonly<Record<string, CorpusKind>> = {
  word_perplexity: 'perplexity',
  byte_perplexity: 'perplexity',
  bits_per_byte: 'bits',
};

/** Parts as a corpus metric, when they add up to its value: then they are what it was made from. */
export function corpusThatAddsUp(
  metric: string,
  parts: ReadonlyMap<string, readonly [number, number]>,
  value: number | null,
): Corpus | undefined {
  const kind = Object.hasOwn(KINDS, metric) ? KINDS[metric] : undefined;
  if (kind === undefined || value === null || parts.size === 0) return undefined;
  let [sum, weight] = [0, 0];
  for (const [a, b] of parts.values()) {
    sum += a;
    weight += b;
  }
  const combined = COMBINE[kind](sum, weight);
  return Math.abs(combined - value) <= 1e-6 * Math.abs(value) ? { kind, parts } : undefined;
}

/** One-sided BCa bounds of the value over its items. */
export function corpusBounds({ kind, parts }: Corpus, confidence: number): Bootstrap {
  const rows = Float64Array.from([...parts.values()].flat());
  return bootstrapBounds(rows, 2, ([a = NaN, b = NaN]) => COMBINE[kind](a, b), confidence);
}

/** One-sided BCa bounds of the difference over the items that both have, resampled together. */
export function corpusDifference(
  candidate: Corpus,
  baseline: Corpus,
  confidence: number,
): Bootstrap & { n: number } {
  const shared = [...candidate.parts].flatMap(([id, [a, b]]) => {
    const other = baseline.parts.get(id);
    return other === undefined ? [] : [[a, b, ...other]];
  });
  const combine = COMBINE[candidate.kind];
  const difference: Statistic = ([a = NaN, b = NaN, c = NaN, d = NaN]) => combine(a, b) - combine(c, d);
  return {
    n: shared.length,
    ...bootstrapBounds(Float64Array.from(shared.flat()), 4, difference, confidence),
  };
}
