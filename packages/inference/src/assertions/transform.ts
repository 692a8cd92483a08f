/** What a suite's code makes of an answer, in promptfoo's words `transform`: an expression, the body of a function, or a file. */
import type { Observation } from './kinds.ts';

export interface Transform {
  text: string;
  /** Absolute path, where `text` names a file. */
  file: string | undefined;
  /** Seconds. */
  timeout?: number | undefined;
}

/** What the code gave for a text. Throws when it failed, took too long, or gave nothing. */
export async function runTransform(
  { text, file, timeout }: Transform,
  output: unknown,
  { vars, prompt, aides }: Observation,
): Promise<unknown> {
  const { runCode } = await import('./run-script.ts');
  const language = file?.endsWith('.py') === true ? 'python' : 'javascript';
  const code = { language, text, file, usual: 'get_transform', timeout } as const;
  const given = await runCode(code, output, { vars: vars ?? {}, prompt: { label: prompt } }, aides?.signal);
  if (given === null) throw new Error('`transform` gave nothing');
  return given;
}

/** The answer as it is judged then; what isn't a text is judged as JSON. The model's own words stay known as `whole`. */
export async function transformAnswer(transform: Transform, seen: Observation): Promise<Observation> {
  const { answer, whole = answer.text } = seen;
  const given = await runTransform(transform, seen.given ?? answer.text, seen);
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  return { ...seen, whole, given, answer: { ...answer, text } };
}
