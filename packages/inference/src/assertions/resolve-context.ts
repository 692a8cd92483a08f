/** The context that an answer is judged by: a variable of the test, or what code takes out of the answer. */
import type { Assertion } from '../suites/types.ts';
import type { Observation } from './kinds.ts';

export interface Context {
  /** One, where it is a text. */
  chunks: string[];
  /** It came as a list, parted by who wrote it. */
  isList: boolean;
}

/** Throws where there is no text, and where the code gives none. */
export async function resolveContext(assertion: Assertion, seen: Observation): Promise<Context> {
  const { contextTransform } = assertion;
  const value =
    contextTransform === undefined
      ? seen.vars?.['context']
      : await transformed(contextTransform, assertion, seen);
  const isList = Array.isArray(value);
  const list: unknown[] = isList ? value : [value];
  const isText = (entry: unknown): entry is string => typeof entry === 'string' && entry.trim() !== '';
  if (list.length > 0 && list.every(isText)) return { chunks: list, isList };
  const what = contextTransform === undefined ? 'the variable `context`' : 'what `contextTransform` gave';
  throw new Error(`${what} is no text and no list of texts`);
}

async function transformed(
  text: string,
  { contextFile, timeout }: Assertion,
  { answer, prompt, vars, aides }: Observation,
): Promise<unknown> {
  const { runCode } = await import('./run-script.ts');
  const language = contextFile?.endsWith('.py') === true ? 'python' : 'javascript';
  const code = { language, text, file: contextFile, usual: 'get_transform', timeout } as const;
  return runCode(code, answer.text, { vars: vars ?? {}, prompt: { label: prompt } }, aides?.signal);
}
