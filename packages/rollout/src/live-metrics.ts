/** The metrics that live requests give, one table: what a rule may name, how it is counted, which way is better. */
import type { RequestSample } from '@sluice/host/types';

export type Better = 'lower' | 'higher';

/** A share of requests: `hits` of `of`. */
export interface ShareMetric {
  kind: 'share';
  better: Better;
  /** Whether the request belongs to the denominator at all. */
  counts(sample: RequestSample): boolean;
  hit(sample: RequestSample): boolean;
  says: string;
}

/** One number a request, judged by its mean or by a quantile; undefined when this request has none. */
export interface ValueMetric {
  kind: 'value';
  better: Better;
  read(sample: RequestSample): number | undefined;
  /** Lies between 0 and 1, so that bars are written in percent. */
  share?: boolean;
  /** Compares both versions by itself: a rule gives it a bar. */
  ofBoth?: boolean;
  says: string;
}

/** Read at each look, not counted: of a server as a whole. No request tells it. */
export interface GaugeMetric {
  kind: 'gauge';
  better: Better;
  /** Lies between 0 and 1, so that bars and margins are written in percent. */
  share: boolean;
  says: string;
}

export type LiveMetric = ShareMetric | ValueMetric;

/** The server broke: an answer of the 5xx class, none at all, or a stream that ended before its end. */
export function isError(sample: RequestSample): boolean {
  return sample.status >= 500 || sample.status === 0 || !sample.complete;
}

/**
 * Whether a request speaks for or against a version. A client that went away says nothing about the server
 * (but see `abandoned_rate`), and probes are not users.
 */
export function isUserEvidence(sample: RequestSample): boolean {
  return !sample.clientGone && !sample.probe;
}

const answered = (sample: RequestSample): boolean => isUserEvidence(sample) && sample.answer !== null;

function perToken(sample: RequestSample): number | undefined {
  const { outputTokens, ttftMs, e2eMs } = sample;
  return outputTokens === null || ttftMs === null || outputTokens < 2
    ? undefined
    : (e2eMs - ttftMs) / (outputTokens - 1);
}

const finished = (sample: RequestSample): boolean =>
  isUserEvidence(sample) && !isError(sample) && sample.status < 400;

/** Times are read from finished answers only: a quick error must not look like a fast server. */
const timed =
  (read: (sample: RequestSample) => number | null | undefined) =>
  (sample: RequestSample): number | undefined =>
    finished(sample) ? (read(sample) ?? undefined) : undefined;

export const LIVE_METRICS: Readonly<Record<string, LiveMetric>> = {
  error_rate: {
    kind: 'share',
    better: 'lower',
    counts: isUserEvidence,
    hit: isError,
    says: 'requests answered with 5xx, not at all, or cut off',
  },
  rejected_rate: {
    kind: 'share',
    better: 'lower',
    counts: isUserEvidence,
    hit: (sample) => sample.status >= 400 && sample.status < 500,
    says: 'requests answered with 4xx: a renamed model or a smaller context shows here',
  },
  abandoned_rate: {
    kind: 'share',
    better: 'lower',
    counts: (sample) => !sample.probe,
    hit: (sample) => sample.clientGone,
    says: 'requests whose client went away first: a hung server shows here',
  },
  empty_rate: {
    kind: 'share',
    better: 'lower',
    counts: answered,
    hit: (s) => s.answer === 'empty',
    says: 'empty answers',
  },
  loop_rate: {
    kind: 'share',
    better: 'lower',
    counts: answered,
    hit: (s) => s.answer === 'looping',
    says: 'answers that repeat themselves',
  },
  refusal_rate: {
    kind: 'share',
    better: 'lower',
    counts: answered,
    hit: (s) => s.answer === 'refused',
    says: 'answers that refuse',
  },
  ttft_ms: { kind: 'value', better: 'lower', read: timed((s) => s.ttftMs), says: 'time to the first token' },
  inter_chunk_ms: {
    kind: 'value',
    better: 'lower',
    read: timed((s) => s.interChunkMs),
    says: 'time between chunks',
  },
  tpot_ms: { kind: 'value', better: 'lower', read: timed(perToken), says: 'time per token after the first' },
  e2e_ms: {
    kind: 'value',
    better: 'lower',
    read: timed((s) => s.e2eMs),
    says: 'time to the end of the answer',
  },
  answer_similarity: {
    ...{ kind: 'value', better: 'higher', share: true, ofBoth: true },
    read: ({ compared }) => compared?.similarity,
    says: "how many words both versions' answers to a question of the probe share",
  },
  'judge.win_rate': {
    ...{ kind: 'value', better: 'higher', share: true, ofBoth: true },
    read: ({ compared }) => compared?.win,
    says: "how often a judge finds the new version's answer better; one as good counts as half",
  },
  tokens_per_second: {
    kind: 'value',
    better: 'higher',
    read: timed((s) =>
      s.outputTokens === null || s.e2eMs <= 0 ? undefined : s.outputTokens / (s.e2eMs / 1000),
    ),
    says: 'tokens a second of one request',
  },
};

const gauge = (says: string, share = false): GaugeMetric => ({ kind: 'gauge', better: 'lower', share, says });

export const GAUGE_METRICS: Readonly<Record<string, GaugeMetric>> = {
  queue: gauge('requests that wait in a server'),
  gpu_utilization: gauge('how busy its GPUs are', true),
  gpu_memory_gb: gauge('memory in use of a GPU, GB'),
  'energy.j_per_token': gauge('joules of its GPUs for each token'),
};

/** Named by the design, without a source yet. */
export const PLANNED_METRICS = ['cost.per_mtok'];
