/** Results as a commit of this repository has them: `git:main:baselines/*.json`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { isSampleFile, type NamedFile } from '@sluice/evaluation/readers/read-results';
import { ProcessError, run } from '@sluice/process/run';
import { ConfigError } from '@sluice/runtime/errors';
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
  // Container jobs own the checkout as another user; nothing of the repository is run here.
  const git = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string }> =>
    run('git', ['-c', 'safe.directory=*', '-c', 'core.symlinks=false', '-c', 'core.hooksPath=', ...args], {
      cwd: workspace,
      env: { ...process.env, ...env },
      timeoutMs: 120_000,
    });
  const root = await ask(
    git(['rev-parse', '--show-toplevel']),
    `${named}: ${workspace} is no git repository`,
  );
  const commit = await ask(
    git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]),
    `${named}: this checkout has no '${ref}'; fetch it (actions/checkout with \`fetch-depth: 0\`, or \`git fetch origin ${ref}\`)`,
  );
  const { stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit]);
  const names = stdout.split('\0').filter((name) => name !== '');
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
    const copies = join(scratch, 'files');
    await mkdir(copies);
    const env = { GIT_INDEX_FILE: join(scratch, 'index') };
    await git(['read-tree', commit], env);
    const paths = [...new Set([...matches, ...beside])];
    await git(['-C', root, 'checkout-index', `--prefix=${copies}/`, '--', ...paths], env);
    const shown = (name: string): string => `git:${ref}:${name}`;
    return { files: matches.sort().map((name) => ({ path: join(copies, name), shown: shown(name) })), drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function ask(answer: Promise<{ stdout: string }>, fault: string): Promise<string> {
  try {
    return (await answer).stdout.trim();
  } catch (error) {
    if (error instanceof ProcessError) throw new ConfigError(fault, { cause: error });
    throw error;
  }
}
