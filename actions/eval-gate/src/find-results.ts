/** Results named by the inputs: files and globs, and runs on a server; and the map that files of no known tool are read by. */
import type { MetricsMap } from '@sluice/evaluation/readers/metrics-map';
import type { NamedFile } from '@sluice/evaluation/readers/read-results';
import type { ActionContext } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { findFiles } from './find-files.ts';
import { fetchRemoteResult, isRemoteResult } from './remote-results.ts';

/** @throws ConfigError for a pattern that finds no file, and a run that isn't there */
export async function findResults(
  sources: readonly string[],
  workspace: string,
  input: string,
  context: ActionContext,
): Promise<NamedFile[]> {
  const local = sources.filter((source) => !isRemoteResult(source));
  const files = local.length === 0 ? [] : await findFiles(local, workspace, input);
  const remote = [...new Set(sources.filter(isRemoteResult))];
  return [...files, ...(await Promise.all(remote.map((source) => fetchRemoteResult(source, context))))];
}

/** @throws ConfigError naming every fault of the map */
export async function readMap(text: string | undefined): Promise<MetricsMap | undefined> {
  if (text === undefined) return undefined;
  const { parseMetricsMap } = await import('@sluice/evaluation/readers/metrics-map');
  const { map, faults } = await parseMetricsMap(text);
  if (faults.length > 0) throw new ConfigError(faults.map((fault) => `input \`metrics-map\` ${fault}`));
  return map;
}
