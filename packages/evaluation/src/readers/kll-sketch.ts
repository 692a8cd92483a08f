/** Quantiles of a KLL sketch of doubles, as Apache DataSketches' C++ writes it (kll_sketch_impl.hpp, serialize). */

const FAMILY = 15;
/** Words of four bytes before the levels: the shorter one of floats, the longer of doubles. */
const PREAMBLES = [5, 6];
const EMPTY = 1;
const SINGLE = 4;

export interface KllSketch {
  /** Values that came. */
  n: number;
  min: number;
  max: number;
  /** Of all that came, about: at least a share `q` of the weight lies at or below it. */
  quantile(q: number): number;
}

/** @returns undefined for a sketch of nothing @throws Error for bytes that are none */
export function readKll(bytes: Buffer): KllSketch | undefined {
  if (bytes.length < 8 || bytes[2] !== FAMILY) throw new Error('its KLL sketch is none of DataSketches');
  const flags = bytes[3] as number;
  if ((flags & EMPTY) !== 0) return undefined;
  if ((flags & SINGLE) !== 0) {
    const only = doubles(bytes, 8, 1)[0] as number;
    return { n: 1, min: only, max: only, quantile: () => only };
  }
  const header = 4 * (bytes[0] as number);
  if (!PREAMBLES.includes(header / 4) || bytes.length < header) throw new Error('its KLL sketch is cut');
  const n = Number(bytes.readBigUInt64LE(8));
  const levels = bytes[18] as number;
  const items = header + 4 * levels + 16;
  if (levels === 0 || levels > 60 || bytes.length < items || (bytes.length - items) % 8 !== 0)
    throw new Error('its KLL sketch is cut');
  const starts = Array.from({ length: levels }, (_, level) => bytes.readUInt32LE(header + 4 * level));
  const [min = NaN, max = NaN] = doubles(bytes, header + 4 * levels, 2);
  const values = doubles(bytes, items, (bytes.length - items) / 8);
  const weighted = values.map((value, at) => {
    const level = starts.findLastIndex((start) => start <= at + (starts[0] ?? 0));
    return { value, weight: 2 ** level };
  });
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  if (total !== n) throw new Error(`its KLL sketch says ${n} values came, but holds the weight of ${total}`);
  weighted.sort((a, b) => a.value - b.value);
  return { n, min, max, quantile: (q) => weightedQuantile(weighted, q * n) ?? max };
}

function weightedQuantile(
  sorted: readonly { value: number; weight: number }[],
  rank: number,
): number | undefined {
  let seen = 0;
  for (const { value, weight } of sorted) {
    seen += weight;
    if (seen > rank) return value;
  }
  return undefined;
}

function doubles(bytes: Buffer, at: number, count: number): number[] {
  if (at + 8 * count > bytes.length) throw new Error('its KLL sketch is cut');
  return Array.from({ length: count }, (_, i) => bytes.readDoubleLE(at + 8 * i));
}
