/** Which names from outside may become files below a folder: every such name is hostile. */

/**
 * Why a path from a hub or any other source may not be written below a folder, or undefined when it may. Windows' ways out (drive,
 * backslash, trailing dot) are refused everywhere: one snapshot is read on many machines. Names that only Windows can't have
 * (devices such as `aux.json`, streams `a:b`) are refused there alone.
 */
export function describePathFault(path: string, platform: string = process.platform): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > 1024) return 'it is longer than 1024 characters';
  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it holds a control character';
  if (path.includes('\\')) return 'it holds a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `it holds the part ${JSON.stringify(part)}`;
    if (/[. ]$/.test(part)) return `its part ${JSON.stringify(part)} ends in a dot or a blank`;
    if (platform === 'win32' && isDevice(part))
      return `its part ${JSON.stringify(part)} is no file name on Windows`;
    if (Buffer.byteLength(part) > 255) return 'one of its parts is longer than 255 bytes';
  }
  return undefined;
}

/** Device names with any ending, and signs with a meaning of their own (Microsoft, "Naming Files, Paths, and Namespaces"). */
function isDevice(part: string): boolean {
  return (
    /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\..*)?$/i.test(part) || /[<>:"|?*]/.test(part)
  );
}
