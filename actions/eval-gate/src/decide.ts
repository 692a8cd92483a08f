/** From judged rules to the gate's verdict. Pure. */
import type { RuleOutcome } from '@sluice/evaluation/judge';
import type { Outcome } from '@sluice/runtime/errors';

export type Policy = 'fail' | 'warn';

export interface GateDecision {
  verdict: 'pass' | 'fail' | 'inconclusive';
  outcome: Outcome;
  reasons: string[];
  /** One sentence: what the author can do about it. */
  advice?: string;
  /** Rules whose verdict isn't a pass and that aren't `warn:`. */
  failures: string[];
}

/**
 * A missed bar fails. What is missing or undecided fails too, unless its policy says warn: the verdict then is
 * inconclusive and the step stays green, with a warning. `warn:` rules are told and decide nothing.
 */
export function decideGate(
  name: string,
  outcomes: readonly RuleOutcome[],
  policies: { onInconclusive: Policy; onMissing: Policy },
): GateDecision {
  const binding = outcomes.filter(({ warn }) => !warn);
  const by = (verdict: RuleOutcome['verdict']) => binding.filter((outcome) => outcome.verdict === verdict);
  const [failed, open, missing] = [by('fail'), by('inconclusive'), by('missing')];
  const told = (outcome: RuleOutcome) => `${outcome.warn ? 'warn: ' : ''}${outcome.rule}: ${outcome.text}`;
  const warned = outcomes.filter(({ warn, verdict }) => warn && verdict !== 'pass').map(told);
  const failures = [...failed, ...missing, ...open].map(({ rule }) => rule);
  const reasons = [...[...failed, ...missing, ...open].map(told), ...warned];
  const failing = failed.length > 0 || (missing.length > 0 && policies.onMissing === 'fail');
  const undecided = missing.length > 0 || open.length > 0;
  if (!failing && !undecided) {
    return {
      verdict: 'pass',
      outcome: 'success',
      reasons: [`gate '${name}': ${binding.length} of ${binding.length} rules hold`, ...warned],
      failures,
    };
  }
  const advice = adviceFor(failed, missing, open);
  if (failing) return { verdict: 'fail', outcome: 'gate-failed', reasons, advice, failures };
  const green = open.length === 0 || policies.onInconclusive === 'warn';
  return { verdict: 'inconclusive', outcome: green ? 'success' : 'gate-failed', reasons, advice, failures };
}

function adviceFor(
  failed: readonly RuleOutcome[],
  missing: readonly RuleOutcome[],
  open: readonly RuleOutcome[],
): string {
  const parts: string[] = [];
  if (failed.length > 0) {
    const near = failed.some(({ withinNoise }) => withinNoise === true);
    parts.push(
      `the model misses ${list(failed)}: improve it, or change the bar if the bar is wrong` +
        (near ? ' (a miss within noise may also be settled by more samples)' : ''),
    );
  }
  if (missing.length > 0)
    parts.push(`make \`results\` and \`baseline\` name files that hold what ${list(missing)} needs`);
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
