/** Markdown for job summaries and comments. Everything from outside is hostile text and is escaped here. */

/** Text that is Markdown already and goes into a table cell as it is. */
export interface RawMarkdown {
  readonly raw: string;
}

export function raw(markdown: string): RawMarkdown {
  return { raw: markdown };
}

/**
 * Text as one line of inert Markdown: no HTML, links, images, mentions, emphasis, headings or line breaks
 * come out of it (CommonMark 0.31 section 2.4: any ASCII punctuation may be escaped by a backslash).
 */
export function escapeMarkdown(text: string): string {
  return stripControls(text)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_{}[\]()#+!|~$^]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', '@\u200b')
    .replace(/^(\s*)([-+=:])/, '$1\\$2')
    .replace(/(https?|ftp):\/\//gi, '$1:\u200b//');
}

/** `text` as a code span: the fence is longer than any run of backticks inside. */
export function codeSpan(text: string): string {
  const line = stripControls(text).replace(/\s+/g, ' ');
  if (line.trim() === '') return '` `';
  const fence = '`'.repeat(longestRun(line, '`') + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A fenced block; `language` is ours, never from outside. */
export function codeBlock(text: string, language = ''): string {
  const body = stripControls(text, true);
  const fence = '`'.repeat(Math.max(3, longestRun(body, '`') + 1));
  return `${fence}${language}\n${body}\n${fence}`;
}

/** A GitHub table. Cells are escaped unless wrapped by `raw`; numbers are printed as they are. */
export function table(
  headers: readonly string[],
  rows: readonly (readonly (string | number | RawMarkdown)[])[],
): string {
  const cell = (value: string | number | RawMarkdown): string => {
    if (typeof value === 'number') return String(value);
    if (typeof value === 'string') return escapeMarkdown(value);
    // A bar ends a cell even inside a code span (GFM 4.10).
    return value.raw.replace(/(?<!\\)\|/g, '\\|').replace(/\n/g, '<br>');
  };
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(headers.map(escapeMarkdown)),
    line(headers.map(() => '---')),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}

/** A folded section; `title` is escaped, `body` is Markdown already. */
export function details(title: string, body: string): string {
  return `<details><summary>${escapeMarkdown(title)}</summary>\n\n${body}\n\n</details>`;
}

function longestRun(text: string, char: string): number {
  let longest = 0;
  let run = 0;
  for (const c of text) {
    run = c === char ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

function stripControls(text: string, keepLines = false): string {
  const controls = keepLines
    ? /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g
    : /[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;
  return text.replace(/\r\n?/g, '\n').replace(controls, '');
}
