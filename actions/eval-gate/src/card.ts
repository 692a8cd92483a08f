/** The gate's hand on the model card: checked before anything is judged, written after. */
import { basename, dirname, join } from 'node:path';
import type { RulesDecision } from '@sluice/evaluation/decide';
import type { EvalMetric } from '@sluice/evaluation/model';
import type { Lookup } from '@sluice/evaluation/values';
import { splitLabel } from '@sluice/evaluation/readers/ours';
import {
  folderVersion,
  newModelCard,
  parseModelCard,
  type CardStatus,
  type ModelCard,
} from '@sluice/release/model-card';
import { updateModelCard, type CardChange } from '@sluice/release/model-card-update';
import type { Approval } from '@sluice/release/policy';
import type { ReleaseRecord } from '@sluice/release/record';
import { ConfigError } from '@sluice/runtime/errors';
import { readFileIfThere, writeFileAtomic } from '@sluice/runtime/files';

export interface OpenCard {
  path: string;
  text: string;
  card: ModelCard;
}

/**
 * The card as it is, or a new one where there is none: named after the source of the record's model, or the folder above.
 *
 * @throws ConfigError for a card that isn't valid, or one to be made in a folder that names no version
 */
export async function openCard(path: string, record: ReleaseRecord | undefined): Promise<OpenCard> {
  const there = await readFileIfThere(path);
  const text = there ?? (await makeCard(path, record));
  return { path, text, card: await parseModelCard(text, path) };
}

async function makeCard(path: string, record: ReleaseRecord | undefined): Promise<string> {
  const version = folderVersion(path)?.join('.');
  if (version === undefined) {
    throw new ConfigError(
      `input \`model-card\` = '${path}' is not there, and its folder '${basename(dirname(path))}' names no version to make one for; create the card, or use a folder such as models/v1.0`,
    );
  }
  const model = record?.model ?? undefined;
  const name =
    model?.source.split(/[/:@]/u).findLast((part) => part !== '') ?? basename(dirname(dirname(path)));
  return newModelCard({
    name: name === '' || name === '.' ? 'model' : name,
    version,
    ...(model === undefined
      ? {}
      : { source: { uri: model.source, revision: model.revision, digest: model.digest } }),
  });
}

/** A pass is `evaluated`, `approved` where somebody did; a failure `rejected`; what wasn't decided is a `draft` again, whatever stood there. */
export function statusAfter(verdict: RulesDecision['verdict'], approval?: Approval): CardStatus {
  if (verdict === 'pass') return approval === undefined ? 'evaluated' : 'approved';
  return verdict === 'fail' ? 'rejected' : 'draft';
}

/**
 * Metrics for the card: those that rules name and those it holds already, as far as the results have them.
 * Six significant digits: a card is read by people.
 */
export function cardMetrics(
  card: ModelCard,
  ruled: readonly EvalMetric[],
  lookup: Lookup,
): Record<string, number> {
  const metrics: Record<string, number> = {};
  const put = (label: string, metric: EvalMetric | undefined): void => {
    if (metric?.value !== null && metric !== undefined) metrics[label] = Number(metric.value.toPrecision(6));
  };
  const held = Object.keys(card.spec.evaluation?.metrics ?? {});
  for (const label of held) put(label, lookup(splitLabel(label)));
  // `latency_p99_ms` of the card is `e2e_ms.p99` of the results: one figure stands there once.
  const known = new Set(held.map((label) => lookup(splitLabel(label))));
  for (const metric of ruled.filter((one) => !known.has(one)))
    put(metric.selector === undefined ? metric.name : `${metric.name}[${metric.selector}]`, metric);
  return metrics;
}

/** Writes the card, and beside it the release record and the gate's own results, each by rename. */
export async function writeCard(
  open: OpenCard,
  change: CardChange,
  beside: { record: ReleaseRecord; recordPath: string; results: unknown },
): Promise<void> {
  const folder = dirname(open.path);
  const copy = join(folder, 'release.json');
  if (copy !== beside.recordPath) await writeFileAtomic(copy, json(beside.record));
  await writeFileAtomic(join(folder, 'eval-results.json'), json(beside.results));
  // Last, so that a card never says more than the files beside it show.
  await writeFileAtomic(open.path, await updateModelCard(open.text, change));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
