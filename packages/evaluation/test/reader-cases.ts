import { DATA_CASES } from './reader-cases-data.ts';
import type { EvalMetric } from '../src/model.ts';

/** Files of evaluation tools, and what they become when spoiled. */

export interface ReaderCase {
  file: string;
  format: string;
  /** By label. */
  metrics: Record<string, Partial<EvalMetric>>;
  /** A rule that the file as it is passes. */
  rule: string;
  /** Spoiled: what is put for what, and what is then said. */
  spoiled: [what: string, from: string | RegExp, to: string, says: RegExp][];
}

const NAN = /(?:field|column).*(?:NaN|no score)|NaN/u;
const CUT = /isn't whole|neither JSON|not well-formed|cut/u;

const EVALUATIONS: readonly ReaderCase[] = [
  {
    file: 'inspect/capitals.json',
    format: 'inspect',
    metrics: { 'capitals.accuracy': { value: 5 / 6, n: 6, setup: { epochs: '1', 'task version': '0' } } },
    rule: 'capitals.accuracy >= 0.8',
    spoiled: [
      ['a failed run', '"status": "success"', '"status": "error"', /status is error/u],
      ['a cancelled run', '"status": "success"', '"status": "cancelled"', /status is cancelled/u],
      ['unscored', '"unscored_samples": 0', '"unscored_samples": 2', /2 samples have no score/u],
      ['not completed', '"completed_samples": 6', '"completed_samples": 4', /only 4 of 6 samples/u],
      ['NaN', /("name": "accuracy",\s*"value": )[\d.]+/u, '$1NaN', /accuracy\.value is NaN/u],
      ['twice', '"id": "Germany"', '"id": "France"', /id France, epoch 1 twice/u],
      ['nothing scored', /"scored_samples": 6/u, '"scored_samples": 0', /0 samples/u],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'deepeval/capitals.json',
    format: 'deepeval',
    metrics: {
      exact_answer: { value: 5 / 6, n: 6, share: true, direction: 'higher' },
      'exact_answer.pass_rate': { value: 5 / 6 },
      'tests.failed': { value: 1, n: 6 },
    },
    rule: 'exact_answer >= 0.8',
    spoiled: [
      ['a judge that broke off', '"score": 1', '"error": "timed out", "score": 1', /1 of 6 samples/u],
      ['null', '"score": 1.0', '"score": null', /1 of 6 samples/u],
      [
        'no test',
        /"testCases": \[[\s\S]*?\],\s*"conversational/u,
        '"testCases": [], "conversational',
        /no results file has/u,
      ],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'evidently/capitals.json',
    format: 'evidently',
    metrics: {
      row_count: { value: 30 },
      'mean_value[correct]': { value: 5 / 6 },
      'drift.p_value[seconds]': { direction: 'higher' },
      'drift.distance[correct]': { value: 0, direction: 'lower' },
      'tests.failed': { value: 0, n: 3 },
    },
    rule: 'tests.failed == 0',
    spoiled: [
      ['a failed test', '"status": "SUCCESS"', '"status": "FAIL"', /tests\.failed is 1/u],
      [
        'no test at all',
        /"tests": \[\{"id": "eq", "name"[\s\S]*$/u,
        '"tests": []}',
        /no results file has tests\.failed/u,
      ],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'promptfoo/capitals.json',
    format: 'promptfoo',
    metrics: {
      'tests.pass_rate': { value: 5 / 6, n: 6, direction: 'higher' },
      'tests.failed': { value: 1, n: 6 },
      'tests.errors': { value: 0 },
      score: { value: 5 / 6 },
    },
    rule: 'tests.pass_rate >= 80%',
    spoiled: [
      ['an older layout', '"version": 3', '"version": 2', /results\.version is 2/u],
      ['rows cut out', '"successes": 5', '"successes": 6', /counts 7 tests, but results\.results holds 6/u],
      ['an error under a met threshold', /"failureReason": 0/u, '"failureReason": 2', /pass_rate is 66/u],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'helm/stats.json',
    format: 'helm',
    metrics: {
      exact_match: { value: 0.75, n: 4, share: true },
      'exact_match[split=valid]': { value: 0.5, n: 2 },
      'exact_match[perturbation=robustness:worst]': { value: 0.5 },
    },
    rule: 'exact_match >= 0.7',
    spoiled: [
      ['NaN', '"mean": 0.75', '"mean": NaN', NAN],
      ['no instance', /"count": 1,\n {4}"sum": 0.75/u, '"count": 0,\n    "sum": 0.75', /\[1\]\.count is 0/u],
      ['0 samples', '"mean": 4.0', '"mean": 0', /0 samples/u],
      ['cut', /\s*\}\s*\]\s*$/u, '', CUT],
    ],
  },
  {
    file: 'helm/per_instance_stats.json',
    format: 'helm',
    metrics: { exact_match: { value: 0.75, n: 4 } },
    rule: 'exact_match >= 0.7',
    spoiled: [
      ['NaN', '"mean": 0.0', '"mean": NaN', /1 of 4 samples .* no score \(first: 'id2'\)/u],
      ['twice', '"id2"', '"id1"', /instance 'id1' twice/u],
    ],
  },
  {
    file: 'lighteval/results_2026-11-02T10-00-00.json',
    format: 'lighteval',
    metrics: {
      'gsm8k.extractive_match': {
        value: 0.8,
        n: 200,
        direction: 'higher',
        setup: { 'few-shot': '5', 'task version': '0' },
      },
      'mmlu.anatomy.acc': { value: 0.6, n: 135 },
      'all.acc': { value: 0.6 },
    },
    rule: 'gsm8k.extractive_match >= 0.7',
    spoiled: [
      [
        'NaN',
        '"extractive_match": 0.8',
        '"extractive_match": NaN',
        /results\['lighteval\|gsm8k\|5'\]\.extractive_match is NaN/u,
      ],
      ['0 samples', '"effective_num_docs": 200', '"effective_num_docs": 0', /0 samples/u],
      ['another name', '"extractive_match": 0.8', '"em": 0.8', /no results file has/u],
      ['cut', /\}\s*$/u, '', CUT],
    ],
  },
  {
    file: 'openai-evals/capitals.jsonl',
    format: 'openai-evals',
    metrics: { accuracy: { value: 0.8, n: 5, setup: { base_eval: 'capitals', split: 'dev' } } },
    rule: 'accuracy >= 0.7',
    spoiled: [
      ['NaN', '{"accuracy": 0.8', '{"accuracy": NaN', /final_report\.accuracy is NaN/u],
      ['broken off', /\{"final_report".*\n/u, '', /no final_report/u],
      ['cut', /\}\}\s*$/u, '', /line 12 isn't whole JSON/u],
      ['twice', '"event_id": 3', '"event_id": 1', /event 1 twice/u],
      ['errors', '"type": "sampling"', '"type": "error"', /1 samples ended in an error event/u],
    ],
  },
  {
    file: 'garak/garak.capitals.report.jsonl',
    format: 'garak',
    metrics: {
      'garak.failure_rate': { value: 3 / 40, n: 40, direction: 'lower', share: true },
      'garak.failure_rate[dan.Dan_11_0/dan.DAN]': { value: 0.05, n: 20 },
    },
    rule: '"garak.failure_rate" <= 10%',
    spoiled: [
      [
        'nothing judged',
        '"passed": 19, "fails": 1, "nones": 0, "total_evaluated": 20',
        '"passed": 0, "fails": 0, "nones": 0, "total_evaluated": 0',
        /total_evaluated is 0/u,
      ],
      ['no verdicts', '"fails": 1, "nones": 0', '"fails": 1, "nones": 4', /no verdict on 4 outputs/u],
      ['broken off', /\{"entry_type": "completion"[\s\S]*$/u, '', /no entry of type completion/u],
      ['twice', 'mitigation.MitigationBypass', 'dan.DAN', /two entries/u],
    ],
  },
  {
    file: 'ragas/evaluation.csv',
    format: 'ragas',
    metrics: {
      faithfulness: { value: 0.9, n: 3, share: true, direction: 'higher' },
      answer_relevancy: { value: 0.95 },
    },
    rule: 'faithfulness >= 0.8',
    spoiled: [
      [
        'an empty cell',
        ',Madrid,Madrid,0.9,',
        ',Madrid,Madrid,,',
        /1 of 3 samples in column 'faithfulness' have no score/u,
      ],
      ['NaN', ',Rome,0.8,', ',Rome,nan,', /1 of 3 samples/u],
      ['no row', /\n[\s\S]*$/u, '\n', /no row/u],
      ['cut in a row', /,0.97\s*$/u, '', /line 5 has 5 cells, the header 6/u],
      ['cut in a quote', /in Italy[\s\S]*$/u, '', /never closed/u],
    ],
  },
  {
    file: 'ragas/evaluation.jsonl',
    format: 'ragas',
    metrics: { faithfulness: { value: 0.75, n: 2 } },
    rule: 'faithfulness >= 0.7',
    spoiled: [
      ['NaN', '0.5', 'NaN', /1 of 2 samples/u],
      ['cut', /\}\s*$/u, '', /line 2 isn't whole/u],
    ],
  },
  {
    file: 'mlflow/run.json',
    format: 'mlflow',
    metrics: { accuracy: { value: 0.93 }, perplexity: { value: 3.1, direction: 'lower' } },
    rule: 'perplexity <= 4',
    spoiled: [
      ['NaN as its text', '"value": 3.1', '"value": "NaN"', /data\.metrics 'perplexity' is NaN/u],
      ['Infinity as a number', '"value": 3.1', '"value": -1.7976931348623157e308', /Infinity/u],
      ['a failed run', 'FINISHED', 'FAILED', /info\.status is FAILED/u],
      ['twice', '"key": "accuracy"', '"key": "perplexity"', /names 'perplexity' twice/u],
    ],
  },
  {
    file: 'wandb/wandb-summary.json',
    format: 'wandb',
    metrics: { accuracy: { value: 0.93 }, 'loss.min': { value: 0.2 }, 'eval/f1': { value: 0.9 } },
    rule: 'accuracy >= 0.9',
    spoiled: [
      ['NaN', '"accuracy": 0.93', '"accuracy": "NaN"', /field accuracy is NaN/u],
      ['nothing logged', /"accuracy"[\s\S]*?"_step"/u, '"_step"', /no metric/u],
    ],
  },
];

export const READER_CASES: readonly ReaderCase[] = [...EVALUATIONS, ...DATA_CASES];
