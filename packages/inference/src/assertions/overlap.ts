/**
 * How much of a reference's words an answer has. The definitions are promptfoo's, so that thresholds move over:
 * its BLEU smooths a precision of 0 as 1e-7, its GLEU is min(precision, recall) over all n-grams of 1 to 4 words.
 */

const ORDERS = [1, 2, 3, 4];
const SMOOTHED = 1e-7;

/** BLEU-4 (Papineni et al. 2002) of a sentence, any case, words by blank space; the best count over the references. */
export function bleu(answer: string, references: readonly string[]): number {
  const words = wordsOf(answer);
  const targets = references.map(wordsOf);
  if (words.length === 0 || targets.length === 0) return 0;
  const closest = targets
    .map((target) => target.length)
    .reduce((best, length) =>
      Math.abs(length - words.length) < Math.abs(best - words.length) ? length : best,
    );
  const counted = ORDERS.map((order) => ({ order, total: words.length - order + 1 })).filter(
    // An answer of two words has no three in a row: the orders that it has share the weight.
    ({ total }) => total > 0,
  );
  let logs = 0;
  for (const { order, total } of counted) {
    const grams = countGrams(words, order);
    const matched = Math.max(...targets.map((target) => overlap(grams, countGrams(target, order))));
    logs += Math.log(matched === 0 ? SMOOTHED : matched / total) / counted.length;
  }
  const brevity = words.length > closest ? 1 : Math.exp(1 - closest / words.length);
  return brevity * Math.exp(logs);
}

/** Google-BLEU (Wu et al. 2016) of a sentence: the best over the references. A full stop at a word's end is left out. */
export function gleu(answer: string, references: readonly string[]): number {
  const bare = (text: string): string[] => wordsOf(text).map((word) => word.replace(/\.+$/, ''));
  const words = bare(answer);
  if (words.length === 0) return 0;
  return Math.max(
    0,
    ...references.map((reference) => {
      const target = bare(reference);
      if (target.join(' ') === words.join(' ')) return 1;
      let matched = 0;
      let mine = 0;
      let theirs = 0;
      for (const order of ORDERS) {
        matched += overlap(countGrams(words, order), countGrams(target, order));
        mine += Math.max(0, words.length - order + 1);
        theirs += Math.max(0, target.length - order + 1);
      }
      return mine === 0 || theirs === 0 ? 0 : Math.min(matched / mine, matched / theirs);
    }),
  );
}

/** ROUGE-1 (Lin 2004), F measure over the words of the Penn Treebank's tokenization, any case. */
export function rouge1(answer: string, reference: string): number {
  const words = treebankWords(answer.toLowerCase());
  const target = treebankWords(reference.toLowerCase());
  if (words.length === 0 || target.length === 0) return 0;
  const matched = overlap(countGrams(words, 1), countGrams(target, 1));
  return (2 * matched) / (words.length + target.length);
}

function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

function countGrams(words: readonly string[], order: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at + order <= words.length; at += 1) {
    const gram = words.slice(at, at + order).join(' ');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Grams that both have, each as often as both have it. */
function overlap(mine: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [gram, count] of mine) shared += Math.min(count, theirs.get(gram) ?? 0);
  return shared;
}

/** The rules of the Penn Treebank's tokenizer (its `tokenizer.sed`), for one sentence. */
function treebankWords(text: string): string[] {
  return ` ${text} `
    .replace(/(^|[\s([{<])"/g, '$1 `` ')
    .replace(/"/g, " '' ")
    .replace(/\.{3}/g, ' ... ')
    .replace(/[:,](?!\d)/g, ' $& ')
    .replace(/[;@#$%&?!]/g, ' $& ')
    .replace(/([^.])\.([\])}>'\s]*)$/, '$1 . $2')
    .replace(/[\][(){}<>]/g, ' $& ')
    .replace(/--/g, ' -- ')
    .replace(/([^'])' /g, "$1 ' ")
    .replace(/'([sdm]) /g, " '$1 ")
    .replace(/('ll|'re|'ve|n't) /g, ' $1 ')
    .replace(/\b(can)(not)\b/g, '$1 $2')
    .replace(/\b(d)('ye)\b/g, '$1 $2')
    .replace(/\b(gim|lem)(me)\b/g, '$1 $2')
    .replace(/\b(gon|wan)(na)\b/g, '$1 $2')
    .replace(/\b(got)(ta)\b/g, '$1 $2')
    .replace(/\b(more)('n)\b/g, '$1 $2')
    .split(/\s+/)
    .filter((word) => word !== '');
}
