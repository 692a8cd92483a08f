/** What of a job's environment may go on living in a process that outlives the job. */

/** The runner ends every process that carries RUNNER_TRACKING_ID; the rest belongs to one job only. */
const JOB_PREFIXES = ['INPUT_', 'GITHUB_', 'ACTIONS_', 'RUNNER_', 'STATE_', 'JEST_'];

const SECRET_NAME =
  /(^|_)(TOKENS?|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|PAT|AUTH|API_?KEYS?|ACCESS_?KEYS?|ACCESS_KEY_ID|PRIVATE_?KEYS?)(_|$)/i;

/** Values that are secrets whatever their name: GitHub and hub tokens, keys, URLs with a password in them. */
const SECRET_VALUE =
  /^(gh[a-z]_|github_pat_|hf_[A-Za-z0-9]{20,}|sk-|xox[a-z]-|AKIA)|-----BEGIN |:\/\/[^/\s:@]+:[^/\s@]+@/;

/**
 * The environment for the supervisor and, through it, for the model servers: PATH, HOME, LANG, CUDA_*,
 * LD_LIBRARY_PATH and the like stay; what belongs to the job or looks like a secret goes. NODE_OPTIONS goes
 * too: it may preload a file from the workspace, which is gone after the job.
 */
export function cleanEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || name === 'NODE_OPTIONS' || name === 'NODE_CHANNEL_FD') continue;
    if (JOB_PREFIXES.some((prefix) => name.toUpperCase().startsWith(prefix))) continue;
    if (SECRET_NAME.test(name) || SECRET_VALUE.test(value)) continue;
    kept[name] = value;
  }
  return kept;
}
