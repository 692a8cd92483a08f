/** Faults that the inputs show before any file is opened. Pure. */
import { checkRules } from '@sluice/evaluation/check';
import { targetInputFaults, type TargetInputs } from '@sluice/rollout/target-inputs';
import { faultLines, parseRules } from '@sluice/evaluation/rules-parser';
import { referencesIn, REFERENCES, type RuleSet } from '@sluice/evaluation/rules';
import { answerFaults, impliedRules, type AnswerInputs } from './check-answers.ts';
import { parseCandidates, parseSelection } from './candidate-inputs.ts';
import { dataFaults, driftTold } from './check-data.ts';
import { embeddingFaults, type EmbeddingInputs } from './embeddings.ts';
import { gitFault } from './git-source.ts';
import { findPatternFaults } from '@sluice/report/redact';
import type { Inputs } from './inputs.gen.ts';
import { isRemoteResult } from './remote-results.ts';

export const RULES_INPUT = 'input `thresholds`';
/** Sources of DESIGN's grammar that a results file can't be read from yet. */
const UNBUILT_SOURCE = /^(?:mlflow|wandb|models|hf|s3|gs|az|dvc|clearml|oci|lakefs|webhdfs|https?):/u;

function isUnbuilt(source: string): boolean {
  return UNBUILT_SOURCE.test(source) && !isRemoteResult(source);
}

export interface CheckedInputs {
  rules: RuleSet;
  faults: string[];
}

export function checkInputs(
  inputs: AnswerInputs &
    EmbeddingInputs &
    Parameters<typeof dataFaults>[0] &
    Pick<
      Inputs,
      | 'thresholds'
      | 'results'
      | 'baseline'
      | 'confidence'
      | 'candidates'
      | 'select'
      | keyof TargetInputs
      | 'redact'
    >,
): CheckedInputs {
  const rules = parseRules(inputs.thresholds);
  const faults = faultLines(
    [...rules.faults, ...checkRules(rules, { references: REFERENCES, ...told(inputs) })].sort(
      (a, b) => a.position.line - b.position.line || a.position.column - b.position.column,
    ),
    RULES_INPUT,
  );
  if (rules.rules.length === 0 && rules.faults.length === 0) {
    faults.push(`${RULES_INPUT} holds no rule; write one a line, such as 'accuracy >= 0.9'`);
  }
  if (rules.rules.length > 0 && rules.rules.every(({ warn }) => warn)) {
    faults.push(`${RULES_INPUT} only warns; a gate needs at least one rule that can fail`);
  }
  faults.push(...dataFaults(inputs), ...embeddingFaults(inputs, rules));
  for (const source of inputs.results) {
    if (isUnbuilt(source)) {
      faults.push(
        `input \`results\` = '${source}': this source is not built yet; name a file or glob, a run as mlflow:<run id> or wandb:entity/project/run`,
      );
    }
  }
  const { baseline } = inputs;
  faults.push(...candidateFaults(inputs));
  if (baseline.startsWith('git:')) {
    const fault = gitFault(baseline);
    if (fault !== undefined) faults.push(`input \`baseline\` = '${baseline}' ${fault}`);
  }
  if (isUnbuilt(baseline)) {
    faults.push(`input \`baseline\` = '${baseline}' is not built yet; name a file or glob, or 'none'`);
  }
  const asked = new Set(referencesIn(rules).map(({ of }) => of));
  if (baseline === 'none' && asked.has('baseline')) {
    faults.push(
      `input \`baseline\` = 'none', but a rule compares with baseline; name the file to compare with`,
    );
  }
  faults.push(...targetFaults(inputs, asked.has('stable')));
  if (!(inputs.confidence >= 0.5 && inputs.confidence < 1)) {
    faults.push(`input \`confidence\` = ${inputs.confidence} has to lie from 50% to under 100%, such as 95%`);
  }
  faults.push(...findPatternFaults(inputs.redact, 'redact'), ...answerFaults(inputs));
  rules.rules.push(...impliedRules(inputs, rules));
  return { rules, faults };
}

/** Stored releases are of a target: what asks for them needs one. */
function targetFaults(inputs: TargetInputs & Pick<Inputs, 'baseline'>, isStable: boolean): string[] {
  const faults = targetInputFaults(inputs);
  if (inputs.target !== undefined) return faults;
  const mend =
    'set `target: host`, with `service` and `state-dir` as canary-deploy has them, or `target: kubernetes` with `workload`';
  if (inputs.baseline === 'release')
    faults.push(`input \`baseline\` = 'release' is what a target remembers; ${mend}`);
  if (isStable) faults.push(`${RULES_INPUT}: \`stable\` is what a target serves now; ${mend}`);
  return faults;
}

/** For checkRules: what drift may be measured against here. */
export function told(inputs: Parameters<typeof driftTold>[0]): { against?: (what: string) => boolean } {
  const against = driftTold(inputs);
  return against === undefined ? {} : { against };
}

/** Several candidates come instead of `results`, and need to be told apart. */
function candidateFaults({
  candidates,
  select,
  results,
}: Pick<Inputs, 'candidates' | 'select' | 'results'>): string[] {
  if (candidates.length === 0) {
    if (select === undefined) return [];
    return [`input \`select\` = '${select}' chooses among \`candidates\`, which are not given`];
  }
  const faults = parseCandidates(candidates).faults;
  if (results.length > 0)
    faults.push('inputs `results` and `candidates` were both given; take one of them out');
  if (select === undefined) {
    faults.push("input `select` is needed with `candidates`: 'best <metric>', 'smallest' or 'cheapest'");
  } else {
    const selection = parseSelection(select);
    if (typeof selection === 'string') faults.push(selection);
  }
  return faults;
}
