/** Drift of each column between two profiles. What is measured depends on the reference's kind of column. Pure. */
import {
  chiSquareHomogeneity,
  countBins,
  jensenShannon,
  kolmogorovSmirnov,
  populationStability,
  quantileEdges,
  wasserstein,
} from '@sluice/statistics/drift';
import { embeddingDrift, vectorDrift } from './embedding-drift.ts';
import type { ColumnProfile } from './profile.ts';
import type { CommonKeys, FirstKeys, Reservoir } from './sketches.ts';

export interface DriftValue {
  /** What follows the column's name in a metric: `psi`, `length.ks_p`. */
  suffix: string;
  value: number | null;
  missing?: string;
  /** A p-value is lower the clearer the drift; all others are higher. */
  isP: boolean;
  method: string;
}

export interface ColumnDrift {
  column: string;
  kind: ColumnProfile['kind'] | 'missing';
  values: DriftValue[];
  /** Bins and shares of both sides, for the report. */
  bins: { label: string; reference: number; current: number }[];
}

const BINS = 10;
const PSI_NUMBERS = `deciles of the reference, empty bins as 0.0001`;
const TOP_VALUES = 50;
const TOP_WORDS = 100;

/** Vectors of a column's texts on both sides, as a model of embeddings gave them. */
export interface Embedded {
  model: string;
  reference: readonly Float64Array[];
  current: readonly Float64Array[];
}

/**
 * Drift of every column that either side has; a column of one side alone has no value, which is never a pass.
 *
 * @param embedded by column
 */
export function measureDrift(
  reference: readonly ColumnProfile[],
  current: readonly ColumnProfile[],
  embedded: ReadonlyMap<string, Embedded> = new Map(),
): ColumnDrift[] {
  const there = new Map(current.map((column) => [column.name, column]));
  const drifts = reference.map((column) => {
    const other = there.get(column.name);
    there.delete(column.name);
    if (other === undefined) return absent(column.name, 'the current data have no such column');
    return columnDrift(column, other, embedded.get(column.name));
  });
  return [...drifts, ...[...there.keys()].map((name) => absent(name, 'the reference has no such column'))];
}

function absent(column: string, missing: string): ColumnDrift {
  return {
    column,
    kind: 'missing',
    values: [{ suffix: 'psi', value: null, missing, isP: false, method: '' }],
    bins: [],
  };
}

function columnDrift(
  reference: ColumnProfile,
  current: ColumnProfile,
  embedded: Embedded | undefined,
): ColumnDrift {
  const { name, kind } = reference;
  if (kind === 'empty') return absent(name, 'the reference holds only nulls in it');
  const { values, bins } = MEASURES[kind](reference, current);
  const added =
    embedded === undefined
      ? []
      : embeddingDrift(embedded.reference, embedded.current, `vectors of ${embedded.model}`);
  return { column: name, kind, values: [...values, ...added], bins };
}

type Measured = Pick<ColumnDrift, 'values' | 'bins'>;

const MEASURES: Readonly<
  Record<Exclude<ColumnProfile['kind'], 'empty'>, (a: ColumnProfile, b: ColumnProfile) => Measured>
> = { number: numberDrift, category: categoryDrift, text: textDrift, vector: vectorDrift };

function numberDrift(reference: ColumnProfile, current: ColumnProfile): Measured {
  const edges = quantileEdges(reference.numberSample.sorted(), BINS);
  const bins = [
    ...binned(reference.numberSample, current.numberSample, edges),
    // What was a number and is a text or null now has left every bin: it is a bin of its own.
    { label: 'no number', reference: notNumbers(reference), current: notNumbers(current) },
  ];
  const scale = reference.numbers.deviation;
  return {
    values: [psi(bins, PSI_NUMBERS), ...sampleDrift(reference.numberSample, current.numberSample, '', scale)],
    bins,
  };
}

/** Scaled to the sample, as the other bins are. */
function notNumbers({ rows, numbers, numberSample }: ColumnProfile): number {
  if (rows === 0) return 0;
  const share = numbers.count === 0 ? 1 : numberSample.sorted().length / numbers.count;
  return (rows - numbers.count) * share;
}

function categoryDrift(reference: ColumnProfile, current: ColumnProfile): Measured {
  const bins = keyBins(reference.values, current.values, TOP_VALUES, 'other values');
  const tested = chiSquareHomogeneity(counts(bins, 'reference'), counts(bins, 'current'));
  const missing = 'one side has no value, or both only one and the same';
  const method = `Pearson, the reference's ${TOP_VALUES} commonest values and all others`;
  return {
    values: [
      psi(bins, `the reference's ${TOP_VALUES} commonest values and all others, empty ones as 0.0001`),
      distance(
        'js',
        jensenShannon(counts(bins, 'reference'), counts(bins, 'current')),
        'Jensen–Shannon distance, base 2, same bins',
      ),
      distance('chi2', tested?.statistic, method, missing),
      { ...distance('chi2_p', tested?.p, method, missing), isP: true },
    ],
    bins,
  };
}

