/** Lets the judge and people look at the answers; what they say becomes metrics of the candidate. */
import { dirname, join } from 'node:path';
import type { RulesDecision } from '@sluice/evaluation/decide';
import type { EvalMetric, Results } from '@sluice/evaluation/model';
import type { RuleOutcome } from '@sluice/evaluation/outcome';
import type { Judge } from '@sluice/judge/ask-judge';
import type { Pair, Side } from '@sluice/judge/pairs';
import type { ReleaseRecord } from '@sluice/release/record';
import type { ActionContext } from '@sluice/runtime/action';
import { makeRedactor } from '@sluice/report/redact';
import { ConfigError } from '@sluice/runtime/errors';
import { modelNames, pairResults, type PairSource } from './answer-pairs.ts';
import type { Inputs } from './inputs.gen.ts';
import { textShower } from './show-text.ts';
import { reviewAnswers, type ReviewedAnswers } from './human-review.ts';

export interface AnswersAsk {
  inputs: Inputs;
  context: ActionContext;
  workspace: string;
  record: ReleaseRecord | undefined;
  candidate: Results;
  baseline: Results | undefined;
  /** Pairs of a file; undefined for `auto`. */
  fromFile: PairSource | undefined;
}

export interface LookedAt {
  metrics: EvalMetric[];
  notes: string[];
  /** For the release record. */
  data: Record<string, unknown>;
  review: ReviewedAnswers | undefined;
  /** What the judge found worse than the baseline's, for people to look at. */
  lost: readonly Pair[];
}

/** An answer that isn't streamed may take as long as the longest thinking. */
const ANSWER_TIMEOUT_MS = 5 * 60_000;

/** @throws ConfigError, InfraError; nothing is decided on half a judgement */
export async function lookAtAnswers(ask: AnswersAsk): Promise<LookedAt> {
  const { inputs, workspace, candidate, baseline } = ask;
  const from = ask.fromFile ?? (await pairResults(candidate, baseline, workspace));
  const review =
    inputs.humanReview === undefined
      ? undefined
      : await reviewAnswers(
          inputs.humanReview,
          { pairs: from.pairs, redact: makeRedactor(inputs.redact) },
          ask.record?.unit.weights ?? null,
          workspace,
        );
  const looked: LookedAt = {
    metrics: [...(review?.metrics ?? [])],
    notes: [...(review?.notes ?? [])],
    data: review === undefined ? {} : { humanReview: review.data },
    review,
    lost: [],
  };
  if (inputs.judgeEndpoint !== undefined) {
    const judged = await askTheJudge(ask, from, inputs.judgeEndpoint, review?.sides);
    looked.metrics.push(...judged.metrics);
    looked.notes.push(...judged.notes);
    looked.data['judge'] = judged.data;
    looked.lost = judged.lost;
  }
  refuseTwins(candidate.metrics, looked.metrics);
  return looked;
}

function refuseTwins(told: readonly EvalMetric[], made: readonly EvalMetric[]): void {
  const faults = made.flatMap(({ name }) => {
    const twin = told.find((metric) => metric.name === name);
    return twin === undefined
      ? []
      : [
          `input \`results\`: ${twin.source} tells ${name}, which \`pairwise\` measures here; name only one of them`,
        ];
  });
  if (faults.length > 0) throw new ConfigError(faults);
}

