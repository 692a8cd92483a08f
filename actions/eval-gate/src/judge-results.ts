/** Rules over results. */
import { ConfigError } from '@sluice/runtime/errors';
import { checkRules } from '@sluice/evaluation/check';
import { judgeRules, type RuleOutcome } from '@sluice/evaluation/judge';
import type { Results } from '@sluice/evaluation/model';
import type { RuleSet } from '@sluice/evaluation/rules';
import { faultLines } from '@sluice/evaluation/rules-parser';
import { lookupOf, selectorsOf, type Lookup } from '@sluice/evaluation/values';
import { BUILT_REFERENCES, RULES_INPUT, told } from './check-inputs.ts';
import type { Inputs } from './inputs.gen.ts';

/** @throws ConfigError where a rule does not fit the results, or the baseline was measured in another way */
export function judgeResults(
  rules: RuleSet,
  candidate: Results,
  baseline: Results | undefined,
  inputs: Inputs,
): { outcomes: RuleOutcome[]; lookup: Lookup } {
  const { confidence, clusters } = inputs;
  const lookup = lookupOf(candidate.metrics, rules.definitions, rules.directions);
  const faults = checkRules(rules, {
    references: BUILT_REFERENCES,
    facts: lookup,
    ...told(inputs),
    ambiguous: ({ name }) => selectorsOf(candidate.metrics, name),
  });
  if (faults.length > 0) throw new ConfigError(faultLines(faults, RULES_INPUT));
  const outcomes = judgeRules(rules, candidate.metrics, baseline ? { baseline: baseline.metrics } : {}, {
    confidence,
    ...(clusters === undefined ? {} : { clusters }),
  });
  const refused = outcomes.filter((outcome) => outcome.refused === true);
  if (refused.length > 0) {
    throw new ConfigError(
      refused.map(({ text }) => `input \`baseline\`: ${text}; measure both in the same way`),
    );
  }
  return { outcomes, lookup };
}
