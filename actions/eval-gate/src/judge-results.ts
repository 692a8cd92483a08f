/** Rules over results. */
import { ConfigError } from '@sluice/runtime/errors';
import { checkRules } from '@sluice/evaluation/check';
import { judgeRules, type RuleOutcome } from '@sluice/evaluation/judge';
import type { Results } from '@sluice/evaluation/model';
import { referencesIn, REFERENCES, type Reference, type RuleSet } from '@sluice/evaluation/rules';
import { faultLines } from '@sluice/evaluation/rules-parser';
import { nameStoredItems } from '@sluice/evaluation/stored-items';
import { lookupOf, selectorsOf, type Lookup } from '@sluice/evaluation/values';
import { RULES_INPUT, told } from './check-inputs.ts';
import type { Inputs } from './inputs.gen.ts';

/** References whose items a record told by digest, named as the candidate's are. */
export function referencesFor(
  candidate: Results,
  compared: Partial<Record<Reference, Results>>,
): Partial<Record<Reference, Results>> {
  return Object.fromEntries(
    Object.entries(compared).map(([name, results]) => [
      name,
      { ...results, metrics: nameStoredItems(results.metrics, candidate.metrics) },
    ]),
  );
}

/** @throws ConfigError where a rule does not fit the results, or the baseline was measured in another way */
export function judgeResults(
  rules: RuleSet,
  candidate: Results,
  compared: Partial<Record<Reference, Results>>,
  inputs: Inputs,
): { outcomes: RuleOutcome[]; lookup: Lookup } {
  const { confidence, clusters } = inputs;
  const lookup = lookupOf(candidate.metrics, rules.definitions, rules.directions);
  const faults = checkRules(rules, {
    references: REFERENCES,
    facts: lookup,
    ...told(inputs),
    ambiguous: ({ name }) => selectorsOf(candidate.metrics, name),
  });
  if (faults.length > 0) throw new ConfigError(faultLines(faults, RULES_INPUT));
  const references = Object.fromEntries(
    Object.entries(compared).map(([name, { metrics }]) => [name, metrics]),
  );
  const outcomes = judgeRules(rules, candidate.metrics, references, {
    confidence,
    ...(clusters === undefined ? {} : { clusters }),
  });
  const refused = outcomes.flatMap(({ refused, text }, at) => {
    if (refused !== true) return [];
    const rule = rules.rules.slice(at, at + 1);
    const isBaseline = referencesIn({ rules: rule }).every(({ of }) => of === 'baseline');
    return [`${isBaseline ? 'input `baseline`' : RULES_INPUT}: ${text}; measure both in the same way`];
  });
  if (refused.length > 0) throw new ConfigError(refused);
  return { outcomes, lookup };
}
