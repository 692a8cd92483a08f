/** A judge's reply, read strictly: nothing is guessed from what is missing, and what can't be read is no verdict. */

export type Winner = 'A' | 'B' | 'tie';

export interface RubricVerdict {
  pass: boolean;
  /** 0 to 1. */
  score: number;
  reason: string;
}

/** Exactly one verdict: `pass` a boolean, `score` from 0 to 1. Throws on anything else, quoting the reply. */
export function readRubric(said: string): RubricVerdict {
  const verdict = readReply(said);
  const { pass, score, reason } = verdict;
  if (typeof pass !== 'boolean')
    throw new Error(`the judge's verdict has no \`pass\`: ${said.slice(0, 120)}`);
  if (typeof score !== 'number' || !(score >= 0 && score <= 1))
    throw new Error(`the judge's score is no number from 0 to 1: ${said.slice(0, 120)}`);
  return { pass, score, reason: typeof reason === 'string' ? reason : '' };
}

/** Which of the two answers; throws on anything but A, B or tie, quoting the reply. */
export function readWinner(said: string): Winner {
  const { winner } = readReply(said);
  if (winner === 'A' || winner === 'B' || winner === 'tie') return winner;
  throw new Error(`the judge's winner is none of A, B, tie: ${said.slice(0, 120)}`);
}

/** The second verdict of a pair, in which the answers had changed places, in the places of the first. */
export function mirrored(second: Winner): Winner {
  if (second === 'tie') return 'tie';
  return second === 'A' ? 'B' : 'A';
}

/** Both orders as one: where they disagree it is a tie, since the judge then goes by the place. */
export function bothOrders(first: Winner, second: Winner): { winner: Winner; consistent: boolean } {
  const consistent = first === mirrored(second);
  return { winner: consistent ? first : 'tie', consistent };
}

/**
 * The reply as one JSON object, alone or in one fence of code. Thinking before it is left out when it is closed;
 * an object inside of thinking is a draft, not a verdict.
 */
export function readReply(said: string): Record<string, unknown> {
  const bare = said.replace(/^\s*<think>[^]*?<\/think>/, '').trim();
  const inner = /^```(?:json)?\s*\n([^]*?)\n?```$/.exec(bare)?.[1] ?? bare;
  let value: unknown;
  try {
    value = JSON.parse(inner);
  } catch {
    value = undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`the judge gave no JSON object alone: ${said.slice(0, 120)}`);
  return value as Record<string, unknown>;
}
