/** Replies to the questions of metric-prompts.ts, read as strictly as verdicts.ts does: all throw, quoting the reply. */
import { readReply } from './verdicts.ts';

export type Category = 'A' | 'B' | 'C' | 'D' | 'E';

const CATEGORIES: readonly unknown[] = ['A', 'B', 'C', 'D', 'E'] satisfies readonly Category[];
/** More steps or statements than any judge means to write. */
const MOST_TEXTS = 200;

export function readCategory(said: string): { category: Category; reason: string } {
  const { category, reason } = readReply(said);
  if (!CATEGORIES.includes(category)) throw fault("the judge's category is none of A to E", said);
  return { category: category as Category, reason: textOf(reason) };
}

export function readMeets(said: string): { meets: boolean; reason: string } {
  const { meets, reason } = readReply(said);
  if (typeof meets !== 'boolean') throw fault("the judge's verdict has no `meets`", said);
  return { meets, reason: textOf(reason) };
}

export function readRelevant(said: string): { relevant: boolean; reason: string } {
  const { relevant, reason } = readReply(said);
  if (typeof relevant !== 'boolean') throw fault("the judge's verdict has no `relevant`", said);
  return { relevant, reason: textOf(reason) };
}

/** 0 to 1, from a score of 0 to 10; a score without a reason was not thought about. */
export function readEvaluation(said: string): { score: number; reason: string } {
  const { score, reason } = readReply(said);
  if (typeof score !== 'number' || !(score >= 0 && score <= 10))
    throw fault("the judge's score is no number from 0 to 10", said);
  if (textOf(reason).trim() === '') throw fault('the judge gave no reason for its score', said);
  return { score: score / 10, reason: textOf(reason) };
}

/** The texts under a key: at least one, none of them empty, and as many as told where that is told. */
export function readTexts(said: string, key: string, count?: number): string[] {
  const list = readReply(said)[key];
  const isText = (entry: unknown): entry is string => typeof entry === 'string' && entry.trim() !== '';
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_TEXTS || !list.every(isText))
    throw fault(`the judge's \`${key}\` are no list of texts`, said);
  if (count !== undefined && list.length !== count)
    throw fault(`the judge gave ${list.length} ${key} instead of ${count}`, said);
  return list;
}

/** A value for each of the statements, none too many or too few. */
export function readSupported(said: string, count: number): boolean[] {
  const { supported } = readReply(said);
  if (!Array.isArray(supported) || !supported.every((entry) => typeof entry === 'boolean'))
    throw fault("the judge's `supported` is no list of true and false", said);
  if (supported.length !== count)
    throw fault(`the judge gave ${supported.length} verdicts for ${count} statements`, said);
  return supported;
}

/** Numbers from 1 to `count`, each once; may be none. */
export function readNumbers(said: string, key: string, count: number): number[] {
  const list = readReply(said)[key];
  const isPlace = (entry: unknown): entry is number =>
    typeof entry === 'number' && Number.isInteger(entry) && entry >= 1 && entry <= count;
  if (!Array.isArray(list) || !list.every(isPlace) || new Set(list).size !== list.length)
    throw fault(`the judge's \`${key}\` are no numbers from 1 to ${count}, each once`, said);
  return list;
}

/** The place of the best, from 0. */
export function readBest(said: string, count: number): number {
  const { best } = readReply(said);
  if (typeof best !== 'number' || !Number.isInteger(best) || best < 1 || best > count)
    throw fault(`the judge's best is no number from 1 to ${count}`, said);
  return best - 1;
}

function fault(why: string, said: string): Error {
  return new Error(`${why}: ${said.slice(0, 120)}`);
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
