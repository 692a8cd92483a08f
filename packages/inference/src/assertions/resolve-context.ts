/** The context that an answer is judged by: a variable of the test, or what code takes out of the answer. */
import type { Assertion } from '../suites/types.ts';
import type { Observation } from './kinds.ts';
import { runTransform } from './transform.ts';

export interface Context {
  /** One, where it is a text. */
  chunks: string[];
  /** It came as a list, parted by who wrote it. */
  isList: boolean;
}

/** Throws where there is no text, and where the code gives none. */
export async function resolveContext(assertion: Assertion, seen: Observation): Promise<Context> {
  const { contextTransform, contextFile, timeout } = assertion;
  const value =
    contextTransform === undefined
      ? seen.vars?.['context']
      : await runTransform(
          { text: contextTransform, file: contextFile, timeout },
          seen.whole ?? seen.answer.text,
          seen,
        );
  const isList = Array.isArray(value);
  const list: unknown[] = isList ? value : [value];
  const isText = (entry: unknown): entry is string => typeof entry === 'string' && entry.trim() !== '';
  if (list.length > 0 && list.every(isText)) return { chunks: list, isList };
  const what = contextTransform === undefined ? 'the variable `context`' : 'what `contextTransform` gave';
  throw new Error(`${what} is no text and no list of texts`);
}
