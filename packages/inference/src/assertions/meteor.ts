/**
 * METEOR (Banerjee and Lavie 2005) with the weights of its second edition, as promptfoo and NLTK have it: words are matched as
 * they are, then by their stems, then by WordNet's synonyms of the stems; matches that stand apart cost.
 */
import { porterStem } from './porter-stem.ts';
import type { WordNet } from './wordnet.ts';

const ALPHA = 0.9;
const BETA = 3;
const GAMMA = 0.5;

/** A word with its place. */
type Placed = readonly [place: number, word: string];
type Pair = readonly [mine: number, theirs: number];

/** The best over the references, 0 to 1. */
export function meteor(answer: string, references: readonly string[], net: WordNet): number {
  const words = wordsOf(answer);
  return Math.max(0, ...references.map((reference) => score(words, wordsOf(reference), net)));
}

/** By blank space, without full stops at a word's end. */
function wordsOf(text: string): string[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/\.+$/, '').toLowerCase());
}

function score(words: readonly string[], target: readonly string[], net: WordNet): number {
  const mine: Placed[] = [...words.entries()];
  const theirs: Placed[] = [...target.entries()];
  const exact = takeMatches(mine, theirs, (a, b) => a === b);
  const [myStems, theirStems] = [stems(mine), stems(theirs)];
  const stemmed = takeMatches(myStems, theirStems, (a, b) => a === b);
  const alike = takeMatches(myStems, theirStems, (a, b) => a === b || net.synonyms(a).has(b));
  const pairs = [...exact, ...stemmed, ...alike].sort(([a], [b]) => a - b);
  if (pairs.length === 0) return 0;
  const precision = pairs.length / words.length;
  const recall = pairs.length / target.length;
  const mean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  return mean * (1 - GAMMA * (chunksOf(pairs) / pairs.length) ** BETA);
}

const stems = (words: readonly Placed[]): Placed[] => words.map(([place, word]) => [place, porterStem(word)]);

/** From the end on, each word with the last that fits; what is matched is taken out of both. */
function takeMatches(mine: Placed[], theirs: Placed[], fits: (a: string, b: string) => boolean): Pair[] {
  const pairs: Pair[] = [];
  for (let at = mine.length - 1; at >= 0; at -= 1) {
    const word = mine[at];
    const other = theirs.findLastIndex(([, one]) => word !== undefined && fits(word[1], one));
    const found = theirs[other];
    if (word === undefined || found === undefined) continue;
    pairs.push([word[0], found[0]]);
    mine.splice(at, 1);
    theirs.splice(other, 1);
  }
  return pairs;
}

/** Runs of matches that follow one another in both texts. */
function chunksOf(pairs: readonly Pair[]): number {
  return pairs.filter(([mine, theirs], at) => {
    const before = pairs[at - 1];
    return before === undefined || before[0] + 1 !== mine || before[1] + 1 !== theirs;
  }).length;
}
