/** Which judge decides a rollout, and what it can't be asked. */
import { readingsFaults, type ReadingsJudge } from '@sluice/rollout/judge-readings';
import type { LiveRule } from '@sluice/rollout/live-rules';
import type { Inputs } from './inputs.gen.ts';

type JudgeInputs = Pick<Inputs, 'judge' | 'failureLimit' | 'kayentaScores' | 'probe' | 'strategy'>;

/** undefined: the sequential one. */
export function judgeOf(inputs: Omit<JudgeInputs, 'probe' | 'strategy'>): ReadingsJudge | undefined {
  if (inputs.judge === 'sequential') return undefined;
  if (inputs.judge === 'thresholds') return { kind: 'thresholds', failureLimit: inputs.failureLimit ?? 0 };
  const [marginal = 75, pass = 95] = inputs.kayentaScores?.split(' ').map(Number) ?? [];
  return { kind: 'kayenta', marginal, pass };
}

/** The rules that it is asked: what can only fail is decided at every look, by a test that other judges have not. */
export function rulesFor(inputs: JudgeInputs, rules: LiveRule[], faults: string[]): LiveRule[] {
  const judge = judgeOf(inputs);
  const own = { 'failure-limit': 'thresholds', 'kayenta-scores': 'kayenta' } as const;
  const given = { 'failure-limit': inputs.failureLimit, 'kayenta-scores': inputs.kayentaScores };
  for (const name of ['failure-limit', 'kayenta-scores'] as const)
    if (given[name] !== undefined && inputs.judge !== own[name])
      faults.push(
        `input \`${name}\` says nothing to \`judge: ${inputs.judge}\`; it belongs to \`judge: ${own[name]}\``,
      );
  if (judge === undefined) return rules;
  if (judge.kind === 'kayenta' && judge.marginal > judge.pass)
    faults.push(
      `input \`kayenta-scores\` = "${inputs.kayentaScores}": the marginal score comes first and is the lower`,
    );
  if (inputs.probe.length > 0)
    faults.push(
      `inputs \`probe\` and \`judge: ${inputs.judge}\`: this judge reads users' requests only; leave \`probe\` out, or judge \`sequential\``,
    );
  if (inputs.strategy === 'ab')
    faults.push(`\`strategy: ab\` decides by sequential tests; leave \`judge: ${inputs.judge}\` out`);
  const asked = rules.filter(({ failOnly }) => failOnly !== true);
  faults.push(...readingsFaults(judge, asked));
  return asked;
}
