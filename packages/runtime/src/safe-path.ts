/** Which names from outside may become files below a folder: every such name is hostile. */

/**
 * Why a path from a hub or any other source may not be written below a folder, or undefined when it may. Windows' ways out (drive,
 * backslash, trailing dot) are refused everywhere: one snapshot is read on many machines.
 */
export function describePathFault(path: string): string | undefined {
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
