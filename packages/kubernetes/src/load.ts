/** Loads the Kubernetes client at need: only runs that touch a cluster pay for it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as client from './client.ts';

/** From dist/kubernetes/ beside the running bundle; from source where there is no bundle (scripts, tests). */
export async function loadKubernetes(): Promise<typeof client> {
  const shared = join(dirname(process.argv[1] ?? ''), '..', 'kubernetes', 'index.js');
  const place = existsSync(shared) ? pathToFileURL(shared).href : './client.ts';
  return (await import(/* webpackIgnore: true */ place)) as typeof client;
}
