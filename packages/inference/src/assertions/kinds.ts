/** What every kind of assertion is made of: a check before anything is asked, and a decision over one answer. */
import type { Answer } from '../clients/answer.ts';
import type { Assertion } from '../suites/types.ts';

/** What assertions look at. */
export interface Observation {
  answer: Answer;
  /** Whether the server answered its health check after a refusal; null when nobody asked. */
  aliveAfterwards: boolean | null;
  prompt?: string;
  vars?: Readonly<Record<string, unknown>>;
  /** The model's own words, where `answer` holds what a `transform` made of them; `given` is that, text or not. */
  whole?: string;
  given?: unknown;
  /** Of a conversation: what was said, and answered, before this answer. */
  before?: readonly Exchanged[];
  /** What this is the answer to, where `prompt` holds the whole conversation. */
  said?: string;
  /** The request's body; `tools` in it are what a tool call is checked against. */
  request?: Readonly<Record<string, unknown>>;
  /** Helpers outside this process; an assertion that needs one that isn't there fails. */
  aides?: Aides;
}

/** One turn of a conversation, in promptfoo's words. */
export interface Exchanged {
  input: string;
  output: string;
}

/** What some assertions need besides the answer. */
export interface Aides {
  /** Vectors of the texts, in their order. Throws when the server has none. */
  embed?: (texts: readonly string[], model: string | undefined) => Promise<number[][]>;
  /** The judge's answer to a prompt. Throws when it gave none. */
  judge?: (prompt: string) => Promise<string>;
  /** The score of every label that a classifier gives a text. */
  classify?: (text: string, assertion: Assertion) => Promise<Map<string, number>>;
  /** Of every category of a moderation whether it is flagged. */
  moderate?: (text: string, assertion: Assertion) => Promise<Map<string, boolean>>;
  /** What an address answers to JSON. */
  post?: (url: string, body: object, timeoutMs: number) => Promise<unknown>;
  /** Price of the machine; undefined when nobody told. */
  pricePerSecond?: number;
  signal?: AbortSignal;
}

export interface Decision {
  passed: boolean;
  /** 0 to 1; 1 or 0 by `passed` where the kind has no finer one. */
  score?: number;
  /** For a person, in one line; holds hostile text. */
  reason: string;
}

export type FaultKey =
  | 'value'
  | 'threshold'
  | 'status'
  | 'type'
  | 'assert'
  | 'config'
  | 'endpoint'
  | 'transform'
  | 'contextTransform';

export interface AssertionFault {
  key: FaultKey;
  message: string;
}

/** Keys besides `type`, `value`, `weight` and `metric` that a kind understands. */
export type ExtraKey =
  'threshold' | 'status' | 'config' | 'model' | 'endpoint' | 'label' | 'timeout' | 'contextTransform';

export interface Kind {
  /** A judge decides: there has to be one. */
  judged?: true;
  /** A package that the workspace has to have: `file` in its node_modules becomes the assertion's file. */
  package?: { name: string; file: string; install: string };
  /** It compares the answers to several prompts, and is decided when all are there. */
  compares?: true;
  /** Variables of the test that it reads: texts, or lists of texts. */
  vars?: readonly string[];
  takes?: readonly ExtraKey[];
  /** Undefined when the assertion can be decided for any answer. */
  check(assertion: Assertion): AssertionFault | undefined;
  /** Throws when it can't be decided, which fails the assertion, negated or not. */
  decide(assertion: Assertion, seen: Observation): Decision | Promise<Decision>;
}

export type Kinds = Readonly<Record<string, Kind>>;

const SHOWN = 80;

/** A value for a reason: short, in quotes. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : value === undefined ? 'nothing' : JSON.stringify(value);
  return `'${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}'`;
}

export const valueFault = (message: string): AssertionFault => ({ key: 'value', message });
export const thresholdFault = (message: string): AssertionFault => ({ key: 'threshold', message });

/** The check of a kind that takes no value. */
export const takesNothing = ({ type, value }: Assertion): AssertionFault | undefined =>
  value === undefined ? undefined : valueFault(`'${type}' takes no value; remove it`);

/** A score from 0 to 1 that has to reach the threshold. */
export function reaches(score: number, threshold: number, what: string): Decision {
  return {
    // A mean that is 1 but for the last bit reaches 1.
    passed: score >= threshold - Number.EPSILON,
    score: Math.min(1, Math.max(0, score)),
    reason: `${what} is at least ${threshold} (it is ${score.toFixed(4)})`,
  };
}
