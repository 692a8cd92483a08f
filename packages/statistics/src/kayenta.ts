/**
 * Kayenta's judge (NetflixACAJudge-v1.0), so that who comes from there gets the labels and scores that they know: each
 * metric of the canary against the baseline's by the Mann-Whitney test, and a weighted score of all.
 *
 * Made after spinnaker/kayenta, kayenta-judge and kayenta-mannwhitney; its public test cases are replayed. It looks once, at
 * the end of an interval: looked at again and again, it has no bound on false alarms.
 */
import { locationShift, meanOf, rankTogether } from './mann-whitney.ts';
import { percentile } from './percentile.ts';

export type Direction = 'increase' | 'decrease' | 'either';
export type Label = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric';

export interface MetricSettings {
  /** Which way is bad. */
  direction: Direction;
  /** `replace`: what is missing is 0. */
  nan?: 'remove' | 'replace';
  critical?: boolean;
  mustHaveData?: boolean;
  /** Of the Hodges-Lehmann estimate; Kayenta fixes 0.25. */
  tolerance?: number;
  /** Kayenta fixes 0.98. */
  confidence?: number;
  effect?: 'meanRatio' | 'cles';
  /** Smaller effects are no High or Low; 1 (mean ratio) or 0.5 (cles) by default. */
  allowedIncrease?: number;
  allowedDecrease?: number;
  criticalIncrease?: number;
  criticalDecrease?: number;
  /** Outliers beyond so many interquartile ranges, and the first or last percentile, are left out. */
  outlierFactor?: number;
}

export interface Classification {
  label: Label;
  /** Fails the whole canary. */
  critical: boolean;
  /** Mean of the canary by mean of the baseline; NaN where one is 0. */
  deviation: number;
}

/** @param random from 0 to 1: what has no spread at all gets a little, as in Kayenta */
export function classify(
  control: readonly number[],
  experiment: readonly number[],
  settings: MetricSettings,
  random: () => number,
): Classification {
  const { nan = 'remove', critical = false } = settings;
  const clean = (values: readonly number[]): number[] =>
    withoutOutliers(
      nan === 'remove' ? values.filter((value) => !Number.isNaN(value)) : values.map((value) => value || 0),
      settings.outlierFactor,
    );
  const [baseline, canary] = [clean(control), clean(experiment)];
  const plain = (label: Label, isCritical = false): Classification => ({
    ...{ label, critical: isCritical, deviation: 1 },
  });
  if (canary.length === 0 || baseline.length === 0) {
    if (nan === 'replace') return plain('Pass');
    return settings.mustHaveData === true && !critical
      ? plain('NodataFailMetric')
      : plain('Nodata', critical);
  }
  const sorted = (values: readonly number[]): string => JSON.stringify(values.toSorted((a, b) => a - b));
  if (sorted(canary) === sorted(baseline) || new Set([...canary, ...baseline]).size === 1)
    return plain('Pass');
  const { label, deviation, effect } = compare(baseline, canary, settings, random);
  const usual = settings.effect === 'cles' ? 0.5 : 1;
  const { criticalIncrease = usual, criticalDecrease = usual } = settings;
  const grave =
    (label === 'High' && !(effect < criticalIncrease)) || (label === 'Low' && !(effect > criticalDecrease));
  return { label, critical: critical && grave, deviation };
}

function compare(
  control: readonly number[],
  experiment: readonly number[],
  settings: MetricSettings,
  random: () => number,
): { label: Label; deviation: number; effect: number } {
  const { direction, tolerance = 0.25, confidence = 0.98 } = settings;
  const flat = new Set(control).size === 1 && new Set(experiment).size === 1;
  const [baseline, canary] = flat
    ? [withNoise(control, random), withNoise(experiment, random)]
    : [control, experiment];
  const { low, high, estimate } = locationShift(canary, baseline, confidence);
  const deviation = meanRatio(baseline, canary);
  const effect = settings.effect === 'cles' ? cles(baseline, canary) : deviation;
  const usual = settings.effect === 'cles' ? 0.5 : 1;
  const { allowedIncrease = usual, allowedDecrease = usual } = settings;
  const bound = tolerance * Math.abs(estimate);
  // An effect that can't be computed (NaN) excuses nothing.
  if (direction !== 'decrease' && low > bound && !(effect < allowedIncrease))
    return { label: 'High', deviation, effect };
  if (direction !== 'increase' && high < -bound && !(effect > allowedDecrease))
    return { label: 'Low', deviation, effect };
  return { label: 'Pass', deviation, effect };
}

/** A hundred-thousandth of the value, normally distributed (Box and Muller). */
function withNoise(values: readonly number[], random: () => number): number[] {
  return values.map((value) => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return value + value * 1e-5 * normal;
  });
}

export function meanRatio(control: readonly number[], experiment: readonly number[]): number {
  const [below, above] = [meanOf(control), meanOf(experiment)];
  return below === 0 || above === 0 ? NaN : above / below;
}

/** Common language effect size: the share of pairs in which the canary's value is the higher (Vargha and Delaney 2000). */
export function cles(control: readonly number[], experiment: readonly number[]): number {
  const m = experiment.length;
  const ranks = rankTogether(experiment, control);
  const sum = ranks.slice(0, m).reduce((all, rank) => all + rank, 0);
  return (2 * sum - m * (m + 1)) / (2 * control.length * m);
}

/** Which values are outliers: beyond `factor` interquartile ranges, and beyond the outer percentiles when `lenient`. */
export function outliers(values: readonly number[], factor: number, lenient: boolean): boolean[] {
  const at = (p: number): number => percentile(values, p) ?? NaN;
  const spread = factor * (at(75) - at(25));
  const [low, high] = [at(25) - spread, at(75) + spread];
  const below = lenient ? Math.min(at(1), low) : low;
  const beyond = lenient ? Math.max(at(99), high) : high;
  return values.map((value) => value > beyond || value < below);
}

function withoutOutliers(values: number[], factor: number | undefined): number[] {
  if (factor === undefined) return values;
  const out = outliers(values, factor, true);
  return values.filter((_, index) => out[index] !== true);
}

export interface Judged {
  groups: readonly string[];
  label: Label;
  critical: boolean;
}

const NODATA_PERCENT = 50;

/**
 * The score from 0 to 100: each group's share of passes, weighed; 0 on a critical failure, or where half of the metrics have
 * no data. Groups without a weight share what is left of 100; one without data counts as passed.
 */
export function score(results: readonly Judged[], weights: Readonly<Record<string, number>>): number {
  if (results.some(({ critical, label }) => critical && label !== 'Pass')) return 0;
  const missing = results.filter(({ label }) => label === 'Nodata').length;
  if ((missing / results.length) * 100 >= NODATA_PERCENT) return 0;
  const groups = new Map<string, Label[]>();
  for (const { groups: names, label } of results)
    for (const name of names) groups.set(name, [...(groups.get(name) ?? []), label]);
  const weighed = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const others = [...groups.keys()].filter((name) => !(name in weights)).length;
  let sum = 0;
  for (const [name, labels] of groups) {
    const counted = labels.filter((label) => label !== 'Nodata');
    const passed = counted.filter((label) => label === 'Pass').length;
    const own = counted.length === 0 ? 100 : (passed / counted.length) * 100;
    sum += own * ((weights[name] ?? (100 - weighed) / others) / 100);
  }
  return Math.round(sum * 100) / 100;
}
