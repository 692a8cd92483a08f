/** Decides `select-best` and `max-score` when every prompt of a test has its answers, repeat by repeat. */
import { bestPrompt } from '@sluice/judge/metric-prompts';
import { readBest } from '@sluice/judge/metric-verdicts';
import { judgeOf } from '../assertions/judge-kinds.ts';
import type { Aides } from '../assertions/kinds.ts';
import { readMaxScore } from '../assertions/rival-kinds.ts';
import type { Assertion, Case } from '../suites/types.ts';
import type { Attempt } from './run-cases.ts';

interface Standing {
  /** Its place among the rivals; undefined when none is the best. */
  winner: number | undefined;
  reason: string;
}

/**
 * The attempts of cases that have rivals, with their comparisons decided; by the places of the cases. A rival that got no
 * answer, or a judge that can't be read, leaves none the best.
 */
export async function compareRivals(
  cases: readonly Case[],
  attempts: readonly (readonly Attempt[])[],
  aides: Aides | undefined,
): Promise<Map<number, Attempt[]>> {
  const decided = new Map<number, Attempt[]>();
  for (const places of groupsOf(cases)) {
    const compare = cases[places[0] ?? -1]?.rivals?.compare ?? [];
    const repeats = Math.min(...places.map((place) => attempts[place]?.length ?? 0));
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      let round = places.flatMap((place) => attempts[place]?.[repeat] ?? []);
      for (const assertion of compare) round = applyStanding(round, await judge(assertion, round, aides));
      places.forEach((place, at) => {
        const one = round[at];
        if (one !== undefined) decided.set(place, [...(decided.get(place) ?? []), one]);
      });
    }
  }
  return decided;
}

/** A case in other words competes with nobody. */
function groupsOf(cases: readonly Case[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [place, test] of cases.entries()) {
    if (test.rivals === undefined || test.kind === 'perturbed') continue;
    groups.set(test.rivals.group, [...(groups.get(test.rivals.group) ?? []), place]);
  }
  return [...groups.values()];
}

async function judge(
  assertion: Assertion,
  round: readonly Attempt[],
  aides: Aides | undefined,
): Promise<Standing> {
  try {
    if (round.length < 2) throw new Error('there is nothing to compare with');
    if (round.some(({ status }) => status === 'error')) throw new Error('one of the prompts got no answer');
    return assertion.type === 'max-score'
      ? highest(assertion, round)
      : await chosen(String(assertion.value), round, aides);
  } catch (error) {
    const why = String((error as { message?: unknown } | null)?.message ?? error).slice(0, 300);
    return { winner: undefined, reason: `'${assertion.type}' can be decided (it could not: ${why})` };
  }
}

/** The judge sees the answers in both orders; one that goes by the place chooses none. */
async function chosen(
  criteria: string,
  round: readonly Attempt[],
  aides: Aides | undefined,
): Promise<Standing> {
  const ask = judgeOf(aides);
  const texts = round.map(({ answer }) => answer.text);
  const first = readBest(await ask(bestPrompt(criteria, texts)), texts.length);
  const turned = readBest(await ask(bestPrompt(criteria, texts.toReversed())), texts.length);
  const second = texts.length - 1 - turned;
  const what = `the answer is the best by '${criteria.slice(0, 120)}'`;
  // The same text at two places is as good at each.
  return texts[first] === texts[second]
    ? { winner: first, reason: `${what} (that of prompt ${first + 1} is)` }
    : {
        winner: undefined,
        reason: `${what} (the judge goes by the place: prompt ${first + 1}, then ${second + 1} with the order turned around)`,
      };
}

/** promptfoo's: the weighted mean, or sum, of the scores of the other assertions; the first of equals. */
function highest({ value }: Assertion, round: readonly Attempt[]): Standing {
  const {
    method,
    weights,
    threshold = -Infinity,
  } = readMaxScore(value) ?? { method: 'average', weights: {} };
  const scores = round.map(({ grade: { parts = [] } }) => {
    const weighed = parts.map(({ type, score }) => ({ score, weight: weights[type] ?? 1 }));
    const sum = weighed.reduce((total, { score, weight }) => total + score * weight, 0);
    const weight = weighed.reduce((total, one) => total + one.weight, 0);
    return method === 'sum' ? sum : weight === 0 ? 0 : sum / weight;
  });
  const most = Math.max(...scores);
  const told = scores.map((score) => score.toFixed(3)).join(', ');
  return {
    winner: most >= threshold ? scores.indexOf(most) : undefined,
    reason: `the answer has the highest score of the prompts${threshold === -Infinity ? '' : `, at least ${threshold}`} (they have ${told})`,
  };
}

function applyStanding(round: readonly Attempt[], { winner, reason }: Standing): Attempt[] {
  return round.map((one, at) => {
    if (at === winner || one.status === 'error') return one;
    const reasons = [...one.grade.reasons, `expected that ${reason}`];
    return { ...one, status: 'failed', grade: { ...one.grade, passed: false, score: 0, reasons } };
  });
}
