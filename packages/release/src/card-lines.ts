/** Where in a card's text a key stands, for annotations. */

/**
 * Finds the line of `spec.evaluation.metrics.<name>`, counted from 1; of the nearest section above where the card has no
 * such key.
 */
export async function metricLines(text: string): Promise<(metric: string) => number> {
  const { isMap, isScalar, LineCounter, parseDocument } = await import('yaml');
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  return (metric) => {
    let node: unknown = document.contents;
    let line = 1;
    for (const key of ['spec', 'evaluation', 'metrics', metric]) {
      if (!isMap(node)) break;
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      const offset = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
      if (pair === undefined || offset === undefined) break;
      ({ line } = counter.linePos(offset));
      node = pair.value;
    }
    return line;
  };
}
