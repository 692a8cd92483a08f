/**
 * What is known of metrics by their name alone: whether more is better, whether the value is a share (0 to 1), and its unit.
 * A result file that says it itself (lm-eval's higher_is_better) comes first.
 */

export type Direction = 'higher' | 'lower';

export interface MetricFacts {
  direction?: Direction;
  /** A share lies between 0 and 1; `75%` may be its bar and `by 1%` means points. */
  share?: boolean;
  unit?: string;
  /** Half counts are ties, (W + T/2)/N; elsewhere they are partial scores. */
  ties?: boolean;
}

const share = (direction: Direction): MetricFacts => ({ direction, share: true });
const milliseconds: MetricFacts = { direction: 'lower', share: false, unit: 'ms' };
const count = (direction?: Direction): MetricFacts => ({ ...(direction ? { direction } : {}), share: false });

/** By the whole name, or by its last parts: `accuracy` also speaks for `mmlu.accuracy`, `ttft_ms` for `ttft_ms.p99`. */
const FACTS: Readonly<Record<string, MetricFacts>> = {
  // per-version metrics of every stage
  error_rate: share('lower'),
  empty_rate: share('lower'),
  loop_rate: share('lower'),
  refusal_rate: share('lower'),
  rejected_rate: share('lower'),
  ttft_ms: milliseconds,
  ttfb_ms: milliseconds,
  inter_chunk_ms: milliseconds,
  tpot_ms: milliseconds,
  e2e_ms: milliseconds,
  startup_ms: milliseconds,
  latency_ms: milliseconds,
  latency_p50_ms: milliseconds,
  latency_p95_ms: milliseconds,
  latency_p99_ms: milliseconds,
  tokens_per_second: { direction: 'higher', share: false, unit: 'tokens/s' },
  requests_per_second: { direction: 'higher', share: false, unit: 'requests/s' },
  // of a load
  tokens_per_second_per_user: { direction: 'higher', share: false, unit: 'tokens/s' },
  schedule_error_ms: milliseconds,
  goodput_share: share('higher'),
  goodput: { direction: 'higher', share: false, unit: 'requests/s' },
  'sweep.rate': { direction: 'higher', share: false, unit: 'requests/s' },
  kv_cache: share('lower'),
  prefix_cache_hit_rate: share('higher'),
  queue: count('lower'),
  gpu_utilization: { share: true },
  gpu_memory_gb: { direction: 'lower', share: false, unit: 'GB' },
  memory_gb: { direction: 'lower', share: false, unit: 'GB' },
  'cost.per_mtok': count('lower'),
  'energy.j_per_token': { direction: 'lower', share: false, unit: 'J/token' },
  // tests
  'tests.passed': count('higher'),
  'tests.failed': count('lower'),
  'tests.errors': count('lower'),
  'tests.skipped': count('lower'),
  'tests.total': count('higher'),
  'tests.pass_rate': share('higher'),
  'bad_input.rejected_rate': share('higher'),
  flaky_rate: share('lower'),
  'hostile.pass_rate': share('higher'),
  refused_rate: share('higher'),
  resisted_rate: share('higher'),
  'robustness.drop': share('lower'),
  // quality
  accuracy: share('higher'),
  balanced_accuracy: share('higher'),
  acc: share('higher'),
  acc_norm: share('higher'),
  exact_match: share('higher'),
  f1: share('higher'),
  precision: share('higher'),
  recall: share('higher'),
  auc: share('higher'),
  mcc: count('higher'),
  'pass@1': share('higher'),
  'pass@10': share('higher'),
  'pass@100': share('higher'),
  pass_rate: share('higher'),
  prompt_level_strict_acc: share('higher'),
  inst_level_strict_acc: share('higher'),
  win_rate: { ...share('higher'), ties: true },
  'toxicity.rate': share('lower'),
  toxic_frac: share('lower'),
  perplexity: count('lower'),
  word_perplexity: count('lower'),
  byte_perplexity: count('lower'),
  bits_per_byte: count('lower'),
  loss: count('lower'),
  bleu: count('higher'),
  chrf: count('higher'),
  ter: count('lower'),
  rouge1: count('higher'),
  rouge2: count('higher'),
  rougeL: count('higher'),
  // judges and people
  'judge.parse_failures': share('lower'),
  'judge.ties': { share: true },
  'judge.position_consistency': share('higher'),
  'judge.lc_win_rate': share('higher'),
  'judge.n': count('higher'),
  'judge.tokens': { direction: 'lower', share: false, unit: 'tokens' },
  'judge.cost': count('lower'),
  'rubric.score': share('higher'),
  'human.n': count('higher'),
  'human.ties': { share: true },
  'human.pending': share('lower'),
  agreement: share('higher'),
  kappa: count('higher'),
  'harm.rate': share('lower'),
  // data
  'schema.violations': count('lower'),
  'nulls.rate': share('lower'),
  'outliers.rate': share('lower'),
  'leakage.rate': share('lower'),
  'coverage.lines': share('higher'),
  'coverage.branches': share('higher'),
};

/** Statistics that may follow a metric's name without changing its direction or unit. */
const STATISTICS = /\.(?:mean|avg|median|min|max|p\d{1,2}(?:_?\d+)?)$/u;

/** Facts of a metric by its name; undefined when the table has nothing. */
export function knownFacts(name: string): MetricFacts | undefined {
  const bare = name.replace(STATISTICS, '');
  const parts = bare.split('.');
  // `a.b.c` is asked as itself, then `b.c`, then `c`: task and judge names stand in front.
  for (let i = 0; i < parts.length; i++) {
    const facts = Object.hasOwn(FACTS, parts.slice(i).join('.'))
      ? FACTS[parts.slice(i).join('.')]
      : undefined;
    if (facts !== undefined) return facts;
  }
  return undefined;
}
