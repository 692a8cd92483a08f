/** Git LFS pointer files (git-lfs, docs/spec.md). Pure. */

export interface LfsPointer {
  /** Hex. */
  sha256: string;
  bytes: number;
}

const VERSIONS = new Set(['https://git-lfs.github.com/spec/v1', 'https://hawser.github.com/spec/v1']);

/** The pointer that a file's text is; undefined for any other text. Keys after `version` are sorted, unknown ones kept. */
export function parseLfsPointer(text: string): LfsPointer | undefined {
  const [first = '', ...rest] = text.split('\n');
  if (!first.startsWith('version ') || !VERSIONS.has(first.slice('version '.length).trim())) return undefined;
  const fields = new Map<string, string>();
  for (const line of rest) {
    const match = /^([a-z0-9.-]+) (.+?)\r?$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) fields.set(match[1], match[2]);
  }
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(fields.get('oid') ?? '')?.[1];
  const size = fields.get('size') ?? '';
  if (sha256 === undefined || !/^\d{1,15}$/.test(size)) return undefined;
  return { sha256, bytes: Number(size) };
}
