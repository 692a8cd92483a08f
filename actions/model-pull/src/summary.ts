/** The job summary of a pull. */
import { codeSpan, escapeMarkdown, raw, table } from '@sluice/report/markdown';
import type { Lineage } from '@sluice/release/lineage';
import { describeLineage } from '@sluice/release/lineage';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import type { Adapter } from './pull-adapter.ts';
import type { Inspected, Pulled } from './pulled.ts';
import type { SignatureResult } from '@sluice/signing/verify-model';
import { cacheHit, megabytesPerSecond, totalBytes } from './pulled.ts';

const SHOWN_FILES = 40;

export interface PullSummary {
  name: string;
  asked: string;
  from: string;
  digest: string;
  path: string | undefined;
  pulled: Pulled;
  inspected: Inspected;
  changed: boolean;
  adapter: Adapter | undefined;
  lineage: Lineage;
  /** The arithmetic of `fit`. */
  fit: string | undefined;
  totalMs: number;
}

export function summarizePull(summary: PullSummary): string {
  const { adapter, pulled } = summary;
  const { safety, signature } = summary.inspected;
  const bytes = totalBytes(pulled.files);
  const cachedBytes = totalBytes(pulled.files.filter(({ fromCache }) => fromCache));
  const speed = megabytesPerSecond(pulled.downloadedBytes, pulled.fetchMs);
  const fetched =
    pulled.fetchMs > 0
      ? `${formatBytes(pulled.downloadedBytes)} in ${formatDuration(pulled.fetchMs)}${speed === null ? '' : `, ${speed.toFixed(1)} MB/s`}`
      : 'nothing';
  const facts = table(
    ['what', 'value'],
    [
      ['model', raw(codeSpan(summary.name))],
      ['asked', summary.asked],
      ['revision', raw(codeSpan(pulled.revision))],
      ['from', summary.from],
      ['digest', raw(codeSpan(summary.digest))],
      ['changed', summary.changed ? 'yes' : 'no'],
      ['size', `${formatBytes(bytes)} in ${pulled.files.length} files`],
      ['fetched', fetched],
      ['from cache', `${formatBytes(cachedBytes)} (${cacheHit(pulled.files)})`],
      ['safety', safety.state],
      ...(safety.hub === null ? [] : [["the hub's own scan", safety.hub]]),
      ...(signature === undefined ? [] : [['signature', describeSignature(signature)]]),
      ...(adapter ? [['adapter', raw(`${codeSpan(adapter.name)} ${codeSpan(adapter.digest)}`)]] : []),
      ...describeLineage(summary.lineage),
      ...(summary.fit === undefined ? [] : [['fit', summary.fit]]),
      ['whole step', formatDuration(summary.totalMs)],
      ...(summary.path === undefined ? [] : [['path', raw(codeSpan(summary.path))]]),
    ],
  );
  const rows = [...pulled.files]
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, SHOWN_FILES)
    .map((file) => [
      raw(codeSpan(file.path)),
      formatBytes(file.bytes),
      safety.formats[file.path] ?? '',
      file.fromCache ? 'cache' : 'fetched',
      raw(codeSpan(file.sha256.slice(0, 16))),
    ]);
  const rest = pulled.files.length - rows.length;
  const more = rest > 0 ? `\n\nand ${rest} smaller files` : '';
  const notices = safety.notices.map((notice) => `\n- ${escapeMarkdown(notice)}`).join('');
  const files = table(['file', 'size', 'format', 'from', 'sha256'], rows);
  return `${facts}\n\n<details><summary>Files</summary>\n\n${files}${more}\n\n</details>${notices}`;
}

function describeSignature(signature: SignatureResult): string {
  if (signature.state === 'refused') return `refused: ${signature.why}`;
  const { signer, signed, notAsked, leftOut } = signature;
  const partial = notAsked > 0 ? `, ${notAsked} signed files were not asked for` : '';
  const rest = leftOut.length > 0 ? `; not covered: ${leftOut.join(', ')}` : '';
  return `${signed} files signed by ${signer}${partial}${rest}`;
}
