/** Our functions beside reference values: which ones differ, and by how much. Used by the tests and by the Python oracle. */
import { bcaBounds, bootstrapBounds, jackknifeAcceleration } from '../src/bca.ts';
import { clusteredMean } from '../src/clustered.ts';
import { holm } from '../src/multiple.ts';
import { newcombeDifference } from '../src/newcombe.ts';
import { mcnemar, pairedDifference } from '../src/paired.ts';
import { signFlipTest } from '../src/permutation.ts';
import { detectableEffect, samplesForEffect } from '../src/power.ts';
import { clopperPearson, wilson } from '../src/proportion.ts';

export interface Entry {
  name: string;
  arguments: unknown[];
  /** `within`: Monte Carlo error allowed; without it values agree to 1e-9. */
  expected: Record<string, number> | number[];
}

type Result = object | number;

/** The functions by name. Arguments come from our own reference file, so they are trusted to be of the right types. */
const OURS = {
  mcnemar,
  clopperPearson,
  wilson,
  newcombeDifference,
  pairedDifference,
  signFlipTest,
  holm,
  clusteredMean,
  samplesForEffect,
  detectableEffect,
  bcaBounds: (draws: number[], estimate: number, acceleration: number, confidence: number) =>
    bcaBounds(Float64Array.from(draws), estimate, acceleration, confidence),
  jackknifeAcceleration: (rows: number[], columns: number, totals: number[]) =>
    jackknifeAcceleration(Float64Array.from(rows), columns, totals, ([sum = NaN, n = NaN]) => sum / n),
  perplexityBounds: (rows: number[], confidence: number) =>
    bootstrapBounds(Float64Array.from(rows), 2, ([a = NaN, b = NaN]) => Math.exp(-a / b), confidence),
} as unknown as Record<string, (...values: unknown[]) => Result>;

const EXACT = 1e-9;

/** One line per value that isn't the expected one; none when all agree. */
export function findDifferences({ name, arguments: values, expected }: Entry): string[] {
  const ours = OURS[name];
  if (ours === undefined) return [`${name}: there is no such function`];
  const got = ours(...values);
  const within = Array.isArray(expected) ? undefined : expected['within'];
  const wanted: [string, number][] = Object.entries(expected).filter(([field]) => field !== 'within');
  if (wanted.length === 0) return [`${name}: nothing is expected of it`];
  return wanted.flatMap(([field, value]) => {
    const mine = typeof got === 'number' ? got : (got as Record<string, unknown>)[field];
    const error = Math.abs(Number(mine) - value);
    const allowed = within ?? EXACT * Math.max(1e-3, Math.abs(value));
    return error <= allowed
      ? []
      : [`${name}(${JSON.stringify(values).slice(0, 80)}) ${field}: ${String(mine)}, not ${value}`];
  });
}
