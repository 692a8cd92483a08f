/** What promptfoo looks at in SQL besides its parser, which is lenient: the definitions are promptfoo's. */

const MYSQL_FAMILY = ['mysql', 'mariadb'];
const WITH_BRACKETS = ['transactsql', 'sqlite'];
const MODIFIERS = '(?:all|distinct)';
const MYSQL_MODIFIERS =
  '(?:all|distinct(?:row)?|high_priority|straight_join|sql_(?:big_result|buffer_result|cache|calc_found_rows|no_cache|small_result))';

/** Why a text is no SQL whatever the parser says; undefined when nothing is seen. */
export function findSqlTextFault(text: string, databaseType: string): string | undefined {
  const database = databaseType.toLowerCase();
  if (text.trim() === '') return 'it is empty';
  if ((text.match(/`/g) ?? []).length % 2 !== 0) return 'a backtick is not closed';
  const modifiers = MYSQL_FAMILY.includes(database) ? MYSQL_MODIFIERS : MODIFIERS;
  const name = '[A-Za-z_][A-Za-z0-9_]*';
  const missingComma = new RegExp(
    `\\bselect\\s+(?:${modifiers}\\s+)*(?!${modifiers}\\b)${name}\\s+${name}\\s+from\\b`,
    'i',
  );
  if (missingComma.test(withoutTexts(text, WITH_BRACKETS.includes(database))))
    return 'two names stand side by side after SELECT; a comma seems to be missing';
  if (database === 'mysql' && /\bgenerate_series\s*\(/i.test(text)) return 'MySQL has no generate_series';
  return undefined;
}

/** Quoted texts as one placeholder each, comments as a blank. */
function withoutTexts(text: string, hasBrackets: boolean): string {
  const brackets = hasBrackets ? '|\\[(?:[^\\]]|\\]\\])*\\]?' : '';
  const quoted = `(?:'(?:[^'\\\\]|\\\\[^]|'')*'?|"(?:[^"\\\\]|\\\\[^]|"")*"?|\`(?:[^\`\\\\]|\\\\[^]|\`\`)*\`?${brackets}|(\\$(?:[A-Za-z_]\\w*)?\\$)[^]*?(?:\\1|$))`;
  const comment = '(--[^\\r\\n]*|#[^\\r\\n]*|/\\*[^]*?(?:\\*/|$))';
  return text.replace(new RegExp(`${quoted}|${comment}`, 'g'), (_all, _tag, said?: string) =>
    said === undefined ? ' ? ' : ' ',
  );
}

/** Contents of Markdown's fences without a language, or of `sql`; one that is never closed is none. */
export function extractSqlBlocks(text: string): string[] {
  const blocks: string[] = [];
  let open: { fence: string; isSql: boolean; lines: string[] } | undefined;
  for (const line of text.split(/\r\n?|\n/)) {
    const [, fence = '', info = ''] = /^[ \t]{0,3}(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      const language = info.trim().toLowerCase();
      if (fence !== '') open = { fence, isSql: language === '' || language === 'sql', lines: [] };
    } else if (fence[0] === open.fence[0] && fence.length >= open.fence.length && info.trim() === '') {
      if (open.isSql) blocks.push(open.lines.join('\n').trim());
      open = undefined;
    } else open.lines.push(line);
  }
  return blocks;
}
