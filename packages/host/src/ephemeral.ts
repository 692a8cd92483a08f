/** Whether this machine will be there after the job: a host service on one that won't is no deployment. */

interface Marker {
  what: string;
  seen: (env: NodeJS.ProcessEnv) => boolean;
}

/** First that is seen wins. RUNNER_ENVIRONMENT is documented by GitHub; the others are set by what runs the runner. */
const MARKERS: readonly Marker[] = [
  {
    what: 'a GitHub-hosted runner (RUNNER_ENVIRONMENT=github-hosted)',
    seen: (env) => env['RUNNER_ENVIRONMENT'] === 'github-hosted',
  },
  {
    // The runner clears it for its jobs; wrappers that start a job by themselves may leave it.
    what: 'a just-in-time runner, made for one job (ACTIONS_RUNNER_INPUT_JITCONFIG)',
    seen: (env) => isSet(env['ACTIONS_RUNNER_INPUT_JITCONFIG']),
  },
  {
    what: 'an ephemeral runner (RUNNER_EPHEMERAL)',
    seen: (env) => isTrue(env['RUNNER_EPHEMERAL']) || isTrue(env['RUNNER_FEATURE_FLAG_EPHEMERAL']),
  },
  {
    what: 'an ephemeral runner (EPHEMERAL)',
    seen: (env) => isTrue(env['EPHEMERAL']),
  },
  {
    // The runner mounts its work folder as /__w in the container of a job with `container:`.
    what: 'a job container (container: in the workflow), which ends with its job',
    seen: (env) => env['RUNNER_TEMP']?.startsWith('/__w/') === true,
  },
  {
    // ACTIONS_RUNNER_POD_NAME: container mode "kubernetes". A runner set up to stay says RUNNER_EPHEMERAL=false.
    what: 'a runner pod of Actions Runner Controller, which ends with its job',
    seen: (env) =>
      env['RUNNER_EPHEMERAL'] !== 'false' &&
      (isSet(env['ACTIONS_RUNNER_POD_NAME']) ||
        env['GITHUB_ACTIONS_RUNNER_EXTRA_USER_AGENT']?.includes('actions-runner-controller/') === true),
  },
];

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

function isTrue(value: string | undefined): boolean {
  return value === 'true' || value === '1';
}

/** A message for a ConfigError when the machine ends with the job; undefined when it stays, as far as can be seen. */
export function refuseEphemeral(env: NodeJS.ProcessEnv): string | undefined {
  const marker = MARKERS.find(({ seen }) => seen(env));
  if (marker === undefined) return undefined;
  return `target: host keeps servers running on this machine after the job, but this is ${marker.what}; run it on a self-hosted runner that stays, or choose target: kubernetes`;
}
