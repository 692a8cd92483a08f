/** Loads the GitHub client at need: it is half a megabyte that most runs never touch. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as client from './client.ts';

type GithubClient = typeof client;

/** From dist/github/ beside the running bundle; from source where there is no bundle (scripts, tests). */
export async function loadGithub(): Promise<GithubClient> {
  const shared = join(dirname(process.argv[1] ?? ''), '..', 'github', 'index.js');
  const place = existsSync(shared) ? pathToFileURL(shared).href : './client.ts';
  return (await import(/* webpackIgnore: true */ place)) as GithubClient;
}
