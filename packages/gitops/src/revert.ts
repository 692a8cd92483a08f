/** The commit that brought an image taken back by another commit, for a workload of which no earlier release is on record. */
import { ConfigError } from '@sluice/runtime/errors';
import type { CommitPlace } from './commit.ts';
import { imageParts } from './image-names.ts';
import type { Edited, FileChanges, Files } from './repository.ts';

export interface Revert {
  /** Of the commit that is taken back. */
  sha: string;
  subject: string;
  edited: Edited;
}

/** So far back is looked. */
const DEPTH = 50;
const TRAILER = 'Sluice-Reverts:';

/**
 * @param image what serves now, and shall not
 * @returns undefined: no commit below the path brought it, or it is gone already
 * @throws ConfigError where the same files were changed since
 */
export async function revertOf(
  { repository, path, run }: CommitPlace,
  tip: string,
  image: string,
  reason: string,
): Promise<Revert | undefined> {
  const now = await repository.read(tip, path);
  // Taken back already, by us or by people.
  if (![...now.values()].some((text) => names(text, image))) return undefined;
  for (const { sha, subject } of await repository.log(tip, path, DEPTH)) {
    const after = await repository.read(sha, path);
    const before = await repository.read(`${sha}^`, path).catch((): Files => new Map());
    const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
      (file) => before.get(file) !== after.get(file),
    );
    if (
      before.size === 0 ||
      !changed.some((file) => names(after.get(file), image) && !names(before.get(file), image))
    )
      continue;
    const since = changed.filter((file) => now.get(file) !== after.get(file));
    if (since.length > 0)
      throw new ConfigError(
        `commit ${sha.slice(0, 12)} (${subject}) brought ${image}, and ${since.join(', ')} ${since.length === 1 ? 'was' : 'were'} changed since: take it back by hand`,
      );
    const changes: FileChanges = new Map(changed.map((file) => [file, before.get(file) ?? null]));
    const lines = [
      `This reverts commit ${sha}.`,
      '',
      reason,
      '',
      `${TRAILER} ${sha}`,
      ...(run === '' ? [] : [`Sluice-Run: ${run}`]),
    ];
    return { sha, subject, edited: { changes, message: `Revert "${subject}"\n\n${lines.join('\n')}\n` } };
  }
  return undefined;
}

/** By what tells it from others: its digest, else its tag where a tag stands (`autoscaling/v2` is none). */
function names(text: string | undefined, image: string): boolean {
  const { digest, tag } = imageParts(image);
  if (text === undefined) return false;
  if (digest !== undefined) return text.includes(digest);
  return (
    tag !== undefined &&
    new RegExp(`(:|[Tt]ag:\\s*["']?)${tag.replaceAll('.', '\\.')}($|[^\\w.-])`, 'm').test(text)
  );
}
