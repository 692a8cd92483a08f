/** The `gitops-*` inputs of both actions. */
import { ConfigError } from '@sluice/runtime/errors';
import { parseAddress, parseBranch, parsePath, type GitAddress } from './address.ts';

export interface GitopsInputs {
  gitopsRepository?: string | undefined;
  gitopsBranch?: string | undefined;
  gitopsPath?: string | undefined;
  gitopsMode?: 'commit' | 'pull-request' | undefined;
  gitopsToken?: string | undefined;
  githubToken?: string | undefined;
}

export interface ReadInputs {
  address: GitAddress;
  branch: string;
  path: string;
  mode: 'commit' | 'pull-request';
  token: string | undefined;
}

/** @throws ConfigError with every fault */
export function readGitopsInputs(inputs: GitopsInputs, env: NodeJS.ProcessEnv): ReadInputs {
  const faults: string[] = [];
  const read = <T>(of: () => T): T | undefined => {
    try {
      return of();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return undefined;
    }
  };
  const own = env['GITHUB_REPOSITORY'] ?? '';
  const repository = inputs.gitopsRepository ?? own;
  if (repository === '')
    faults.push('input `gitops-repository` is required with `apply: gitops`, such as owner/fleet');
  if (inputs.gitopsPath === undefined)
    faults.push(
      'input `gitops-path` is required with `apply: gitops`: the folder or file of the workload’s manifests, such as apps/llm',
    );
  const server = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/$/, '');
  const address = repository === '' ? undefined : read(() => parseAddress(repository, server));
  const branch = read(() => parseBranch(inputs.gitopsBranch ?? 'main'));
  const path = read(() => parsePath(inputs.gitopsPath ?? ''));
  const mode = inputs.gitopsMode ?? 'commit';
  // The workflow's own token is for the workflow's own repository.
  const token = inputs.gitopsToken ?? (address?.slug === own && own !== '' ? inputs.githubToken : undefined);
  if (mode === 'pull-request' && address !== undefined && address.slug === undefined)
    faults.push(
      `input \`gitops-mode\` = pull-request needs a repository of ${server}, and ${address.shown} is none`,
    );
  if (mode === 'pull-request' && token === undefined)
    faults.push(
      'input `gitops-token` is required with `gitops-mode: pull-request`: a token that may push branches and open pull requests',
    );
  if (faults.length > 0 || address === undefined || branch === undefined || path === undefined)
    throw new ConfigError(faults);
  return { address, branch, path: folderOf(path), mode, token };
}

/** A kustomization is its folder. */
function folderOf(path: string): string {
  return path.replace(/(^|\/)[Kk]ustomization(\.ya?ml)?$/, '');
}
