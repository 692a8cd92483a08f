/** Whether this job keeps models in GitHub's cache, from the input and the environment that the runner gives. */
import type { ServiceAccess } from './service.ts';

export type Choice = { access: ServiceAccess } | { access: undefined; why: string };

/**
 * `auto` means GitHub's own runners: on others a disk of their own keeps the model better. `always` says why where it
 * can't be had; that is no error, the cache only saves time.
 */
export function chooseActionsCache(mode: 'auto' | 'always' | 'never', env: NodeJS.ProcessEnv): Choice {
  if (mode === 'never') return { access: undefined, why: '`actions-cache` is `never`' };
  if (mode === 'auto' && env['RUNNER_ENVIRONMENT'] !== 'github-hosted')
    return { access: undefined, why: 'this is no runner of GitHub, whose disk goes with the job' };
  const url = env['ACTIONS_RESULTS_URL'] ?? '';
  const token = env['ACTIONS_RUNTIME_TOKEN'] ?? '';
  if (!URL.canParse(url) || token === '')
    return { access: undefined, why: 'the runner gave no address or token of the cache service' };
  if (isEnterpriseServer(env) || !env['ACTIONS_CACHE_SERVICE_V2'])
    return {
      access: undefined,
      why: 'this server has version 1 of the cache service only, which is not built',
    };
  // As @actions/cache reads it (internal/config): unset or unknown permits both.
  const permission = (env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase();
  const readable = permission !== 'none' && permission !== 'write-only';
  const writable = permission !== 'none' && permission !== 'read';
  if (!readable && !writable) return { access: undefined, why: "the workflow's `cache-mode` is `none`" };
  return { access: { url, token, readable, writable } };
}

function isEnterpriseServer(env: NodeJS.ProcessEnv): boolean {
  const server = env['GITHUB_SERVER_URL'] ?? '';
  const host = URL.canParse(server) ? new URL(server).hostname.toUpperCase() : 'GITHUB.COM';
  return host !== 'GITHUB.COM' && !host.endsWith('.GHE.COM') && !host.endsWith('.LOCALHOST');
}
