/** Results as a commit of this repository has them: `git:main:baselines/*.json`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { isSampleFile, type NamedFile } from '@sluice/evaluation/readers/read-results';
import { ConfigError } from '@sluice/runtime/errors';
import { openCommit } from '@sluice/sources/git-commit';
import { GIT_SOURCE } from './git-source.ts';

export interface GitFiles {
  files: NamedFile[];
  /** Removes the copies. */
  drop: () => Promise<void>;
}

/**
 * Copies the files of a commit that the pattern names (from the repository's root), and samples beside them, into a folder
 * of their own. Index and working tree stay as they are. Links become small text files, so none leads elsewhere.
 *
 * @throws ConfigError where there is no repository, no such ref (a shallow checkout has one commit), or no such file
 */
export async function gitFiles(source: string, workspace: string, input: string): Promise<GitFiles> {
  const { ref = '', pattern = '' } = GIT_SOURCE.exec(source)?.groups ?? {};
  const named = `input \`${input}\` = '${source}'`;
  const { commit, names, copy } = await openCommit(ref, workspace, named);
  const wanted = posix.normalize(pattern);
  const matches = names.filter(
    (name) => name === wanted || (posix.matchesGlob(name, wanted) && !isSampleFile(name)),
  );
  if (matches.length === 0) {
    throw new ConfigError(
      `${named}: ${ref} (${commit.slice(0, 12)}) has no such file; paths go from the repository's root`,
    );
  }
  const folders = new Set(matches.map((name) => posix.dirname(name)));
  const beside = names.filter((name) => isSampleFile(name) && folders.has(posix.dirname(name)));
  const scratch = await mkdtemp(join(process.env['RUNNER_TEMP'] ?? tmpdir(), 'sluice-git-'));
  const drop = (): Promise<void> => rm(scratch, { recursive: true, force: true });
  try {
    const copies = await copy([...new Set([...matches, ...beside])], scratch);
    const shown = (name: string): string => `git:${ref}:${name}`;
    return { files: matches.sort().map((name) => ({ path: join(copies, name), shown: shown(name) })), drop };
  } catch (error) {
    await drop();
    throw error;
  }
}
