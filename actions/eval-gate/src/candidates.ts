/** Several candidates over the same rules: each is judged, and one of those that pass is taken. */
import { decideRules, type RulesDecision } from '@sluice/evaluation/decide';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { RuleOutcome } from '@sluice/evaluation/judge';
import { metricLabel, type RuleSet } from '@sluice/evaluation/rules';
import type { Lookup } from '@sluice/evaluation/values';
import { formatShown } from '@sluice/evaluation/wording';
import { ConfigError } from '@sluice/runtime/errors';
import type { Selection } from './candidate-inputs.ts';

export interface Judged {
  name: string;
  results: Results;
  outcomes: RuleOutcome[];
  lookup: Lookup;
}

export interface Choice {
  chosen: Judged;
  /** Whether it may be called selected: it passed. */
  selected: boolean;
  /** A line for each candidate: how it fared, and the value it was ranked by. */
  notes: string[];
}

/** What `smallest` and `cheapest` look at, the first that all candidates have. */
const SIZES: Readonly<Record<'smallest' | 'cheapest', readonly string[]>> = {
  smallest: ['model.bytes', 'memory_gb', 'gpu_memory_gb'],
  cheapest: ['cost.per_mtok', 'energy.j_per_token'],
};

/**
 * The rules with their confidence raised for `count` candidates: one that isn't good enough is to pass with at most the
 * stated chance whichever it is, so each gets its share of the error (Bonferroni; 1 − (1 − c)/count).
 */
export function sharedAmong(
  count: number,
  rules: RuleSet,
  confidence: number,
): { rules: RuleSet; confidence: number } {
  const raised = (c: number): number => 1 - (1 - c) / count;
  return {
    rules: {
      ...rules,
      rules: rules.rules.map((rule) =>
        rule.confidence === undefined ? rule : { ...rule, confidence: raised(rule.confidence) },
      ),
    },
    confidence: raised(confidence),
  };
}

/**
 * The candidate to go on with: of those that pass the one that `selection` ranks first (the first named of equals); where none
 * passes, the first that comes nearest (inconclusive before failed), whose verdict is then the gate's.
 *
 * @throws ConfigError where the metric to rank by is missing in one that passes, or its direction isn't known
 */
export function chooseCandidate(
  judged: readonly Judged[],
  selection: Selection,
  policy: { onInconclusive: 'fail' | 'warn'; onMissing: 'fail' | 'warn' },
): Choice {
  const decided = judged.map((one) => ({ one, decision: decideRules(one.outcomes, policy) }));
  const passing = decided.filter(({ decision }) => decision.verdict === 'pass');
  const told = decided.map(({ one, decision }) => `candidate ${one.name}: ${verdictOf(decision)}`);
  if (passing.length === 0) {
    const nearest = decided.find(({ decision }) => decision.verdict === 'inconclusive') ?? decided[0];
    if (nearest === undefined) throw new ConfigError('input `candidates` names none');
    return { chosen: nearest.one, selected: false, notes: told };
  }
  const ranked = rank(
    passing.map(({ one }) => one),
    selection,
  );
  const [first] = ranked;
  if (first === undefined) throw new ConfigError('input `candidates` names none');
  const values = new Map(ranked.map(({ one, metric }) => [one.name, metric]));
  return {
    chosen: first.one,
    selected: true,
    notes: decided.map(({ one }, i) => {
      const metric = values.get(one.name);
      const by =
        metric?.value === undefined || metric.value === null
          ? ''
          : `, ${metricLabel(metric)} ${formatShown(metric.value, metric)}`;
      return `${told[i]}${by}${one === first.one ? ` (taken: ${selection.kind} of ${passing.length} that pass)` : ''}`;
    }),
  };
}

function verdictOf({ verdict, failures }: RulesDecision): string {
  return failures.length === 0 ? verdict : `${verdict} (${failures.join('; ')})`;
}

function rank(
  passing: readonly Judged[],
  { kind, metric }: Selection,
): { one: Judged; metric: EvalMetric }[] {
  const names = metric === undefined && kind !== 'best' ? SIZES[kind] : [metric ?? ''];
  const name = names.find((other) => passing.every(({ lookup }) => hasValue(lookup({ name: other }))));
  if (name === undefined) {
    const without = passing.filter(({ lookup }) => !names.some((other) => hasValue(lookup({ name: other }))));
    throw new ConfigError(
      `input \`select\` = '${kind}${metric === undefined ? '' : ` ${metric}`}': ${without.map((one) => one.name).join(', ') || 'one of the candidates'} has no ${names.join(', ')}; measure it, or name another metric`,
    );
  }
  const found = passing.flatMap((one) => {
    const value = one.lookup({ name });
    return value === undefined ? [] : [{ one, metric: value }];
  });
  const direction = kind === 'best' ? found[0]?.metric.direction : 'lower';
  if (direction === undefined) {
    throw new ConfigError(
      `input \`select\`: which way ${name} is better isn't known; add 'direction: ${name} higher' (or lower) to \`thresholds\``,
    );
  }
  const sign = direction === 'higher' ? -1 : 1;
  return found.sort((a, b) => sign * ((a.metric.value ?? NaN) - (b.metric.value ?? NaN)));
}

function hasValue(metric: EvalMetric | undefined): boolean {
  return metric !== undefined && metric.value !== null;
}
