/**
 * JSON as Python writes it: bare NaN, Infinity and -Infinity, which JSON.parse refuses, become the strings of that name.
 * A reader that asks for numbers then sees that none is there: missing, not zero.
 * @throws SyntaxError for anything else that isn't JSON
 */
export function parseTolerant(text: string): unknown {
  const clean = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(clean);
  } catch (error) {
    const mended = clean.replace(STRING_OR_WORD, (found, word: string | undefined) =>
      word === undefined ? found : `"${word}"`,
    );
    if (mended === clean) throw error;
    return JSON.parse(mended);
  }
}

// Strings are matched first and put back as they are, so that a "NaN" inside one is left alone.
const STRING_OR_WORD = /"[^"\\]*(?:\\.[^"\\]*)*"|(-?\b(?:NaN|Infinity)\b)/gs;
