/** The job summary: appended to GITHUB_STEP_SUMMARY, within the 1 MiB beyond which GitHub drops all of it. */
import { appendFile, stat } from 'node:fs/promises';

/** GitHub's limit for one step, bytes (docs: workflow commands, "Step isolation and limits"). */
const SUMMARY_LIMIT = 1024 * 1024;

const CUT_NOTE = '\n\n*Cut here: a job summary holds at most 1 MiB. The report file has everything.*\n';

/** The longest part of `markdown` that fits into `limit` bytes, cut at a line end, with a note when cut. */
export function fitSummary(markdown: string, limit: number): string {
  if (Buffer.byteLength(markdown) <= limit) return markdown;
  const bytes = Buffer.from(markdown);
  // What closes open blocks needs room too, and how much depends on where the cut falls.
  for (let room = limit - Buffer.byteLength(CUT_NOTE); room > 0;) {
    const kept = wholeLines(bytes, room);
    const cut = kept + closersOf(kept) + CUT_NOTE;
    const excess = Buffer.byteLength(cut) - limit;
    if (excess <= 0) return cut;
    room = Math.min(room, Buffer.byteLength(kept)) - excess;
  }
  return '';
}

/** The first `room` bytes, back to the last line end; a text of one line is cut between two characters. */
function wholeLines(bytes: Buffer, room: number): string {
  let end = bytes.lastIndexOf(0x0a, room - 1);
  if (end <= 0) {
    end = room;
    // 10xxxxxx goes on with a character that began before.
    while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  }
  return bytes.subarray(0, end).toString('utf8');
}

/** A cut inside a code block or a folded section would swallow the note. */
function closersOf(markdown: string): string {
  let fence = '';
  for (const [, ticks = ''] of markdown.matchAll(/^(`{3,})/gm)) {
    if (fence === '') fence = ticks;
    else if (ticks.length >= fence.length) fence = '';
  }
  const opened = markdown.split('<details>').length - markdown.split('</details>').length;
  return (fence === '' ? '' : `\n${fence}`) + '\n</details>'.repeat(Math.max(0, opened));
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
