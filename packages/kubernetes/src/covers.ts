/** Whether an object holds what another says: pure. */

/** True when every field of `part` stands in `whole` with the same value; lists are compared as wholes, item by item. */
export function covers(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(whole) &&
      whole.length === part.length &&
      part.every((item, index) => covers(whole[index], item))
    );
  }
  if (typeof part === 'object' && part !== null) {
    if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return false;
    const held = whole as Record<string, unknown>;
    return Object.entries(part).every(([key, value]) => value === undefined || covers(held[key], value));
  }
  return whole === part;
}
