/** Files as a commit of this repository has them, beside the working tree, which stays as it is. */
import { join } from 'node:path';
import { ProcessError, run } from '@sluice/process/run';
import { ConfigError } from '@sluice/runtime/errors';

export interface GitCommit {
  /** Full hash. */
  commit: string;
  /** Of the workspace in the repository: `''`, or a path that ends in `/`. */
  prefix: string;
  /** Every file of the commit, from the root on, with `/`. */
  names: readonly string[];
  /** Copies files below `folder/files`; links become small text files, so none leads elsewhere. */
  copy: (paths: readonly string[], folder: string) => Promise<string>;
}

/**
 * @param place names input and value in messages
 * @throws ConfigError where there is no repository, or no such ref (a shallow checkout has one commit)
 */
export async function openCommit(ref: string, workspace: string, place: string): Promise<GitCommit> {
  // Container jobs own the checkout as another user; nothing of the repository is run here.
  const git = (args: string[], env: NodeJS.ProcessEnv = {}): Promise<{ stdout: string }> =>
    run('git', ['-c', 'safe.directory=*', '-c', 'core.symlinks=false', '-c', 'core.hooksPath=', ...args], {
      cwd: workspace,
      env: { ...process.env, ...env },
      timeoutMs: 120_000,
    });
  const root = await ask(
    git(['rev-parse', '--show-toplevel']),
    `${place}: ${workspace} is no git repository`,
  );
  const commit = await ask(
    git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]),
    `${place}: this checkout has no '${ref}'; fetch it (actions/checkout with \`fetch-depth: 0\`, or \`git fetch origin ${ref}\`)`,
  );
  const prefix = (await git(['rev-parse', '--show-prefix'])).stdout.trim();
  const { stdout } = await git(['ls-tree', '-r', '-z', '--full-tree', '--name-only', commit]);
  return {
    ...{ commit, prefix, names: stdout.split('\0').filter((name) => name !== '') },
    async copy(paths, folder) {
      const env = { GIT_INDEX_FILE: join(folder, 'index') };
      const copies = join(folder, 'files');
      await git(['read-tree', commit], env);
      if (paths.length > 0)
        await git(['-C', root, 'checkout-index', `--prefix=${copies}/`, '--', ...paths], env);
      return copies;
    },
  };
}

async function ask(answer: Promise<{ stdout: string }>, fault: string): Promise<string> {
  try {
    return (await answer).stdout.trim();
  } catch (error) {
    if (error instanceof ProcessError) throw new ConfigError(fault, { cause: error });
    throw error;
  }
}
