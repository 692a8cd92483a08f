/**
 * `include` and `exclude` with huggingface_hub's semantics (utils/_paths.py, filter_repo_objects): Python's
 * fnmatchcase on the whole path, so `*` crosses `/`, case counts, a backslash is a slash, and `folder/` means
 * `folder/*`.
 */

/** Paths that match any of `include` (all when empty) and none of `exclude`. */
export function selectPaths<T extends { path: string }>(
  files: readonly T[],
  include: readonly string[],
  exclude: readonly string[],
): T[] {
  const wanted = include.map(compilePattern);
  const unwanted = exclude.map(compilePattern);
  return files.filter((file) => {
    const path = file.path.replaceAll('\\', '/');
    const included = wanted.length === 0 || wanted.some((pattern) => pattern.test(path));
    return included && !unwanted.some((pattern) => pattern.test(path));
  });
}

/** One pattern as a regular expression; `**` is no more than `*`, and `[!a]` negates (Python's fnmatch.translate). */
export function compilePattern(pattern: string): RegExp {
  const slashed = pattern.replaceAll('\\', '/');
  const [first = '', ...rest] = translateParts(slashed.endsWith('/') ? `${slashed}*` : slashed);
  const last = rest.pop();
  // Between two stars the leftmost match is as good as any: a captured lookahead never backtracks, so that a hostile
  // file name can't make the match take for ever.
  const between = rest.map((part, index) => `(?=(.*?${part}))\\${index + 1}`);
  return new RegExp(`^${first}${between.join('')}${last === undefined ? '' : `.*${last}`}$`, 'su');
}

/** The regular expressions of what stands before, between and after the stars. */
function translateParts(text: string): string[] {
  const parts = [''];
  const add = (source: string): void => void parts.push(`${parts.pop() ?? ''}${source}`);
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '*') {
      if (text[i - 1] !== '*') parts.push('');
    } else if (char === '?') {
      add('.');
    } else if (char === '[') {
      const end = closingBracket(text, i);
      add(end < 0 ? '\\[' : bracket(text.slice(i + 1, end)));
      if (end >= 0) i = end;
    } else {
      add(escape(char));
    }
  }
  return parts;
}

/** The index of the `]` that closes the set opened at `open`; a `]` in first place is a member. */
function closingBracket(text: string, open: number): number {
  let at = open + 1;
  if (text[at] === '!') at++;
  if (text[at] === ']') at++;
  return text.indexOf(']', at);
}

function bracket(inner: string): string {
  const negated = inner.startsWith('!');
  const members = (negated ? inner.slice(1) : inner)
    .replace(/[\\\][^&~|]/g, '\\$&')
    // A range written backwards matches nothing in Python; here it would be a syntax error.
    .replace(/(.)-(.)/gsu, (range, low: string, high: string) => (low > high ? '' : range));
  if (members === '') return negated ? '.' : '(?!)';
  return `[${negated ? '^' : ''}${members.replace(/\\([&~|])/g, '$1')}]`;
}

function escape(char: string): string {
  return char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
