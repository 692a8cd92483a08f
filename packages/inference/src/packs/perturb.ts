/** The same questions in other words: what a model loses by typing mistakes, other case and spaces, and paraphrases. */
import { createHash } from 'node:crypto';
import type { Case } from '../suites/types.ts';
import type { Variant } from '../runs/pack-metrics.ts';

export const PERTURBATIONS = ['typos', 'case', 'whitespace'] as const;
export type Perturbation = (typeof PERTURBATIONS)[number];

export interface PerturbPlan {
  kinds: readonly Perturbation[];
  /** Other words for a prompt, from a file; by the prompt as the case asks it. */
  paraphrases: ReadonlyMap<string, readonly string[]>;
}

/** One word in so many gets a typing mistake, at least one in each question. */
const TYPO_EVERY = 8;

/**
 * Cases to be asked besides their originals: of every functional case with one question of words. The same case is
 * perturbed the same way in every run.
 */
export function perturbCases(cases: readonly Case[], plan: PerturbPlan): Case[] {
  const made: Case[] = [];
  for (const test of cases) {
    if (test.kind !== 'functional' || (test.turns ?? []).length > 0 || test.prompt.trim() === '') continue;
    if (test.options.tensors !== undefined) continue;
    const variants: { variant: Variant; prompt: string | undefined }[] = [
      ...plan.kinds.map((kind) => ({
        variant: kind,
        prompt: inQuestion(test.prompt, (text) => CHANGES[kind](text, test.id)),
      })),
      ...(plan.paraphrases.get(test.prompt) ?? []).map((prompt) => ({
        variant: 'paraphrase' as const,
        prompt,
      })),
    ];
    for (const { variant, prompt } of variants) {
      // What has no case to change (Chinese) can't lose by it.
      if (prompt === undefined || prompt === test.prompt) continue;
      const id = createHash('sha256')
        .update(JSON.stringify([test.id, variant, prompt]))
        .digest('hex');
      const description = `${test.description} [${variant}]`;
      // In other words it is measured, and competes with nobody.
      const alone = { ...test };
      delete alone.rivals;
      made.push({ ...alone, id, description, prompt, kind: 'perturbed', base: test.id, variant });
    }
  }
  return made;
}

/** Rows of a file: `{prompt, paraphrase}`, as many rows for a prompt as there are. Throws on a row without them. */
export function readParaphrases(rows: readonly Record<string, unknown>[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  rows.forEach((row, at) => {
    const { prompt, paraphrase } = row;
    if (typeof prompt !== 'string' || typeof paraphrase !== 'string' || paraphrase.trim() === '')
      throw new Error(`row ${at + 1} has no 'prompt' and 'paraphrase'`);
    found.set(prompt, [...(found.get(prompt) ?? []), paraphrase]);
  });
  return found;
}

/** Of a conversation in JSON the last message of the user; undefined when it holds none of plain text. */
function inQuestion(prompt: string, change: (text: string) => string): string | undefined {
  if (!/^\s*\[\s*\{/.test(prompt)) return change(prompt);
  let messages: unknown;
  try {
    messages = JSON.parse(prompt);
  } catch {
    return change(prompt);
  }
  if (!Array.isArray(messages)) return change(prompt);
  const list = messages as ({ role?: unknown; content?: unknown } | null)[];
  const at = list.findLastIndex((message) => message?.role === 'user');
  const content = list[at]?.content;
  if (typeof content !== 'string') return undefined;
  return JSON.stringify(
    list.map((message, index) => (index === at ? { ...message, content: change(content) } : message)),
  );
}

const CHANGES: Readonly<Record<Perturbation, (text: string, seed: string) => string>> = {
  typos(text, seed) {
    const words = [...text.matchAll(/\p{L}{4,}/gu)];
    if (words.length === 0) return text;
    const first = parseInt(seed.slice(0, 8), 16);
    const wrong = new Set(
      Array.from({ length: Math.ceil(words.length / TYPO_EVERY) }, (_, at) => (first + at * TYPO_EVERY) % words.length),
    ); // prettier-ignore
    let number = -1;
    return text.replace(/\p{L}{4,}/gu, (word) => {
      number += 1;
      return wrong.has(number) ? swapInner(word, first) : word;
    });
  },
  case(text) {
    const lower = text.toLowerCase();
    return lower === text ? text.toUpperCase() : lower;
  },
  // Not at the end: a completion goes on from there.
  whitespace: (text) => `\n ${text.replace(/(?<=\S) (?=\S)/g, '  ')}`,
};

/** Two neighbours inside of a word change places; its first and last letter stay. Equal neighbours (`ll`) don't count. */
function swapInner(word: string, seed: number): string {
  const letters = Array.from(word);
  const inner = letters.length - 3;
  for (let step = 0; step < inner; step += 1) {
    const left = 1 + ((seed + step) % inner);
    const [a, b] = [letters[left], letters[left + 1]];
    if (a === undefined || b === undefined || a === b) continue;
    [letters[left], letters[left + 1]] = [b, a];
    return letters.join('');
  }
  return word;
}