function textDrift(reference: ColumnProfile, current: ColumnProfile): Measured {
  const lengthEdges = quantileEdges(reference.lengthSample.sorted(), BINS);
  const lengths = psi(binned(reference.lengthSample, current.lengthSample, lengthEdges), PSI_NUMBERS);
  const words = keyBins(reference.words, current.words, TOP_WORDS, 'all other words');
  const wordPsi = psi(words, `the reference's ${TOP_WORDS} commonest words and all others`);
  const both = [lengths.value, wordPsi.value].flatMap((value) => value ?? []);
  return {
    values: [
      distance(
        'psi',
        both.length === 2 ? Math.max(...both) : undefined,
        'the larger of length.psi and vocabulary.psi',
      ),
      { ...lengths, suffix: 'length.psi' },
      ...sampleDrift(reference.lengthSample, current.lengthSample, 'length.', reference.lengths.deviation),
      { ...wordPsi, suffix: 'vocabulary.psi' },
      distance(
        'vocabulary.js',
        jensenShannon(counts(words, 'reference'), counts(words, 'current')),
        `Jensen–Shannon distance, base 2, the reference's ${TOP_WORDS} commonest words and all others`,
      ),
    ],
    bins: words,
  };
}

/** KS, Wasserstein and Jensen–Shannon of two samples of numbers. */
function sampleDrift(
  reference: Reservoir,
  current: Reservoir,
  prefix: string,
  scale: number | undefined,
): DriftValue[] {
  const [x, y] = [reference.sorted(), current.sorted()];
  const of =
    reference.isExact && current.isExact
      ? 'all values'
      : `random samples of ${x.length} and ${y.length} values`;
  const tested = kolmogorovSmirnov(x, y);
  const ks = `two-sample Kolmogorov–Smirnov, ${tested?.method ?? ''}, ${of}`;
  const area = wasserstein(x, y);
  const edges = quantileEdges(x, BINS);
  const divergence = jensenShannon(countBins(x, edges), countBins(y, edges));
  return [
    distance(`${prefix}ks`, tested?.statistic, ks),
    { ...distance(`${prefix}ks_p`, tested?.p, ks), isP: true },
    distance(`${prefix}js`, divergence, `Jensen–Shannon distance, base 2, deciles of the reference, ${of}`),
    distance(`${prefix}wasserstein`, area, `order 1, in the values' unit, ${of}`),
    distance(
      `${prefix}wasserstein_sd`,
      area === undefined || scale === undefined || scale === 0 ? undefined : area / scale,
      `order 1, in standard deviations of the reference, ${of}`,
      'the reference does not vary',
    ),
  ];
}

function psi(bins: ColumnDrift['bins'], method: string): DriftValue {
  return distance('psi', populationStability(counts(bins, 'reference'), counts(bins, 'current')), method);
}

function distance(
  suffix: string,
  value: number | undefined,
  method: string,
  missing = 'one side has no value',
): DriftValue {
  return { suffix, value: value ?? null, ...(value === undefined ? { missing } : {}), isP: false, method };
}

function counts(bins: ColumnDrift['bins'], side: 'reference' | 'current'): number[] {
  return bins.map((bin) => bin[side]);
}

function binned(reference: Reservoir, current: Reservoir, edges: readonly number[]): ColumnDrift['bins'] {
  const [a, b] = [countBins(reference.sorted(), edges), countBins(current.sorted(), edges)];
  return a.map((count, i) => ({ label: binLabel(edges, i), reference: count, current: b[i] ?? 0 }));
}

function binLabel(edges: readonly number[], i: number): string {
  const [low, high] = [edges[i - 1], edges[i]].map((edge) =>
    edge === undefined ? undefined : String(Number(edge.toPrecision(4))),
  );
  if (low === undefined) return high === undefined ? 'all' : `≤ ${high}`;
  return high === undefined ? `> ${low}` : `${low} – ${high}`;
}

function keyBins(
  reference: CommonKeys | FirstKeys,
  current: CommonKeys | FirstKeys,
  most: number,
  rest: string,
): ColumnDrift['bins'] {
  const top = reference
    .top(most)
    .map(({ key, count }) => ({ label: key, reference: count, current: current.count(key) }));
  const left = (side: 'reference' | 'current', total: number): number =>
    total - top.reduce((sum, bin) => sum + bin[side], 0);
  return [
    ...top,
    { label: rest, reference: left('reference', reference.total), current: left('current', current.total) },
  ];
}
