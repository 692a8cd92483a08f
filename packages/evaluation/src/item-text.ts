/** What an item was about, for people who look at what got worse. Text from outside, never part of a decision. Pure. */

export interface ItemText {
  prompt?: string;
  expected?: string;
  answer?: string;
}

/** More than any report shows of one text, so that what is blacked out there is whole here. */
const KEPT_CHARS = 4_000;

/** Of whatever a file holds: texts as they are, all else as JSON; undefined where nothing is there. */
export function itemText(parts: {
  prompt?: unknown;
  expected?: unknown;
  answer?: unknown;
}): ItemText | undefined {
  const texts = Object.entries(parts).flatMap(([name, value]) => {
    if (value === undefined || value === null || value === '') return [];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [[name, text.slice(0, KEPT_CHARS).toWellFormed()]];
  });
  return texts.length === 0 ? undefined : (Object.fromEntries(texts) as ItemText);
}
