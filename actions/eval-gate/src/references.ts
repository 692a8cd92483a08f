/** What rules compare with: `baseline`, what serves now, and the model that this one was made from. */
import type { Results } from '@sluice/evaluation/model';
import { readResults } from '@sluice/evaluation/readers/read-results';
import { referencesIn, type Reference, type RuleSet } from '@sluice/evaluation/rules';
import type { ReleaseRecord } from '@sluice/release/record';
import { findLastStable, findServing, type StoredReleases } from '@sluice/release/stored-releases';
import type { OpenCard } from './card.ts';
import type { Inputs } from './inputs.gen.ts';
import type { ActionContext } from '@sluice/runtime/action';
import { knownRelease, readStored, type KnownRelease } from './stored.ts';

export interface Compared {
  results: Partial<Record<Reference, Results>>;
  /** The release behind `baseline: release` and `against release`. */
  release: KnownRelease | undefined;
  notes: string[];
  /** What the target remembers; undefined without a target. */
  stored: StoredReleases | undefined;
}

/**
 * All but a `baseline` of files. What isn't there is a note: rules that need it are missing, and `on-missing` says what
 * that means.
 *
 * @throws ConfigError for a record or card that can't be read, and for a parent that several cards could be
 */
export async function readReferences(
  inputs: Inputs,
  rules: RuleSet,
  against: readonly string[],
  known: Pick<ActionContext, 'log' | 'signal'> & {
    record: ReleaseRecord | undefined;
    card: OpenCard | undefined;
    workspace: string;
  },
): Promise<Compared> {
  const asked = new Set(referencesIn(rules).map(({ of }) => of));
  const isRelease = inputs.baseline === 'release' || against.includes('release');
  const stored = inputs.target === undefined ? undefined : await readStored(inputs, known);
  const compared: Compared = { results: {}, release: undefined, notes: [], stored };
  if (stored !== undefined && isRelease) {
    const release = await knownRelease(findLastStable(stored, known.record?.id), stored, 'stable release');
    if ('note' in release) compared.notes.push(release.note);
    else {
      compared.release = release;
      compared.notes.push(...sameWeights(release, known.record));
      if (inputs.baseline === 'release') await take(compared, 'baseline', release, 'input `baseline`');
    }
  }
  if (stored !== undefined && asked.has('stable')) {
    const serving = await knownRelease(findServing(stored), stored, 'release that serves now');
    if ('note' in serving) compared.notes.push(serving.note);
    else await take(compared, 'stable', serving, 'the reference `stable`');
  }
  if (asked.has('parent')) await readParent(compared, inputs, stored, known);
  return compared;
}

async function readParent(
  compared: Compared,
  inputs: Inputs,
  stored: StoredReleases | undefined,
  { record, card, workspace }: Parameters<typeof readReferences>[3],
): Promise<void> {
  const { findParent } = await import('./parent.ts');
  const parent = await findParent({ record, card, workspace, modelCard: inputs.modelCard, stored });
  if ('note' in parent) compared.notes.push(parent.note);
  else if ('record' in parent) await take(compared, 'parent', parent, 'the reference `parent`');
  else compared.results.parent = await readResults([parent.file], 'the reference `parent`');
}

/** The metrics of a record's gates; a release that no gate looked at leaves only a note. */
async function take(
  compared: Compared,
  reference: Reference,
  { shown, record }: KnownRelease,
  place: string,
): Promise<void> {
  if (!record.stages.some(({ action }) => action === 'eval-gate')) {
    compared.notes.push(`${shown} was deployed without a gate, so there is no ${reference} to compare with`);
    return;
  }
  const bytes = Buffer.from(JSON.stringify(record));
  compared.results[reference] = await readResults([{ path: '', shown, bytes }], place);
}

/** A prompt or engine may be what is new; weights that serve already are worth a word. */
function sameWeights({ shown, record }: KnownRelease, own: ReleaseRecord | undefined): string[] {
  const { weights = null } = own?.unit ?? {};
  return weights !== null && weights === record.unit.weights
    ? [`${shown}, which is compared with, has the same weights as this release`]
    : [];
}
