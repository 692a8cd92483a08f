/** Blacks out what must not stand in reports: patterns of the user over texts from prompts, models and servers. */
import { createContext, Script } from 'node:vm';

export const REDACTED = '[redacted]';

/** A pattern of exponential time is the user's own, but the text that meets it comes from outside. */
const MOST_MS = 200;

export type Redactor = (text: string) => string;

/** What is wrong with the patterns: regular expressions of JavaScript, plain or as `/…/i`. */
export function findPatternFaults(patterns: readonly string[], input: string): string[] {
  return patterns.flatMap((pattern) => {
    const fault = faultOf(pattern);
    return fault === undefined ? [] : [`input \`${input}\` = "${pattern}" ${fault}`];
  });
}

function faultOf(pattern: string): string | undefined {
  try {
    return toRegExp(pattern).test('')
      ? 'matches the empty text; make it match one character at least'
      : undefined;
  } catch (error) {
    return `is no regular expression: ${(error as Error).message}`;
  }
}

/**
 * Text with every match replaced. A pattern that takes too long over a text withholds all of it: what wasn't looked
 * through isn't shown.
 */
export function makeRedactor(patterns: readonly string[]): Redactor {
  if (patterns.length === 0) return (text) => text;
  // A regular expression is only stopped from outside of its own script.
  const sandbox = createContext(
    { text: '', mark: REDACTED },
    { codeGeneration: { strings: false, wasm: false } },
  );
  const scripts = patterns.map((pattern) => {
    const { source, flags } = toRegExp(pattern);
    return new Script(`text = text.replace(new RegExp(${JSON.stringify(source)}, ${JSON.stringify(flags)}), () => mark)`);
  }); // prettier-ignore
  return (text) => {
    if (text === '') return text;
    sandbox['text'] = text;
    for (const [at, script] of scripts.entries()) {
      try {
        script.runInContext(sandbox, { timeout: MOST_MS });
      } catch {
        return `[withheld: pattern ${at + 1} of \`redact\` took longer than ${MOST_MS} ms over it]`;
      }
    }
    return String(sandbox['text']);
  };
}

function toRegExp(pattern: string): RegExp {
  const [, source = pattern, flags = ''] = /^\/(.+)\/([ims]*)$/s.exec(pattern) ?? [];
  return new RegExp(source, `${flags}gu`);
}
