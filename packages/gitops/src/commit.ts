/** Wishes as one commit: which files change, and what is said of it. */
import { nameOf } from '@sluice/kubernetes/change-object';
import { KubeConflictError } from '@sluice/kubernetes/errors';
import type { ObjectRef } from '@sluice/kubernetes/types';
import { ConfigError } from '@sluice/runtime/errors';
import type { Wish } from './carries.ts';
import { editText } from './delta.ts';
import type { Yaml } from './documents.ts';
import { EditConflict } from './edit-yaml.ts';
import { refOf } from './manifest-shapes.ts';
import { Manifests } from './manifests.ts';
import type { Edited, Repository } from './repository.ts';

export interface CommitPlace {
  repository: Repository;
  /** `refs/heads/main`. */
  ref: string;
  branch: string;
  path: string;
  workload: ObjectRef;
  /** Address of the run, for who reads the history; '' outside of one. */
  run: string;
}

const LONGEST_SUBJECT = 100;

/**
 * What the wishes make of the files at a commit; undefined: they say it already. Wishes lose the edits that no file can carry.
 *
 * @throws ConfigError where nothing below the path leads to an object; KubeConflictError where somebody else changed it
 */
export async function editedFor(
  yaml: Yaml,
  place: CommitPlace,
  tip: string | undefined,
  wishes: readonly Wish[],
): Promise<Edited | undefined> {
  const { repository, branch, path } = place;
  if (tip === undefined)
    throw new ConfigError(
      `input \`gitops-branch\` = ${JSON.stringify(branch)}: the repository has no such branch`,
    );
  const files = await repository.read(tip, path);
  if (files.size === 0) await refuseEmpty(place, tip, wishes);
  const manifests = new Manifests(yaml, path, files);
  try {
    for (const { object, edits, gone } of wishes) {
      if (gone) manifests.remove(refOf(object));
      else if (edits === undefined) manifests.put(object);
      else manifests.edit(object, edits);
    }
  } catch (error) {
    if ((error as Error).name === EditConflict.name) throw new KubeConflictError((error as Error).message);
    throw error;
  }
  for (const wish of wishes) wish.edits = wish.edits?.filter((edit) => !manifests.dropped.includes(edit));
  const { changes } = manifests;
  return changes.size === 0 ? undefined : { changes, message: messageOf(place, wishes) };
}

async function refuseEmpty(
  { repository, branch, path }: CommitPlace,
  tip: string,
  wishes: readonly Wish[],
): Promise<void> {
  const links = [...(await repository.modes(tip, path))].filter(([, mode]) => mode === '120000');
  if (links.length > 0)
    throw new ConfigError(
      `input \`gitops-path\` = ${JSON.stringify(path)} is a link, which is not followed; name what it points at`,
    );
  // A first deployment may make the folder.
  if (wishes.every(({ edits, gone }) => edits === undefined && !gone)) return;
  throw new ConfigError(
    `input \`gitops-path\` = ${JSON.stringify(path)}: branch ${branch} has no such file or folder`,
  );
}

function messageOf({ workload, run }: CommitPlace, wishes: readonly Wish[]): string {
  const lines = wishes.flatMap(({ object, edits, gone }) => {
    const name = `${object.kind} ${object.metadata.name}`;
    if (gone) return [`${name} taken out`];
    return edits === undefined ? [`${name} added`] : edits.map((edit) => `${name}: ${editText(edit)}`);
  });
  const [first = ''] = lines;
  const more = lines.length > 1 ? ` (and ${lines.length - 1} more)` : '';
  const subject = `${workload.name}: ${first}`.slice(0, LONGEST_SUBJECT - more.length) + more;
  const trailers = [`Sluice-Workload: ${nameOf(workload)}`, ...(run === '' ? [] : [`Sluice-Run: ${run}`])];
  return `${subject}\n\n${lines.join('\n')}\n\n${trailers.join('\n')}\n`;
}
