/** Several candidates at once, of which one goes on. */
import { ConfigError } from '@sluice/runtime/errors';
import type { ActionContext } from '@sluice/runtime/action';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { Reference, RuleSet } from '@sluice/evaluation/rules';
import type { ReleaseRecord } from '@sluice/release/record';
import { parseCandidates, parseSelection } from './candidate-inputs.ts';
import { chooseCandidate, sharedAmong } from './candidates.ts';
import type { Inputs } from './inputs.gen.ts';
import { judgeResults, referencesFor } from './judge-results.ts';
import { readAll } from './read-all.ts';

/** What all candidates have in common. */
export interface Shared {
  references: Partial<Record<Reference, Results>>;
  /** Of the data beside the results. */
  metrics: readonly EvalMetric[];
}

/** Judges every candidate, and returns what the gate goes on with: the inputs and rules of the one that is taken. */
export async function chooseAmong(
  given: Inputs,
  written: RuleSet,
  record: ReleaseRecord | undefined,
  workspace: string,
  context: ActionContext,
  shared: Shared,
): Promise<{ inputs: Inputs; rules: RuleSet; selected: string; notes: string[] }> {
  const { candidates } = parseCandidates(given.candidates);
  const selection = parseSelection(given.select ?? '');
  if (typeof selection === 'string') throw new ConfigError(selection);
  const { rules, confidence } = sharedAmong(candidates.length, written, given.confidence);
  const as = (patterns: string[]): Inputs => ({ ...given, results: patterns, confidence });
  const judged = [];
  for (const { name, patterns } of candidates) {
    const { candidate, baseline } = await readAll(as(patterns), record, workspace, context);
    candidate.metrics.push(...shared.metrics);
    const told = { ...shared.references, ...(baseline === undefined ? {} : { baseline }) };
    const references = referencesFor(candidate, told);
    // What the judge says of the one that is taken is asked again, and known by then.
    if (given.pairwise !== undefined) {
      const { lookAtAnswers } = await import('./judge-answers.ts');
      const ask = { inputs: as(patterns), context, workspace, record, candidate, fromFile: undefined };
      candidate.metrics.push(...(await lookAtAnswers({ ...ask, baseline: references.baseline })).metrics);
    }
    judged.push({ name, results: candidate, ...judgeResults(rules, candidate, references, as(patterns)) });
  }
  const { chosen, selected, notes } = chooseCandidate(judged, selection, given);
  const patterns = candidates.find(({ name }) => name === chosen.name)?.patterns ?? [];
  return { inputs: as(patterns), rules, selected: selected ? chosen.name : '', notes };
}
