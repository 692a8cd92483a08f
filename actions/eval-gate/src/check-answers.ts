/** Faults and rules that judging answers brings, before any file is opened. Pure. */
import { parseRules } from '@sluice/evaluation/rules-parser';
import { endpointFaults } from '@sluice/inference/clients/endpoint-faults';
import { readPrice } from '@sluice/judge/cost';
import type { Rule, RuleSet } from '@sluice/evaluation/rules';
import type { Inputs } from './inputs.gen.ts';

export type AnswerInputs = Pick<
  Inputs,
  | 'pairwise'
  | 'judgeEndpoint'
  | 'judgeModel'
  | 'judgeToken'
  | 'judgePrice'
  | 'humanReview'
  | 'baseline'
  | 'candidates'
>;

/** A judge whose answers can't be read one time in twenty shows nothing; a rule over it may say otherwise. */
const FEW_FAILURES = 'judge.parse_failures <= 5%';
const ALL_REVIEWED = 'human.pending == 0';

export function answerFaults(inputs: AnswerInputs): string[] {
  const { pairwise, judgeEndpoint, judgeModel, judgeToken, judgePrice, humanReview, baseline } = inputs;
  const faults: string[] = [];
  if (pairwise === undefined) {
    const needing = { 'judge-endpoint': judgeEndpoint, 'human-review': humanReview };
    for (const [name, value] of Object.entries(needing)) {
      if (value !== undefined)
        faults.push(
          `input \`${name}\` needs \`pairwise\`: a JSONL of {id, prompt, candidate, baseline}, or 'auto'`,
        );
    }
  } else if (judgeEndpoint === undefined && humanReview === undefined) {
    faults.push(
      'input `pairwise` needs `judge-endpoint` or `human-review`: nobody would look at the answers',
    );
  }
  if (inputs.candidates.length > 0) {
    if (pairwise !== undefined && pairwise !== 'auto')
      faults.push(
        "input `pairwise` names the answers of one candidate; with `candidates` write 'auto', which takes each one's own",
      );
    if (humanReview !== undefined)
      faults.push('input `human-review` is a sheet for one candidate; leave out `candidates`');
  }
  if (pairwise === 'auto' && (baseline === 'none' || baseline === 'release'))
    faults.push(
      "input `pairwise` = 'auto' pairs the texts of `results` and `baseline`; name a baseline of files (records hold no texts)",
    );
  if (judgeEndpoint === undefined) {
    const helping = { 'judge-model': judgeModel, 'judge-token': judgeToken, 'judge-price': judgePrice };
    for (const [name, value] of Object.entries(helping)) {
      if (value !== undefined) faults.push(`input \`${name}\` needs \`judge-endpoint\``);
    }
  } else {
    faults.push(...endpointFaults(judgeEndpoint, 'judge-endpoint'));
  }
  if (judgePrice !== undefined && readPrice(judgePrice) === undefined)
    faults.push(
      `input \`judge-price\` = '${judgePrice}' has to be the price of a million tokens, or two of prompts and answers: '0.15, 0.60'`,
    );
  if (humanReview !== undefined && !/\.(?:csv|json)$/iu.test(humanReview))
    faults.push(`input \`human-review\` = '${humanReview}' has to end in .csv or .json`);
  return faults;
}

/** Rules that hold without being written: a judge that can't be read, and people who haven't spoken, let nothing through. */
export function impliedRules(inputs: AnswerInputs, rules: Pick<RuleSet, 'rules'>): Rule[] {
  const asks = (name: (metric: string) => boolean): boolean =>
    rules.rules.some(({ metric, warn }) => !warn && name(metric.name));
  const texts = [
    ...(inputs.judgeEndpoint !== undefined && !asks((name) => name === 'judge.parse_failures')
      ? [FEW_FAILURES]
      : []),
    ...(inputs.humanReview !== undefined && !asks((name) => name.startsWith('human.')) ? [ALL_REVIEWED] : []),
  ];
  return parseRules(texts.join('\n')).rules;
}
