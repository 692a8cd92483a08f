/** The job summary: appended to GITHUB_STEP_SUMMARY, within the 1 MiB beyond which GitHub drops all of it. */
import { appendFile, stat } from 'node:fs/promises';

/** GitHub's limit for one step, bytes (docs: workflow commands, "Step isolation and limits"). */
export const SUMMARY_LIMIT = 1024 * 1024;

const CUT_NOTE = '\n\n*Cut here: a job summary holds at most 1 MiB. The report file has everything.*\n';

/** The longest part of `markdown` that fits into `limit` bytes, cut at a line end, with a note when cut. */
export function fitSummary(markdown: string, limit: number): string {
  if (Buffer.byteLength(markdown) <= limit) return markdown;
  const room = limit - Buffer.byteLength(CUT_NOTE);
  if (room <= 0) return '';
  const bytes = Buffer.from(markdown).subarray(0, room);
  const end = bytes.lastIndexOf(0x0a);
  const kept = bytes.subarray(0, end > 0 ? end : 0).toString('utf8');
  return closeOpenBlocks(kept) + CUT_NOTE;
}

/** A cut inside a code block or a folded section would swallow the note. */
function closeOpenBlocks(markdown: string): string {
  let fence = '';
  for (const [, ticks = ''] of markdown.matchAll(/^(`{3,})/gm)) {
    if (fence === '') fence = ticks;
    else if (ticks.length >= fence.length) fence = '';
  }
  const opened = markdown.split('<details>').length - markdown.split('</details>').length;
  return markdown + (fence === '' ? '' : `\n${fence}`) + '\n</details>'.repeat(Math.max(0, opened));
}

/** Appends to the step's summary file; does nothing where there is none (not on a runner). */
export async function appendSummary(markdown: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = env['GITHUB_STEP_SUMMARY'];
  if (file === undefined || file === '') return;
  const used = await stat(file).then(
    (info) => info.size,
    () => 0,
  );
  await appendFile(file, fitSummary(`${markdown}\n`, SUMMARY_LIMIT - used));
}
