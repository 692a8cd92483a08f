/** Results files that are no text, by their first bytes. */
import type { ReadContext } from './fields.ts';
import type { Read } from './formats.ts';
import { readInspect } from './inspect.ts';

/** Looked at to tell bytes from text. */
const HEAD_BYTES = 8 * 1024;

/** @returns undefined for text @throws Error for bytes that no known tool writes, or that are cut */
export async function readBinary(bytes: Buffer, context: ReadContext): Promise<Read | undefined> {
  const magic = bytes.toString('latin1', 0, 4);
  if (magic === 'PK\x03\x04') {
    const { openInspectArchive } = await import('./inspect-archive.ts');
    const { header, samples } = await openInspectArchive(bytes);
    return { format: 'inspect', metrics: readInspect(header, samples, context) };
  }
  if (magic === 'WHY1') {
    const { readWhyLogsProfile } = await import('./whylogs-profile.ts');
    return { format: 'whylogs', metrics: readWhyLogsProfile(bytes, context) };
  }
  if (magic === 'PAR1')
    throw new Error(
      "is Parquet: of lighteval's details name the results_<time>.json of their run, which finds them; a table of scores is read as CSV or JSON lines",
    );
  if (!looksBinary(bytes)) return undefined;
  const { readTfdvBytes } = await import('./tfdv-messages.ts');
  const metrics = await readTfdvBytes(bytes, context);
  if (metrics !== undefined) return { format: 'tfdv', metrics };
  throw new Error(
    "is binary, and neither Inspect's .eval, WhyLogs' profile nor TFDV's statistics or anomalies; is it packed, or cut?",
  );
}

/** Control characters that no text has, or bytes that are no UTF-8. */
function looksBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, HEAD_BYTES);
  if (head.length >= 2 && ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)))
    return false;
  // The last character may be cut by the window.
  const text = head.toString('utf8').slice(0, bytes.length > HEAD_BYTES ? -1 : undefined);
  return /[\0-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/u.test(text);
}
