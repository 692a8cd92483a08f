/** The sheet for people: written where there is none, read back where there is one. */
import { createHash } from 'node:crypto';
import type { EvalMetric } from '@sluice/evaluation/model';
import type { Pair, Side } from '@sluice/judge/pairs';
import type { Redactor } from '@sluice/report/redact';
import { ConfigError } from '@sluice/runtime/errors';
import { readFileIfThere, writeFileAtomic } from '@sluice/runtime/files';
import { shownName } from './find-files.ts';

export interface ReviewedAnswers {
  metrics: EvalMetric[];
  notes: string[];
  data: Record<string, unknown>;
  /** What people say, by the pair's id. */
  sides: ReadonlyMap<string, Side>;
  /** Set while somebody has to do something: what, in one sentence. */
  waiting?: string;
}

/** @throws ConfigError for a sheet that isn't of these answers, or whose key isn't beside it */
export async function reviewAnswers(
  path: string,
  { pairs: all, redact }: { pairs: readonly Pair[]; redact: Redactor },
  weights: string | null,
  workspace: string,
): Promise<ReviewedAnswers> {
  const pairs = all.filter(({ baseline }) => baseline !== undefined);
  const shown = shownName(path, workspace);
  // People see what may be shown; the key is of the answers themselves.
  const hidden = pairs.map((pair) => ({
    ...pair,
    prompt: redact(pair.prompt),
    candidate: redact(pair.candidate),
    ...(pair.baseline === undefined ? {} : { baseline: redact(pair.baseline) }),
  }));
  if (pairs.length === 0)
    throw new ConfigError(
      `input \`human-review\` = '${shown}': no row of \`pairwise\` has a baseline to compare with`,
    );
  const format = /\.json$/iu.test(path) ? 'json' : 'csv';
  const keyPath = `${path}.key.json`;
  const { newKey, parseKey, readSheet, rowsFor, writeSheet } = await import('@sluice/judge/review-sheet');
  const text = await readFileIfThere(path);
  if (text === undefined) {
    const key = newKey(pairs, weights);
    // The key first: a sheet without one can't be read back.
    await writeFileAtomic(keyPath, `${JSON.stringify(key, null, 2)}\n`);
    await writeFileAtomic(path, writeSheet(rowsFor(key, hidden), format));
    const waiting = `${shown} was written with ${pairs.length} pairs of answers for people: keep it and its key, let them fill it in, put both back and run this again`;
    return {
      metrics: [],
      notes: [],
      data: { sheet: shown, pending: pairs.length },
      sides: new Map(),
      waiting,
    };
  }
  const { readReview, reviewMetrics, sheetFaults } = await import('@sluice/judge/review-metrics');
  const fault = (what: string): string => `input \`human-review\`: ${shown} ${what}`;
  const keyText = await readFileIfThere(keyPath);
  if (keyText === undefined)
    throw new ConfigError(
      fault(
        `has no key ${shown}.key.json beside it; put it back, or remove the sheet to have new ones written`,
      ),
    );
  const key = parseKey(keyText, `${shown}.key.json`);
  const rows = await readSheet(text, format).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError(fault(`is not as it was written: ${why}`));
  });
  const faults = sheetFaults(key, rows, { pairs, hidden }, weights);
  if (faults.length > 0) throw new ConfigError(faults.map(fault));
  const review = readReview(key, rows);
  const { pending, total, sides } = review;
  return {
    metrics: reviewMetrics(review, pairs, shown),
    notes: [`${shown}: people have spoken on ${total - pending} of ${total} pairs`],
    data: { sheet: shown, sha256: createHash('sha256').update(text).digest('hex'), pending },
    sides: pending === 0 ? sides : new Map(),
    ...(pending === 0
      ? {}
      : {
          waiting: `${pending} of ${total} pairs in ${shown} wait for people: let them fill it in and run this again`,
        }),
  };
}
