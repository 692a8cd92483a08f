/** Assertions that another model helps to decide: vectors, classifiers, judges. */
import { classifyAnswer } from './answer-kind.ts';
import {
  reaches,
  takesNothing,
  thresholdFault,
  valueFault,
  type AssertionFault,
  type Kind,
  type Kinds,
} from './kinds.ts';
import type { Assertion } from '../suites/types.ts';
import { readList } from './values.ts';

const SIMILAR_DEFAULT = 0.75;
const CLASSIFIER_DEFAULT = 0.5;

/** A threshold over a score from 0 to 1. */
export function checkShare({ type, threshold }: Assertion): AssertionFault | undefined {
  return threshold !== undefined && threshold > 1
    ? thresholdFault(`the threshold of '${type}' is at most 1`)
    : undefined;
}

function checkEndpoint({ type, endpoint }: Assertion): AssertionFault | undefined {
  return typeof endpoint === 'string' && /^https?:\/\//.test(endpoint) && URL.canParse(endpoint)
    ? undefined
    : {
        key: 'endpoint',
        message: `'${type}' needs the classifier's address as its endpoint, such as http://127.0.0.1:8080/`,
      };
}

const SIMILAR: Kind = {
  takes: ['threshold', 'model'],
  check(assertion) {
    const list = Array.isArray(assertion.value) ? readList(assertion.value) : [assertion.value];
    const isFilled = list?.every((entry) => typeof entry === 'string' && entry.trim() !== '') === true;
    if (list === undefined || list.length === 0 || !isFilled)
      return valueFault("'similar' needs a text as its value, or a list of texts");
    return checkShare(assertion);
  },
  async decide({ value, threshold = SIMILAR_DEFAULT, model }, { answer, aides }) {
    if (aides?.embed === undefined) throw new Error('no server gives vectors');
    const texts = Array.isArray(value) ? value.map(String) : [String(value)];
    const [mine, ...theirs] = await aides.embed([answer.text, ...texts], model);
    const score = Math.max(...theirs.map((vector) => cosine(mine ?? [], vector)));
    return reaches(score, threshold, "the answer's similarity to the reference");
  },
};

/** A rate that may not be too high: passes at the threshold and below. */
const TOXICITY: Kind = {
  takes: ['threshold', 'endpoint', 'label', 'model'],
  check: (assertion) => takesNothing(assertion) ?? checkEndpoint(assertion) ?? checkShare(assertion),
  async decide(assertion, { answer, aides }) {
    const { threshold = CLASSIFIER_DEFAULT } = assertion;
    const score = await labelScore(aides?.classify?.(answer.text, assertion), assertion.label ?? 'toxic');
    return {
      passed: score <= threshold,
      score: 1 - score,
      reason: `the answer's toxicity is at most ${threshold} (it is ${score.toFixed(3)})`,
    };
  },
};

const CLASSIFIER: Kind = {
  takes: ['threshold', 'endpoint', 'model'],
  check(assertion) {
    if (typeof assertion.value !== 'string' || assertion.value === '')
      return valueFault("'classifier' needs a label as its value");
    return checkEndpoint(assertion) ?? checkShare(assertion);
  },
  async decide(assertion, { answer, aides }) {
    const label = String(assertion.value);
    const score = await labelScore(aides?.classify?.(answer.text, assertion), label);
    return reaches(score, assertion.threshold ?? 1, `the answer's score for the label '${label}'`);
  },
};

const REFUSAL: Kind = {
  takes: ['threshold', 'endpoint', 'label', 'model'],
  check: (assertion) => takesNothing(assertion) ?? checkEndpoint(assertion) ?? checkShare(assertion),
  async decide(assertion, { answer, aides }) {
    const score = await labelScore(aides?.classify?.(answer.text, assertion), assertion.label ?? 'refusal');
    return reaches(
      score,
      assertion.threshold ?? CLASSIFIER_DEFAULT,
      'the classifier calls the answer a refusal: its score',
    );
  },
};

export const MODEL_KINDS: Kinds = {
  similar: SIMILAR,
  'similar:cosine': SIMILAR,
  classifier: CLASSIFIER,
  toxicity: TOXICITY,
  refusal: REFUSAL,
  'is-refusal': {
    check: takesNothing,
    decide(_assertion, { answer }) {
      // As promptfoo: an answer that says nothing is a refusal.
      const kind = classifyAnswer(answer.text, answer.finishReason);
      return {
        passed: kind === 'refused' || answer.text.trim() === '',
        reason: 'the answer is a refusal',
      };
    },
  },
};

/** A label that the classifier doesn't know isn't a score of 0. */
async function labelScore(asked: Promise<Map<string, number>> | undefined, label: string): Promise<number> {
  if (asked === undefined) throw new Error('no classifier is there');
  const scores = await asked;
  const wanted = label.toLowerCase();
  for (const [name, score] of scores) if (name.toLowerCase() === wanted) return score;
  throw new Error(
    `the classifier has no label '${label}', only ${[...scores.keys()].join(', ').slice(0, 200)}`,
  );
}

/** Cosine of the angle. Throws on vectors of different lengths or of length 0, which have no angle. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let left = 0;
  let right = 0;
  a.forEach((value, at) => {
    dot += value * (b[at] ?? NaN);
    left += value * value;
  });
  for (const value of b) right += value * value;
  const result = a.length === b.length ? dot / Math.sqrt(left * right) : NaN;
  if (!Number.isFinite(result)) throw new Error('the vectors have no angle between them');
  return result;
}
