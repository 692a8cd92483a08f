/** Assertions that are code of the suite's: run in a child process, with JSON on its input and a time limit. */
import type { Language } from './run-script.ts';
import { isMap } from '../suites/files.ts';
import { parseJson } from './json-text.ts';
import { valueFault, type Decision, type Kind, type Kinds } from './kinds.ts';

const script = (language: Language): Kind => ({
  takes: ['threshold', 'config', 'timeout'],
  check: ({ value }) =>
    typeof value === 'string' && value.trim() !== ''
      ? undefined
      : valueFault(`'${language}' needs code as its value, or file://path of a file with code`),
  async decide(assertion, seen) {
    const { runScript } = await import('./run-script.ts');
    const said = await runScript(language, assertion, seen);
    const result = language === 'javascript' ? said : unquoted(said);
    return { ...readScriptResult(result, assertion.threshold), reason: reasonOf(result, language) };
  },
});

export const SCRIPT_KINDS: Kinds = {
  javascript: script('javascript'),
  python: script('python'),
  ruby: script('ruby'),
};

/** Whether an assertion of this type is code. */
export const isScript = (type: string): boolean => Object.hasOwn(SCRIPT_KINDS, type.replace(/^not-/, ''));

/**
 * promptfoo's results: true or false; a number (passes above 0, or from the threshold on); {pass, score, reason}.
 * Throws on all else, on a score that is no number, and on an object without one of the three.
 */
export function readScriptResult(result: unknown, threshold: number | undefined): Omit<Decision, 'reason'> {
  if (typeof result === 'boolean') return { passed: result };
  if (typeof result === 'number' && Number.isFinite(result)) {
    const passed = threshold === undefined ? result > 0 : result >= threshold;
    return { passed, score: Math.min(1, Math.max(0, result)) };
  }
  if (!isMap(result) || !['pass', 'score', 'reason'].every((key) => key in result))
    throw new Error('the code gave neither true, false, a number, nor {pass, score, reason}');
  const { pass, score, reason } = result;
  const isWhole = typeof pass === 'boolean' && typeof score === 'number' && typeof reason === 'string';
  if (!isWhole || !Number.isFinite(score))
    throw new Error(
      'the code gave a {pass, score, reason} in which `pass` is no boolean, `score` no number or `reason` no text',
    );
  return { passed: pass && score >= (threshold ?? -Infinity), score: Math.min(1, Math.max(0, score)) };
}

/** As promptfoo takes it from other languages: `True`, a number or an object, each as a text. */
function unquoted(said: unknown): unknown {
  if (typeof said !== 'string') return said;
  const text = said.trim().toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  const value: unknown = parseJson(said)?.value;
  return typeof value === 'number' || isMap(value) ? value : said;
}

function reasonOf(result: unknown, language: string): string {
  const told =
    typeof result === 'object' && result !== null && 'reason' in result && typeof result.reason === 'string'
      ? result.reason
      : JSON.stringify(result);
  return `the code in ${language} is content with the answer (it said: ${told.slice(0, 200)})`;
}
