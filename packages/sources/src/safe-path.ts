/** A source's list of files, checked before any of them is written. Pure. */
import { InfraError } from '@sluice/runtime/errors';
import { describePathFault } from '@sluice/runtime/safe-path';

/**
 * Sorted by path, each path fit to be written, none twice, none both a file and a folder.
 *
 * @throws InfraError that names the first path at fault and `what` listed it
 */
export function checkedFiles<T extends { path: string }>(files: readonly T[], what: string): T[] {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const names = new Set<string>();
  for (const { path } of sorted) {
    const fault = describePathFault(path);
    if (fault !== undefined)
      throw new InfraError(`${what} lists the file ${JSON.stringify(path)}, refused: ${fault}`);
    if (names.has(path)) throw new InfraError(`${what} lists the file ${JSON.stringify(path)} twice`);
    names.add(path);
  }
  for (const { path } of sorted) {
    for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
      const folder = path.slice(0, at);
      if (names.has(folder))
        throw new InfraError(`${what} lists ${JSON.stringify(folder)} as a file and as a folder`);
    }
  }
  return sorted;
}
