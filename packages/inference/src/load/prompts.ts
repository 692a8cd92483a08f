/**
 * The questions of a load. Servers keep what they computed for a prompt's beginning, and a second asking would cost
 * nothing: so every prompt begins with a mark that no server has seen, also none of an earlier run.
 */
import { randomBytes } from 'node:crypto';
import { normal, seededRandom } from '@sluice/statistics/random';
import type { Shape } from './profile-settings.ts';
import type { Case } from '../suites/types.ts';

/** Tokens of a prompt = base (template and mark) + words · perWord, as the server itself counted. */
export interface TokenScale {
  base: number;
  perWord: number;
}

/** English text with usual tokenizers, where the server doesn't count. */
export const USUAL_SCALE: TokenScale = { base: 8, perWord: 1.35 };

const WORDS =
  'the river of morning light ran over stone and garden while people spoke about bread weather music trade old ships new roads children winter glass letters numbers horses markets green hills quiet rooms history science water salt paper silver summer evening bridges windows doors history farmers doctors teachers cities villages long short early late often never always perhaps because although under between behind toward'.split(
    ' ',
  );

export interface PromptOptions {
  seed: number;
  promptTokens?: Shape;
  outputTokens?: Shape;
  forceOutput?: boolean;
  scale?: TokenScale;
}

/** The n-th question (from 1), as a case with its own prompt and length; lengths and words come back with the seed. */
export type Prompts = (number: number) => Case;

export function makePrompts(cases: readonly Case[], options: PromptOptions, mark = newMark()): Prompts {
  const { seed, promptTokens, outputTokens, forceOutput = false, scale = USUAL_SCALE } = options;
  return (number) => {
    const test = cases[(number - 1) % cases.length];
    if (test === undefined) throw new Error('a load without a question');
    const random = seededRandom(seed * 1_000_003 + number);
    const head = headOf(mark, number);
    const prompt =
      promptTokens === undefined
        ? withHead(test.prompt, head)
        : head + words(random, (draw(promptTokens, random) - scale.base) / scale.perWord);
    if (outputTokens === undefined) return { ...test, prompt };
    const body = { ...test.options.body, ...(forceOutput ? { ignore_eos: true } : {}) };
    return { ...test, prompt, options: { ...test.options, max_tokens: draw(outputTokens, random), body } };
  };
}

/** What no server has seen before. */
export function newMark(): string {
  return randomBytes(4).toString('hex');
}

/** The beginning of the n-th prompt. */
export function headOf(mark: string, number: number): string {
  return `(${mark}-${number}) `;
}

/** Before the first text: of a list of messages that is the first message's. Other JSON is no text, and stays. */
function withHead(prompt: string, head: string): string {
  if (!/^\s*[[{]/.test(prompt)) return head + prompt;
  let value: unknown;
  try {
    value = JSON.parse(prompt);
  } catch {
    return head + prompt;
  }
  const [first, ...rest] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof first !== 'object' || first === null || !('content' in first)) return prompt;
  return JSON.stringify([{ ...first, content: markContent(first.content, head) }, ...rest]);
}

/** A text, or the first text of a list of parts (text, images); an image before it is no beginning that could be known. */
function markContent(content: unknown, head: string): unknown {
  if (typeof content === 'string') return head + content;
  if (!Array.isArray(content)) return content;
  const parts = content as unknown[];
  const isText = (part: unknown): part is { text: string } =>
    typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string';
  const at = parts.findIndex(isText);
  if (at === -1) return [{ type: 'text', text: head.trim() }, ...parts];
  return parts.map((part, index) =>
    index === at && isText(part) ? { ...part, text: head + part.text } : part,
  );
}

/** At least one word. */
export function words(random: () => number, count: number): string {
  const chosen: string[] = [];
  for (let i = 0; i < Math.max(1, Math.round(count)); i += 1)
    chosen.push(WORDS[Math.floor(random() * WORDS.length)] ?? '');
  return chosen.join(' ');
}

/** A whole number of at least one. */
function draw(shape: Shape, random: () => number): number {
  switch (shape.kind) {
    case 'fixed':
      return shape.value;
    case 'uniform':
      return shape.low + Math.floor(random() * (shape.high - shape.low + 1));
    case 'normal':
      return Math.max(1, Math.round(normal(random, shape.mean, shape.sd)));
  }
}
