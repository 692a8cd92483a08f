/** From a sheet that people filled to `human.*` metrics. Pure. */
import type { EvalMetric } from '@sluice/evaluation/model';
import { knownFacts } from '@sluice/evaluation/metrics-table';
import { agreementMetrics, itemsOf, metricsOf, SCORES } from './judge-metrics.ts';
import { pairsDigest, type Pair, type Side } from './pairs.ts';
import { rowsFor, type SheetKey, type SheetRow } from './review-sheet.ts';

export interface Review {
  /** Items on which nobody has said anything. */
  pending: number;
  total: number;
  /** What all who spoke say together, by the pair's id. */
  sides: Map<string, Side>;
  /** Per reviewer, by the pair's id. */
  byReviewer: Map<string, Map<string, Side>>;
}

const MOST_FAULTS = 10;

/**
 * Why the sheet isn't of these answers; empty when it is.
 *
 * @param hidden the pairs as people were shown them, parts blacked out
 */
export function sheetFaults(
  key: SheetKey,
  rows: readonly SheetRow[],
  { pairs, hidden = pairs }: { pairs: readonly Pair[]; hidden?: readonly Pair[] },
  weights: string | null,
): string[] {
  const anew = 'remove sheet and key to have new ones written';
  if (key.pairs !== pairsDigest(pairs))
    return [`was written for other questions or answers than these; ${anew}`];
  if (key.weights !== null && weights !== null && key.weights !== weights)
    return [`was written for the weights ${key.weights}, the release record is of ${weights}; ${anew}`];
  const there = new Map<string, SheetRow>();
  const faults: string[] = [];
  for (const row of rows) {
    if (there.has(row.item)) faults.push(`item ${quoted(row.item)} is there twice`);
    there.set(row.item, row);
  }
  for (const wanted of rowsFor(key, hidden)) {
    const row = there.get(wanted.item);
    there.delete(wanted.item);
    if (row === undefined) faults.push(`item ${wanted.item} is missing`);
    else {
      const changed = (['prompt', 'answer_1', 'answer_2'] as const).find(
        (name) => plain(row[name]) !== plain(wanted[name]),
      );
      if (changed !== undefined)
        faults.push(`item ${wanted.item}: its ${changed} was changed; people judged another text`);
      const odd = Object.entries(row.verdicts).find(([, said]) => readVerdict(said) === undefined);
      if (odd !== undefined)
        faults.push(`item ${wanted.item}: ${quoted(odd[0])} says ${quoted(odd[1])}; write 1, 2 or tie`);
    }
  }
  for (const item of there.keys()) faults.push(`item ${quoted(item)} was not in it when it was written`);
  const more = faults.length - MOST_FAULTS;
  return more > 0 ? [...faults.slice(0, MOST_FAULTS), `and ${more} more`] : faults;
}

/** More for one side than for the other wins; otherwise it's a tie. */
export function readReview(key: SheetKey, rows: readonly SheetRow[]): Review {
  const byItem = new Map(rows.map((row) => [row.item, row]));
  const sides = new Map<string, Side>();
  const byReviewer = new Map<string, Map<string, Side>>();
  for (const { item, id, first } of key.items) {
    const second = first === 'candidate' ? 'baseline' : 'candidate';
    let lead = 0;
    let voices = 0;
    for (const [name, said] of Object.entries(byItem.get(item)?.verdicts ?? {})) {
      const verdict = readVerdict(said);
      if (verdict === undefined || verdict === '') continue;
      const side: Side = verdict === 'tie' ? 'tie' : verdict === '1' ? first : second;
      const own = byReviewer.get(name) ?? new Map<string, Side>();
      byReviewer.set(name, own.set(id, side));
      voices += 1;
      lead += SCORES[side] - 0.5;
    }
    if (voices > 0) sides.set(id, lead > 0 ? 'candidate' : lead < 0 ? 'baseline' : 'tie');
  }
  return { pending: key.items.length - sides.size, total: key.items.length, sides, byReviewer };
}

/** Nothing but `human.pending` while items are open: half a review is none. */
export function reviewMetrics(review: Review, pairs: readonly Pair[], source: string): EvalMetric[] {
  const make = metricsOf(source);
  const { pending, total, sides, byReviewer } = review;
  const open = make('human.pending', pending, total);
  if (pending > 0) return [open];
  const scored = pairs.flatMap((pair) => {
    const side = sides.get(pair.id);
    return side === undefined ? [] : [{ pair, score: SCORES[side] }];
  });
  const sum = scored.reduce((total_, { score }) => total_ + score, 0);
  const rate = make('human.win_rate', sum, scored.length);
  const ties = scored.filter(({ score }) => score === 0.5).length;
  return [
    open,
    { ...rate, items: itemsOf(scored) },
    make('human.ties', ties, scored.length),
    { name: 'human.n', value: scored.length, source, ...knownFacts('human.n') },
    ...betweenReviewers(byReviewer, source),
  ];
}

/** Agreement of the two reviewers who share most items. */
function betweenReviewers(byReviewer: Review['byReviewer'], source: string): EvalMetric[] {
  const reviewers = [...byReviewer.values()];
  let best: [Side, Side][] = [];
  reviewers.forEach((one, index) => {
    for (const other of reviewers.slice(index + 1)) {
      const shared = [...one].flatMap(([id, side]): [Side, Side][] => {
        const theirs = other.get(id);
        return theirs === undefined ? [] : [[side, theirs]];
      });
      if (shared.length > best.length) best = shared;
    }
  });
  return best.length === 0 ? [] : agreementMetrics('human', best, source);
}

function readVerdict(said: string): '1' | '2' | 'tie' | '' | undefined {
  const word = said.trim().toLowerCase();
  if (word === '' || word === '1' || word === '2' || word === 'tie') return word;
  return undefined;
}

/** Spreadsheet programs change line ends. */
function plain(text: string): string {
  return text.replace(/\r\n?/gu, '\n').trimEnd();
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
