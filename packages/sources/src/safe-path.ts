/** Which names from a source may become files below a folder: every name from outside is hostile. Pure. */
import { InfraError } from '@sluice/runtime/errors';

/**
 * Why a path may not be written below a folder, or undefined when it may. Windows' ways out (drive, backslash,
 * trailing dot) are refused everywhere: one pulled folder is read on many machines.
 */
export function describeNameFault(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > 1024) return 'it is longer than 1024 characters';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it holds a control character';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `it holds the part ${JSON.stringify(part)}`;
    if (/[. ]$/.test(part)) return `its part ${JSON.stringify(part)} ends in a dot or a blank`;
    if (Buffer.byteLength(part) > 255) return 'one of its parts is longer than 255 bytes';
  }
  return undefined;
}

/**
 * Sorted by path, each path fit to be written, none twice, none both a file and a folder.
 *
 * @throws InfraError that names the first path at fault and `what` listed it
 */
export function checkedFiles<T extends { path: string }>(files: readonly T[], what: string): T[] {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const names = new Set<string>();
  for (const { path } of sorted) {
    const fault = describeNameFault(path);
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
