export type RuleVerdict = 'pass' | 'fail' | 'inconclusive' | 'missing';

export interface JudgePolicy {
  /** For comparisons without `with`, and for the mark "within noise". */
  confidence: number;
  /** Key of the slices whose items belong together; only where the user says so. */
  clusters?: string;
}

/** One rule, judged. */
export interface RuleOutcome {
  rule: string;
  metric: string;
  verdict: RuleVerdict;
  warn: boolean;
  value: number | null;
  /** The number compared with; null for comparisons of relation and where it is missing. */
  bar: number | null;
  /** One-sided bounds of what was decided: of the value, or of the gain over the baseline. */
  low?: number;
  high?: number;
  method?: string;
  n?: number;
  unit?: string;
  share?: boolean;
  /** The verdict is by the value as written; at the policy's confidence its bound doesn't hold it. */
  withinNoise?: boolean;
  /** No sample count is known, so nothing can be said of noise. */
  noSampleCount?: boolean;
  /** Samples in all that would decide, at the value seen. */
  needed?: number;
  detectable?: number;
  baseline?: number;
  /** The two were measured differently: the caller makes this wrong input. */
  refused?: boolean;
  /** One sentence for people. */
  text: string;
}

/** What judging one rule adds to what is known of its metric. */
export type Judged = Omit<RuleOutcome, 'rule' | 'metric' | 'warn' | 'value' | 'bar'> & {
  bar?: number | null;
};
