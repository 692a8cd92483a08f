/** Assertions that are code of the suite's: run in a child process, with JSON on its input and a time limit. */
import { valueFault, type Decision, type Kind, type Kinds } from './kinds.ts';

const script = (language: 'javascript' | 'python'): Kind => ({
  takes: ['threshold', 'config', 'timeout'],
  check: ({ value }) =>
    typeof value === 'string' && value.trim() !== ''
      ? undefined
      : valueFault(`'${language}' needs code as its value, or file://path of a file with code`),
  async decide(assertion, seen) {
    const { runScript } = await import('./run-script.ts');
    const result = await runScript(language, assertion, seen);
    return { ...readScriptResult(result, assertion.threshold), reason: reasonOf(result, language) };
  },
});

export const SCRIPT_KINDS: Kinds = { javascript: script('javascript'), python: script('python') };

/**
 * promptfoo's results: true or false; a number (passes above 0, or from the threshold on); {pass, score, reason}.
 * Throws on all else, on a score that is no number, and on an object without `pass` or `score`.
 */
export function readScriptResult(result: unknown, threshold: number | undefined): Omit<Decision, 'reason'> {
  if (typeof result === 'boolean') return { passed: result };
  if (typeof result === 'number' && Number.isFinite(result)) {
    const passed = threshold === undefined ? result > 0 : result >= threshold;
    return { passed, score: Math.min(1, Math.max(0, result)) };
  }
  if (typeof result !== 'object' || result === null || !('pass' in result) || !('score' in result))
    throw new Error('the code gave neither true, false, a number, nor {pass, score, reason}');
  const { pass, score } = result;
  if (typeof pass !== 'boolean' || typeof score !== 'number' || !Number.isFinite(score))
    throw new Error('the code gave a {pass, score} in which `pass` is no boolean or `score` no number');
  return { passed: pass && score >= (threshold ?? -Infinity), score: Math.min(1, Math.max(0, score)) };
}

function reasonOf(result: unknown, language: string): string {
  const told =
    typeof result === 'object' && result !== null && 'reason' in result && typeof result.reason === 'string'
      ? result.reason
      : JSON.stringify(result);
  return `the code in ${language} is content with the answer (it said: ${told.slice(0, 200)})`;
}
