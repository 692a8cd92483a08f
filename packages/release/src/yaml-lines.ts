/** Where a key stands in a YAML text, for findings and annotations. */

/**
 * Finds the line of a key by its path, counted from 1; of the nearest section above where there is no such key.
 */
export async function lineFinder(text: string): Promise<(keys: readonly string[]) => number> {
  const { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } = await import('yaml');
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  return (keys) => {
    let node: unknown = document.contents;
    let line = 1;
    for (const key of keys) {
      let place: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
        [place, node] = [pair?.key, pair?.value];
      } else if (isSeq(node)) {
        node = node.items[Number(key)];
        place = node;
      }
      const offset = isNode(place) ? place.range?.[0] : undefined;
      if (offset === undefined) break;
      ({ line } = counter.linePos(offset));
    }
    return line;
  };
}
