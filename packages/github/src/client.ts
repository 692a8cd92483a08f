/** The heavy client: @actions/github, bundled once (dist/github) and loaded by `loadGithub` when it is needed. */
export { getOctokit } from '@actions/github';
