/** What a pull was, in words for the log, the summary and the record. */
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';
import type { Adapter } from './pull-adapter.ts';
import type { Inspected, Pulled } from './pulled.ts';
import { megabytesPerSecond, totalBytes } from './pulled.ts';
import type { Wanted } from './wanted.ts';

/** Why the model may not go on; empty when it may. */
export function describeRefusal(
  inputs: Inputs,
  wanted: Wanted,
  { digest, files }: { digest: string } & Pick<Pulled, 'files'>,
  { safety, signature }: Inspected,
): string[] {
  const refused: string[] = [];
  if (inputs.expectDigest !== undefined && inputs.expectDigest !== digest) {
    refused.push(
      `the digest is ${digest}, \`expect-digest\` wants ${inputs.expectDigest}: other files, another revision, or other patterns`,
    );
  }
  const pinned = wanted.reference?.digest ?? digest;
  if (pinned !== digest) {
    refused.push(
      `the digest is ${digest}, the card, list or version ${wanted.reference?.path ?? ''} wants ${pinned}: ` +
        'other files, another revision, or other patterns',
    );
  }
  const one = wanted.reference?.sha256 ?? null;
  const [first] = files;
  if (one !== null && (files.length !== 1 || first?.sha256 !== one)) {
    const seen =
      files.length === 1 ? `${first?.path} has sha256 ${first?.sha256}` : `${files.length} files were pulled`;
    refused.push(
      `${seen}, the list ${wanted.reference?.path ?? ''} wants the one file of ${one}: the data changed`,
    );
  }
  if (signature?.state === 'refused') refused.push(signature.why);
  if (inputs.safety === 'strict') refused.push(...safety.problems.map((problem) => `unsafe: ${problem}`));
  return refused;
}

/** An adapter for the record. */
export function describeAdapter({ name, digest, pulled, config }: Adapter): Record<string, unknown> {
  const { type, rank, base, revision } = config;
  const files = pulled.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 }));
  return { source: name, revision: pulled.revision, digest, files, type, rank, base, baseRevision: revision };
}

/** Where the bytes came from. */
export function describeOrigin({ source, name, offline, endpoint, cache }: Wanted): string {
  if (source.kind === 'file') return 'this machine';
  if (offline) return `the cache ${cache.path}, offline`;
  return source.kind === 'hub' ? endpoint.value : name;
}

/** One sentence: what, how much, how much of it was moved, how fast. */
export function describeSuccess(wanted: Wanted, pulled: Pulled, started: number): string {
  const bytes = totalBytes(pulled.files);
  const speed = megabytesPerSecond(pulled.downloadedBytes, pulled.fetchMs);
  const fetched =
    speed === null
      ? 'nothing to fetch'
      : `${formatBytes(pulled.downloadedBytes)} fetched at ${speed.toFixed(1)} MB/s`;
  const name =
    wanted.source.kind === 'hub' ? `${wanted.source.repo}@${pulled.revision.slice(0, 12)}` : wanted.name;
  return (
    `${name}: ${pulled.files.length} files, ${formatBytes(bytes)} verified (${fetched}, ` +
    `${formatBytes(bytes - pulled.downloadedBytes)} from ${describeStock(wanted)}) in ${formatDuration(performance.now() - started)}`
  );
}

function describeStock({ source }: Wanted): string {
  return source.kind === 'file' ? 'this machine' : 'cache';
}