async function askTheJudge(
  ask: AnswersAsk,
  { pairs, source, sha256 }: PairSource,
  endpoint: string,
  people: ReadonlyMap<string, Side> | undefined,
): Promise<Pick<LookedAt, 'metrics' | 'notes' | 'data' | 'lost'>> {
  const { inputs, context } = ask;
  const { JudgeCache } = await import('@sluice/judge/cache');
  const { TEMPLATE_VERSION } = await import('@sluice/judge/prompts');
  const { pairsDigest } = await import('@sluice/judge/pairs');
  const { runJudge } = await import('@sluice/judge/run-judge');
  const { judgeMetrics } = await import('@sluice/judge/judge-metrics');
  const { costMetrics, readPrice } = await import('@sluice/judge/cost');
  const judge = await findJudge(inputs, endpoint, context.signal);
  const cache = await JudgeCache.open(join(dirname(inputs.releaseRecord), 'judge-answers.jsonl'), judge);
  const labelled = pairs.map((pair) => {
    const human = pair.human ?? people?.get(pair.id);
    return human === undefined ? pair : { ...pair, human };
  });
  const run = await runJudge(labelled, {
    judge,
    cache,
    maxRequests: inputs.judgeMaxRequests,
    timeoutMs: ANSWER_TIMEOUT_MS,
    signal: context.signal,
    log: context.log,
    progress: (text) => context.log.info(text),
  });
  const price = inputs.judgePrice === undefined ? undefined : readPrice(inputs.judgePrice);
  const metrics = [...judgeMetrics(run.judged, source), ...costMetrics(run.tokens, price, source)];
  const tokens = run.tokens === null ? null : run.tokens.prompt + run.tokens.answer;
  const show = await textShower(inputs);
  const lost = run.judged.flatMap(({ pair, comparison }) =>
    comparison !== undefined && 'winner' in comparison && comparison.winner === 'baseline' ? [pair] : [],
  );
  const unread = run.judged.flatMap(({ comparison, rubric }) =>
    [comparison, rubric].flatMap((said) =>
      said !== undefined && 'unreadable' in said ? [said.unreadable] : [],
    ),
  );
  const notes = [
    ...(cache.ignored === 0
      ? []
      : [
          `${cache.ignored} lines of the judge's earlier answers are cut, changed or of another token; they are ignored`,
        ]),
    ...(await sameModelNotes(ask, judge)),
    `judge ${judge.modelName}: ${tally(run.judged.map(({ comparison }) => comparison))}; ${run.asked} requests, ${run.cached} answers known from before${tokens === null || tokens === 0 ? '' : `, ${tokens} tokens`}`,
    ...(unread.length === 0
      ? []
      : [`${unread.length} verdicts can't be read, first: ${show?.(unread[0] ?? '') ?? 'withheld'}`]),
  ];
  const data = {
    origin: new URL(judge.origin).origin,
    model: judge.modelName,
    template: TEMPLATE_VERSION,
    pairs: pairsDigest(pairs),
    ...(sha256 === undefined ? {} : { file: source, sha256 }),
    requests: run.asked,
    known: run.cached,
    tokens,
  };
  return { metrics, notes, data, lost };
}

function tally(comparisons: readonly (object | undefined)[]): string {
  const of = (side: Side): number =>
    comparisons.filter((entry) => entry !== undefined && 'winner' in entry && entry.winner === side).length;
  return `${of('candidate')} wins, ${of('tie')} ties, ${of('baseline')} losses`;
}

async function findJudge(inputs: Inputs, endpoint: string, signal: AbortSignal): Promise<Judge> {
  const { serverBase } = await import('@sluice/inference/clients/openai-request');
  const address = { origin: serverBase(endpoint), token: inputs.judgeToken };
  if (inputs.judgeModel !== undefined) return { ...address, modelName: inputs.judgeModel };
  const { findModelName } = await import('@sluice/inference/clients/openai-server');
  return { ...address, modelName: await findModelName(address, signal, 'judge-model') };
}

/** Models prefer their own answers (Panickssery et al. 2024, arXiv:2404.13076). */
async function sameModelNotes(
  { candidate, baseline, workspace, record }: AnswersAsk,
  judge: Judge,
): Promise<string[]> {
  const plain = (name: string): string => name.toLowerCase().split('/').at(-1)?.split('@')[0] ?? '';
  const source = record?.model?.source;
  const names = {
    candidate: [...(await modelNames(candidate.files, workspace)), ...(source === undefined ? [] : [source])],
    baseline: await modelNames(baseline?.files ?? [], workspace),
  };
  return Object.entries(names)
    .filter(([, own]) => own.some((name) => plain(name) === plain(judge.modelName)))
    .map(
      ([side]) =>
        `the judge ${judge.modelName} is the ${side} itself by its name: models prefer their own answers`,
    );
}

/** While people haven't said all, rules over what they say are open: neither missed nor missing. */
export function openWhilePending(
  outcomes: readonly RuleOutcome[],
  review: ReviewedAnswers | undefined,
): RuleOutcome[] {
  if (review?.waiting === undefined) return [...outcomes];
  const { waiting } = review;
  return outcomes.map((outcome) =>
    outcome.metric.startsWith('human.') ? { ...outcome, verdict: 'inconclusive', text: waiting } : outcome,
  );
}

/** People can't be mended by more samples: what is open on their account says what to do itself. */
export function adviseReview(decision: RulesDecision, review: ReviewedAnswers | undefined): RulesDecision {
  return review?.waiting === undefined || decision.verdict === 'fail'
    ? decision
    : { ...decision, advice: review.waiting };
}
