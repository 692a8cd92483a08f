/** Runs `work` over `items`, `width` at a time, results in order; a failure ends it, and is thrown once
 * nothing works on any more. */
export async function mapWide<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  const broken = lanes.find((each) => each.status === 'rejected');
  if (broken) throw broken.reason;
  return results;
}
