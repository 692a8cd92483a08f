/** One answer of a case, judged: with what was said before it, and as the suite's code turns it. */
import { grade, type Grade } from '../assertions/decide.ts';
import type { Aides, Observation } from '../assertions/kinds.ts';
import { transformAnswer } from '../assertions/transform.ts';
import { isAlive } from '../clients/openai-server.ts';
import type { Target } from '../clients/openai-request.ts';
import type { Case } from '../suites/types.ts';
import type { Exchange } from './converse.ts';

export interface GradePlan {
  target: Target;
  healthPath: string;
  signal: AbortSignal;
  aides?: Aides;
  /** The request's body for a prompt. */
  bodyOf: (prompt: string) => Readonly<Record<string, unknown>>;
}

export async function gradeExchange(
  test: Case,
  { prompt, said, answer, assert }: Exchange,
  before: readonly Exchange[],
  { target, healthPath, signal, aides, bodyOf }: GradePlan,
): Promise<Grade> {
  const aliveAfterwards = test.kind === 'bad-input' ? await isAlive(target, healthPath, signal) : null;
  const seen: Observation = {
    answer,
    aliveAfterwards,
    prompt,
    said,
    before: before.map((one) => ({ input: one.said, output: one.answer.text })),
    vars: test.vars ?? {},
    request: bodyOf(prompt),
    ...(aides === undefined ? {} : { aides }),
  };
  const { transform: text, transformFile: file } = test.options;
  // A refusal says nothing of what the code expects.
  if (text === undefined || test.kind === 'bad-input') return grade(assert, test.threshold, seen);
  try {
    return await grade(assert, test.threshold, await transformAnswer({ text, file }, seen));
  } catch (error) {
    const why = String((error as { message?: unknown } | null)?.message ?? error).slice(0, 300);
    return { passed: false, score: 0, reasons: [`expected that \`transform\` takes the answer (${why})`] };
  }
}
