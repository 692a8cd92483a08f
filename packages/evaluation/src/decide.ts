/** From judged rules to one verdict, the same in eval-gate and inference-test. Pure. */
import type { Outcome } from '@sluice/runtime/errors';
import type { RuleOutcome } from './outcome.ts';

export type Policy = 'fail' | 'warn';

export interface RulesDecision {
  verdict: 'pass' | 'fail' | 'inconclusive';
  outcome: Outcome;
  reasons: string[];
  /** One sentence: what the author can do about it. */
  advice?: string;
  /** Rules whose verdict isn't a pass and that aren't `warn:`. */
  failures: string[];
}

export interface DecideOptions {
  onInconclusive: Policy;
  onMissing: Policy;
  /** What a pass is said of: `gate 'quality'`. */
  subject?: string;
  /** What fails whatever the rules say, one sentence each. */
  unanswered?: readonly string[];
  /** What the author does about metrics without a value; by default the files are to be looked at. */
  mendMissing?: (metrics: string) => string;
}

/**
 * A missed bar fails. What is missing or undecided fails too, unless its policy says warn: the verdict then is
 * inconclusive and the step stays green, with a warning. `warn:` rules are told and decide nothing; without any rule that
 * can fail nothing was decided, and that is no pass.
 */
export function decideRules(outcomes: readonly RuleOutcome[], options: DecideOptions): RulesDecision {
  const { subject, unanswered = [] } = options;
  const binding = outcomes.filter(({ warn }) => !warn);
  const by = (verdict: RuleOutcome['verdict']) => binding.filter((outcome) => outcome.verdict === verdict);
  const [failed, open, missing] = [by('fail'), by('inconclusive'), by('missing')];
  const told = (outcome: RuleOutcome) => `${outcome.warn ? 'warn: ' : ''}${outcome.rule}: ${outcome.text}`;
  const warned = outcomes.filter(({ warn, verdict }) => warn && verdict !== 'pass').map(told);
  const failures = [...failed, ...missing, ...open].map(({ rule }) => rule);
  const none = binding.length === 0 ? ['no rule could fail, so nothing was decided'] : [];
  const reasons = [...unanswered, ...none, ...[...failed, ...missing, ...open].map(told), ...warned];
  const failing =
    unanswered.length + none.length + failed.length > 0 ||
    (missing.length > 0 && options.onMissing === 'fail');
  if (!failing && missing.length + open.length === 0) {
    const holds = `${binding.length} of ${binding.length} rules hold`;
    return {
      verdict: 'pass',
      outcome: 'success',
      reasons: [subject === undefined ? holds : `${subject}: ${holds}`, ...warned],
      failures,
    };
  }
  const advice = adviceFor(failed, missing, open, options.mendMissing ?? nameFiles);
  const shared = { reasons, ...(advice === '' ? {} : { advice }), failures };
  if (failing) return { verdict: 'fail', outcome: 'gate-failed', ...shared };
  const green = open.length === 0 || options.onInconclusive === 'warn';
  return { verdict: 'inconclusive', outcome: green ? 'success' : 'gate-failed', ...shared };
}

const nameFiles = (metrics: string): string =>
  `make \`results\` and \`baseline\` name files that hold what ${metrics} needs`;

function adviceFor(
  failed: readonly RuleOutcome[],
  missing: readonly RuleOutcome[],
  open: readonly RuleOutcome[],
  mendMissing: (metrics: string) => string,
): string {
  const parts: string[] = [];
  if (failed.length > 0) {
    const near = failed.some(({ withinNoise }) => withinNoise === true);
    parts.push(
      `the model misses ${list(failed)}: improve it, or change the bar if the bar is wrong` +
        (near ? ' (a miss within noise may also be settled by more samples)' : ''),
    );
  }
  if (missing.length > 0) parts.push(mendMissing(list(missing)));
  if (open.length > 0) {
    const needed = Math.max(0, ...open.map(({ needed: samples }) => samples ?? 0));
    parts.push(
      needed > 0
        ? `measure more samples (${needed} in all for ${list(open)})`
        : `give ${list(open)} more samples, or a bar further from the value`,
    );
  }
  return parts.join('; ');
}

function list(outcomes: readonly RuleOutcome[]): string {
  const names = [...new Set(outcomes.map(({ metric }) => metric))];
  return names.length <= 3
    ? names.join(', ')
    : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
