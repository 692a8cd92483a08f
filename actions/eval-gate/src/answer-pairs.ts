/** Where the pairs of answers come from: a JSONL file, or the texts in both results. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UNPAIRED_LIMIT } from '@sluice/evaluation/compare-items';
import { isObject, type ResultFile, type Results } from '@sluice/evaluation/model';
import { parseTolerant } from '@sluice/evaluation/readers/tolerant-json';
import { pairCases, readPairs, type Pair, type TextCase } from '@sluice/judge/pairs';
import { ConfigError } from '@sluice/runtime/errors';
import { findFiles } from './find-files.ts';

export interface PairSource {
  pairs: Pair[];
  /** As people know it. */
  source: string;
  sha256?: string;
}

/** @throws ConfigError naming every faulty line */
export async function readPairFile(pairwise: string, workspace: string): Promise<PairSource> {
  const [file, ...more] = await findFiles([pairwise], workspace, 'pairwise');
  if (file === undefined || more.length > 0)
    throw new ConfigError(`input \`pairwise\` = '${pairwise}' finds ${more.length + 1} files; name one`);
  const bytes = await readFile(file.path);
  const { pairs, faults } = readPairs(bytes.toString('utf8'));
  if (faults.length > 0)
    throw new ConfigError(faults.map((fault) => `input \`pairwise\`: ${file.shown}, ${fault}`));
  return { pairs, source: file.shown, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/**
 * Cases of inference-test that both results hold with their texts.
 *
 * @throws ConfigError where texts are withheld, or more cases than rules allow stand on one side only
 */
export async function pairResults(
  candidate: Results,
  baseline: Results | undefined,
  workspace: string,
): Promise<PairSource> {
  const mine = await readCases(candidate.files, workspace);
  const theirs = await readCases(baseline?.files ?? [], workspace);
  if (mine.length === 0 || theirs.length === 0) {
    const side = mine.length === 0 ? 'results' : 'baseline';
    throw new ConfigError(
      `input \`pairwise\` = 'auto': \`${side}\` holds no cases of inference-test; give a JSONL of {id, prompt, candidate, baseline}`,
    );
  }
  const { pairs, apart, withheld } = pairCases(mine, theirs);
  if (withheld > 0) {
    throw new ConfigError(
      `input \`pairwise\` = 'auto': the texts of ${withheld} cases are withheld; run inference-test with \`texts: all\` on both sides`,
    );
  }
  const all = pairs.length + apart;
  if (pairs.length === 0 || apart / all > UNPAIRED_LIMIT) {
    throw new ConfigError(
      `input \`pairwise\` = 'auto': ${apart} of ${all} cases are in only one of \`results\` and \`baseline\` (at most ${UNPAIRED_LIMIT * 100} % may be); run the same suites on both`,
    );
  }
  return { pairs, source: 'results and baseline' };
}

async function readCases(files: readonly ResultFile[], workspace: string): Promise<TextCase[]> {
  const runs = await readRuns(files, workspace);
  return runs.flatMap(({ cases }) => (Array.isArray(cases) ? cases : []).filter(isObject).flatMap(textCase));
}

/** A case that ended in an error has the answer that its user got: none. */
function textCase(entry: Record<string, unknown>): TextCase[] {
  const { id, kind, status, description, prompt, answer, tags } = entry;
  if (typeof id !== 'string' || kind === 'bad-input' || status === 'skipped') return [];
  const asked = typeof prompt === 'string' ? prompt : null;
  const silent = asked !== null && status === 'error' ? '' : null;
  return [
    {
      id,
      description: typeof description === 'string' ? description : id,
      prompt: asked,
      answer: typeof answer === 'string' ? answer : silent,
      tags,
    },
  ];
}

/** Names of the models whose results these are. */
export async function modelNames(files: readonly ResultFile[], workspace: string): Promise<string[]> {
  const runs = await readRuns(files, workspace);
  return runs.flatMap(({ modelName }) => (typeof modelName === 'string' ? [modelName] : []));
}

async function readRuns(files: readonly ResultFile[], workspace: string): Promise<Record<string, unknown>[]> {
  const own = files.filter(({ format }) => format === 'sluice-inference-test');
  const values = await Promise.all(
    own.map(async ({ path }) => parseTolerant(await readFile(resolve(workspace, path), 'utf8'))),
  );
  return values.filter(isObject);
}
