/** JSON in a model's answer: the whole of it, or objects between other words. */

/** Undefined when the text is no JSON. */
export function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

/** More than any honest answer holds; each costs a parse. */
const MOST_OBJECTS = 1_000;

/**
 * Every JSON object of the text, outermost ones only, in their order: what begins at a brace and parses up to the
 * brace that closes it. Braces inside of strings don't count. Strict JSON: nothing is repaired.
 */
export function findJsonObjects(text: string): object[] {
  const found: object[] = [];
  let from = text.indexOf('{');
  let tries = 0;
  while (from >= 0 && found.length < MOST_OBJECTS && tries < MOST_OBJECTS) {
    tries += 1;
    const end = closingBrace(text, from);
    const parsed = end === undefined ? undefined : parseJson(text.slice(from, end + 1));
    if (parsed !== undefined && end !== undefined) {
      found.push(parsed.value as object);
      from = text.indexOf('{', end + 1);
    } else {
      from = text.indexOf('{', from + 1);
    }
  }
  return found;
}

function closingBrace(text: string, from: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{') depth += 1;
    else if (char === '}') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}
