/** Whether a text is, or holds, XML or HTML. */
import { hasElement, readXml } from './xml.ts';

/** Why the whole text is no well-formed XML with these elements (`root.child`); undefined when it is. */
export function findXmlMisfit(text: string, required: readonly string[]): string | undefined {
  try {
    const root = readXml(text);
    const missing = required.filter((path) => !hasElement(root, path));
    return missing.length === 0 ? undefined : `it lacks ${missing.join(', ')}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Looked at in one answer; more is a hostile one. */
const MOST_PIECES = 200;
const MOST_CLOSINGS = 8;

/** The same for a piece between other words: elements are tried from the start of the text on, the longest first. */
export function findXmlPieceMisfit(text: string, required: readonly string[]): string | undefined {
  let misfit = 'it holds no XML element';
  const opening = /<([\p{L}_][\p{L}\p{N}_:.-]*)(?:\s[^<>]*)?>/gu;
  for (let tries = 0; tries < MOST_PIECES; tries += 1) {
    const match = opening.exec(text);
    if (match === null) return misfit;
    const [whole, name = ''] = match;
    const ends = whole.endsWith('/>')
      ? [match.index + whole.length]
      : closings(text, `</${name}>`, match.index);
    for (const end of ends) {
      const found = findXmlMisfit(text.slice(match.index, end), required);
      if (found === undefined) return undefined;
      misfit = found;
      // Well-formed, but it lacks something: what is inside of it lacks that too.
      if (found.startsWith('it lacks')) opening.lastIndex = end;
    }
  }
  return misfit;
}

function closings(text: string, close: string, from: number): number[] {
  const ends: number[] = [];
  for (
    let at = text.indexOf(close, from);
    at >= 0 && ends.length < MOST_CLOSINGS;
    at = text.indexOf(close, at + 1)
  )
    ends.push(at + close.length);
  return ends.reverse();
}

const NAMES =
  'html|head|body|title|main|section|article|header|footer|nav|aside|div|span|p|a|b|i|u|em|strong|small|code|pre|' +
  'blockquote|img|picture|figure|video|audio|h[1-6]|ul|ol|li|dl|dt|dd|table|thead|tbody|tr|td|th|form|input|select|' +
  'option|textarea|label|button|script|style|link|meta|br|hr|svg|canvas|iframe';
const KNOWN_TAG = new RegExp(`</?(?:${NAMES})(?=[\\s/>])[^<>]*>`, 'i');

/** At least two signs of HTML, as promptfoo counts: one word in angle brackets is none yet. */
export function holdsHtml(text: string): boolean {
  const opens = /<[A-Za-z][\w-]*(?:\s[^<>]*)?>/.test(text);
  const closes = /<\/[A-Za-z][\w-]*\s*>/.test(text);
  const signs = [
    [KNOWN_TAG.test(text), 2],
    [opens && closes, 2],
    [opens !== closes, 1],
    [/<[A-Za-z][\w-]*(?:\s[^<>]*)?\/>/.test(text), 1],
    [/&(?:[A-Za-z]+|#\d+|#x[\dA-Fa-f]+);/.test(text), 1],
    [/<!DOCTYPE\s+html/i.test(text), 2],
    [/<!--[^]*?-->/.test(text), 1],
  ] as const;
  return signs.reduce((sum, [isThere, weight]) => sum + (isThere ? weight : 0), 0) >= 2;
}

/** All of the text is HTML: it begins and ends with a tag or a comment, and has tags of HTML. */
export function isHtml(text: string): boolean {
  const trimmed = text.trim();
  const begins = /^<(?:!DOCTYPE\s+html\b|!--|[A-Za-z][\w-]*[\s/>])/i.test(trimmed);
  return begins && trimmed.endsWith('>') && KNOWN_TAG.test(trimmed);
}
