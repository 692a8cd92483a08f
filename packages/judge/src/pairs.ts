/** What a judge or people compare: two answers to one question. Read from JSONL or from the texts of two results. */
import { createHash } from 'node:crypto';
import { slicesOf } from '@sluice/evaluation/readers/ours';

export interface Pair {
  id: string;
  prompt: string;
  candidate: string;
  /** Absent where the row only has a rubric. */
  baseline?: string;
  rubric?: string;
  /** What a person said of this pair, where one did. */
  human?: Side;
  /** As rules name them: `language=de` or a bare tag. */
  slices: readonly string[];
}

/** Who is better. */
export type Side = 'candidate' | 'baseline' | 'tie';

const SIDES: readonly string[] = ['candidate', 'baseline', 'tie'] satisfies readonly Side[];
const KEYS = ['id', 'prompt', 'candidate', 'baseline', 'rubric', 'human', 'tags'];
const MOST_FAULTS = 20;

/**
 * Rows `{id, prompt, candidate, baseline}` of JSONL, with `rubric`, `human` and `tags` where they have them.
 *
 * @returns every fault with its line; pairs only count where there is none
 */
export function readPairs(text: string): { pairs: Pair[]; faults: string[] } {
  const pairs: Pair[] = [];
  const faults: string[] = [];
  const seen = new Map<string, number>();
  text
    .replace(/^\uFEFF/u, '')
    .split(/\r\n|\n/u)
    .forEach((line, index) => {
      if (line.trim() === '') return;
      const read = readRow(line);
      if (typeof read === 'string') {
        faults.push(`line ${index + 1}: ${read}`);
        return;
      }
      const twin = seen.get(read.id);
      if (twin !== undefined)
        faults.push(`line ${index + 1}: the id ${JSON.stringify(read.id)} stands on line ${twin} already`);
      seen.set(read.id, index + 1);
      pairs.push(read);
    });
  if (pairs.length === 0 && faults.length === 0) faults.push('it holds no row');
  const more = faults.length - MOST_FAULTS;
  return { pairs, faults: more > 0 ? [...faults.slice(0, MOST_FAULTS), `and ${more} more`] : faults };
}

function readRow(line: string): Pair | string {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return `is no JSON: ${line.slice(0, 60)}`;
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'is no JSON object';
  const { id, prompt, candidate, baseline, rubric, human, tags } = row as Record<string, unknown>;
  const extra = Object.keys(row).filter((key) => !KEYS.includes(key));
  if (extra.length > 0)
    return `has the unknown key '${extra[0]?.slice(0, 60)}'; known are ${KEYS.join(', ')}`;
  const isId = (typeof id === 'string' && id !== '') || Number.isSafeInteger(id);
  if (!isId) return '`id` has to be a text or a whole number';
  for (const [name, value] of Object.entries({ prompt, candidate })) {
    if (typeof value !== 'string') return `\`${name}\` has to be a text`;
  }
  for (const [name, value] of Object.entries({ baseline, rubric })) {
    if (value !== undefined && typeof value !== 'string') return `\`${name}\` has to be a text`;
  }
  if (baseline === undefined && rubric === undefined)
    return 'has neither `baseline` nor `rubric`, so there is nothing to judge by';
  if (human !== undefined && (typeof human !== 'string' || !SIDES.includes(human)))
    return `\`human\` has to be one of ${SIDES.join(', ')}`;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')))
    return '`tags` has to be a list of texts';
  return {
    id: String(id),
    prompt: prompt as string,
    candidate: candidate as string,
    ...(baseline === undefined ? {} : { baseline: baseline as string }),
    ...(rubric === undefined ? {} : { rubric: rubric as string }),
    ...(human === undefined ? {} : { human: human as Side }),
    slices: slicesOf(tags),
  };
}

/** A case of inference-test's results, as far as pairs need it. */
export interface TextCase {
  id: string;
  description: string;
  prompt: string | null;
  answer: string | null;
  tags: unknown;
}

/**
 * Cases of two runs by their id, which is the digest of their content. `apart` counts cases that only one of the two has,
 * `withheld` those whose texts the results don't hold.
 */
export function pairCases(
  candidate: readonly TextCase[],
  baseline: readonly TextCase[],
): { pairs: Pair[]; apart: number; withheld: number } {
  const others = new Map(baseline.map((entry) => [entry.id, entry]));
  const pairs: Pair[] = [];
  let withheld = 0;
  let shared = 0;
  for (const { id, prompt, answer, tags } of candidate) {
    const other = others.get(id);
    if (other === undefined) continue;
    shared += 1;
    if (prompt === null || answer === null || other.answer === null) withheld += 1;
    else pairs.push({ id, prompt, candidate: answer, baseline: other.answer, slices: slicesOf(tags) });
  }
  return { pairs, apart: candidate.length + baseline.length - 2 * shared, withheld };
}

/** One digest over everything that is compared: sheets and records are bound to it. Order doesn't count. */
export function pairsDigest(pairs: readonly Pair[]): string {
  const rows = pairs.map(({ id, prompt, candidate, baseline = null }) =>
    JSON.stringify([id, prompt, candidate, baseline]),
  );
  return createHash('sha256').update(rows.sort().join('\n')).digest('hex');
}
