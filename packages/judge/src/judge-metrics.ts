/** From judged pairs to `judge.*` metrics. Pure. */
import { isObject, type EvalMetric, type ItemScores } from '@sluice/evaluation/model';
import { knownFacts } from '@sluice/evaluation/metrics-table';
import { cohensKappa } from '@sluice/statistics/kappa';
import { lengthControlledRate } from '@sluice/statistics/length-control';
import type { Pair, Side } from './pairs.ts';
import type { Judged } from './run-judge.ts';

/** A win is 1, a tie a half: the win rate is (W + T/2)/N. */
export const SCORES: Readonly<Record<Side, number>> = { candidate: 1, tie: 0.5, baseline: 0 };

interface Compared {
  pair: Pair;
  winner: Side;
  consistent?: boolean;
}

/**
 * Every metric of what was judged; `source` names where the answers came from. Pairs without a readable verdict are in
 * no rate but `judge.parse_failures`, which is the share of rows that have one.
 */
export function judgeMetrics(judged: readonly Judged[], source: string): EvalMetric[] {
  const make = metricsOf(source);
  const failed = judged.filter(({ comparison, rubric }) => isUnreadable(comparison) || isUnreadable(rubric));
  return [
    make('judge.parse_failures', failed.length, judged.length),
    ...comparisonMetrics(judged, source),
    ...rubricMetrics(judged, source),
  ];
}

function comparisonMetrics(judged: readonly Judged[], source: string): EvalMetric[] {
  const make = metricsOf(source);
  if (judged.every(({ comparison }) => comparison === undefined)) return [];
  const compared = judged.flatMap(({ pair, comparison }): Compared[] =>
    comparison === undefined || 'unreadable' in comparison ? [] : [{ pair, ...comparison }],
  );
  const n = compared.length;
  const asked = compared.filter(({ consistent }) => consistent !== undefined);
  const count = (side: Side): number => compared.filter(({ winner }) => winner === side).length;
  const rate = make('judge.win_rate', count('candidate') + count('tie') / 2, n);
  const items = itemsOf(compared.map(({ pair, winner }) => ({ pair, score: SCORES[winner] })));
  const metrics = [
    n === 0 ? rate : { ...rate, items },
    make('judge.ties', count('tie'), n),
    make('judge.position_consistency', asked.filter(({ consistent }) => consistent).length, asked.length),
    controlled(compared, source),
    { name: 'judge.n', value: n, source, ...knownFacts('judge.n') },
  ];
  const labelled = compared.flatMap(({ pair, winner }): [Side, Side][] =>
    pair.human === undefined ? [] : [[winner, pair.human]],
  );
  return labelled.length === 0 ? metrics : [...metrics, ...agreementMetrics('judge', labelled, source)];
}

/** Lengths in characters, as AlpacaEval counts them. */
function controlled(compared: readonly Compared[], source: string): EvalMetric {
  const name = 'judge.lc_win_rate';
  const base = { name, source, n: compared.length, ...knownFacts(name) };
  const fit = lengthControlledRate(
    compared.map(({ winner }) => SCORES[winner]),
    compared.map(({ pair }) => pair.candidate.length - (pair.baseline ?? '').length),
  );
  if (fit === undefined) {
    return {
      ...base,
      value: null,
      missing: 'length alone tells the winner apart, or one side always wins: no regression gives a number',
    };
  }
  const items = itemsOf(
    compared.map(({ pair }, index) => ({ pair, score: fit.pseudoValues[index] ?? fit.rate })),
  );
  return { ...base, value: fit.rate, items };
}

function rubricMetrics(judged: readonly Judged[], source: string): EvalMetric[] {
  const rows = judged.flatMap(({ pair, rubric }) => (rubric === undefined ? [] : [{ pair, rubric }]));
  if (rows.length === 0) return [];
  const read = rows.flatMap(({ pair, rubric }) => ('unreadable' in rubric ? [] : [{ pair, ...rubric }]));
  const make = metricsOf(source);
  const passes = make('judge.rubric.pass_rate', read.filter(({ pass }) => pass).length, read.length);
  const sum = read.reduce((total, { score }) => total + score, 0);
  const score = make('judge.rubric.score', sum, read.length);
  if (read.length === 0) return [passes, score];
  return [
    { ...passes, items: itemsOf(read.map(({ pair, pass }) => ({ pair, score: pass ? 1 : 0 }))) },
    { ...score, items: itemsOf(read) },
  ];
}

/** `<who>.agreement` and Cohen's kappa of two raters over the same items. */
export function agreementMetrics(
  who: 'judge' | 'human',
  labels: readonly (readonly [Side, Side])[],
  source: string,
): EvalMetric[] {
  const { n, agreement, kappa, se } = cohensKappa(labels);
  const name = `${who}.kappa`;
  return [
    metricsOf(source)(`${who}.agreement`, Math.round(agreement * n), n),
    {
      name,
      source,
      n,
      value: kappa ?? null,
      ...(kappa === undefined
        ? { missing: 'both raters say one and the same of everything, which chance explains' }
        : {}),
      ...(se === undefined || se === 0 ? {} : { stderr: se }),
      ...knownFacts(name),
    },
  ];
}

/** Shares `sum` of `n`; none of nothing is missing, not zero. */
export function metricsOf(source: string): (name: string, sum: number, n: number) => EvalMetric {
  return (name, sum, n) => ({
    name,
    source,
    n,
    value: n === 0 ? null : sum / n,
    ...(n === 0 ? { missing: 'no readable verdict is there' } : {}),
    ...knownFacts(name),
  });
}

export function itemsOf(scored: readonly { pair: Pair; score: number }[]): ItemScores {
  const scores = new Map(scored.map(({ pair, score }) => [pair.id, score]));
  const tagged = scored.filter(({ pair }) => pair.slices.length > 0);
  return tagged.length === 0
    ? { scores }
    : { scores, slices: new Map(tagged.map(({ pair }) => [pair.id, pair.slices])) };
}

function isUnreadable(verdict: unknown): boolean {
  return isObject(verdict) && 'unreadable' in verdict;
}
