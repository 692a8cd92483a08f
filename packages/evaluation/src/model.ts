import type { Corpus } from './corpus.ts';
import type { ItemText } from './item-text.ts';
import type { Direction } from './metrics-table.ts';
import type { Fold } from './rules.ts';

/** The one shape that every results file is read into. */

export interface EvalMetric {
  name: string;
  /** Goes in brackets in a rule: lm-eval's filter, a slice as `language=de`, or several of them with commas. */
  selector?: string;
  /** Of drift: what it was measured from, as a rule writes it (`training`, `release`, a file). */
  against?: string;
  /** null: missing; `missing` says why. Never NaN or infinite. */
  value: number | null;
  missing?: string;
  /** Samples behind the value. */
  n?: number;
  /** Standard error as the file gives it; absent where it gives none. */
  stderr?: number;
  direction?: Direction;
  share?: boolean;
  unit?: string;
  /** Path of the file, as the user would recognise it. */
  source: string;
  /** Set where the file shows that nothing succeeded at all: such a metric passes no rule. */
  nothingSucceeded?: boolean;
  items?: ItemScores;
  /** Of a corpus metric: what each item adds to it. */
  corpus?: Corpus;
  /** Set on a fold (`accuracy.gap(language)`): the slices behind it. */
  folded?: { fold: Fold; slices: readonly EvalMetric[] };
  /** What has to be equal before two values may be compared: few-shot count, task version, limit … */
  setup?: Readonly<Record<string, string>>;
}

/** A score per item, by an id that is the same in every run over the same content. */
export interface ItemScores {
  scores: ReadonlyMap<string, number>;
  /** Digest of the prompt of each item, where the file has one: the same item asked differently isn't comparable. */
  prompts?: ReadonlyMap<string, string>;
  /** Slices that each item belongs to, as `language=de` or a bare tag: what rules put in brackets or fold over. */
  slices?: ReadonlyMap<string, readonly string[]>;
  /** Ids and prompts are short digests, out of a release record: they need the candidate's names first (stored-items.ts). */
  digests?: true;
  /** What was asked and answered, where the file tells: only for people to look at. */
  texts?: ReadonlyMap<string, ItemText>;
}

/** The tools whose files are read, found by what a file holds. */
export type Format =
  | 'sluice-inference-test'
  | 'sluice-eval-gate'
  | 'release-record'
  | 'lm-eval'
  | 'promptfoo'
  | 'deepeval'
  | 'inspect'
  | 'helm'
  | 'lighteval'
  | 'openai-evals'
  | 'ragas'
  | 'garak'
  | 'mlflow'
  | 'wandb'
  | 'guidellm'
  | 'vllm-bench'
  | 'aiperf'
  | 'genai-perf'
  | 'inference-perf'
  | 'evidently'
  | 'whylogs'
  | 'great-expectations'
  | 'tfdv'
  | 'junit'
  | 'cobertura'
  | 'jacoco'
  | 'lcov'
  | 'coverage.py'
  | 'mapped'
  | 'flat'
  | 'rows';

export interface ResultFile {
  path: string;
  format: Format;
  sha256: string;
}

export interface Results {
  files: ResultFile[];
  metrics: EvalMetric[];
  /** Said to the user, never deciding: ignored keys, samples that don't add up. */
  notes: string[];
}

/** A number of a results file: NaN, infinities, "N/A" and all else that isn't finite are missing. */
export function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Per-item scores are only used when they add up to the metric: then they are what it was made from.
 * A corpus metric (perplexity, BLEU) isn't the mean of its items and is never paired by them.
 */
export function itemsThatAddUp(
  scores: ReadonlyMap<string, number>,
  value: number | null,
  prompts?: ReadonlyMap<string, string>,
): ItemScores | undefined {
  if (value === null || scores.size === 0) return undefined;
  let sum = 0;
  for (const score of scores.values()) sum += score;
  const mean = sum / scores.size;
  if (!(Math.abs(mean - value) <= 1e-6 * Math.max(1, Math.abs(value)))) return undefined;
  return prompts === undefined ? { scores } : { scores, prompts };
}
