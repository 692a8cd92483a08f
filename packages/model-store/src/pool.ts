/** Work on many items, a few at a time. */

/**
 * Runs `work` for each item, at most `width` at once, results in the items' order. The first failure aborts the signal
 * that the others were given; it is thrown once all have ended, so nothing writes on after the caller has gone on.
 */
export async function mapPool<T, R>(
  items: readonly T[],
  width: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const results: R[] = [];
  let failure: { error: unknown } | undefined;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && !both.aborted) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T, both);
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(width, items.length)) }, worker));
  if (failure) throw failure.error;
  signal.throwIfAborted();
  return results;
}
