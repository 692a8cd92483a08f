/** Assertions over the vectors of the answer and of what it should be like. */
import { reaches, valueFault, type AssertionFault, type Decision, type Kind, type Kinds } from './kinds.ts';
import { checkShare } from './model-kinds.ts';
import type { Assertion } from '../suites/types.ts';
import { readList } from './values.ts';
import { cosine, distance, dotProduct } from './vectors.ts';

const USUAL_THRESHOLD = 0.75;

function checkTexts({ type, value }: Assertion): AssertionFault | undefined {
  const list = Array.isArray(value) ? readList(value) : [value];
  const isFilled = list?.every((entry) => typeof entry === 'string' && entry.trim() !== '') === true;
  return list === undefined || list.length === 0 || !isFilled
    ? valueFault(`'${type}' needs a text as its value, or a list of texts`)
    : undefined;
}

/** Like one of the texts: the first that it is like decides the score, else the likest. */
const similarBy = (
  judge: (
    mine: readonly number[],
    other: readonly number[],
    threshold: number,
  ) => Decision & { score: number },
  check: (assertion: Assertion) => AssertionFault | undefined = () => undefined,
): Kind => ({
  takes: ['threshold', 'model'],
  check: (assertion) => checkTexts(assertion) ?? check(assertion),
  async decide({ value, threshold = USUAL_THRESHOLD, model }, { answer, aides }) {
    if (aides?.embed === undefined) throw new Error('no server gives vectors');
    const texts = Array.isArray(value) ? value.map(String) : [String(value)];
    const [mine, ...theirs] = await aides.embed([answer.text, ...texts], model);
    const each = theirs.map((vector) => judge(mine ?? [], vector, threshold));
    const likest = each.reduce((best, one) => (one.score > best.score ? one : best));
    return each.find(({ passed }) => passed) ?? likest;
  },
});

const scored =
  (measure: typeof cosine, what: string) =>
  (mine: readonly number[], other: readonly number[], threshold: number): Decision & { score: number } => {
    const value = measure(mine, other);
    return { score: 0, ...reaches(value, threshold, what) };
  };

const COSINE = similarBy(scored(cosine, "the answer's similarity to the reference"), checkShare);

export const SIMILAR_KINDS: Kinds = {
  similar: COSINE,
  'similar:cosine': COSINE,
  'similar:dot': similarBy(scored(dotProduct, "the dot product of the answer's vector and the reference's")),
  'similar:euclidean': similarBy((mine, other, threshold) => {
    const value = distance(mine, other);
    return {
      passed: value <= threshold + Number.EPSILON,
      score: 1 / (1 + value),
      reason: `the distance of the answer's vector from the reference's is at most ${threshold} (it is ${value.toFixed(4)})`,
    };
  }),
};
