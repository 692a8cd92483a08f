import { expect, test } from '@jest/globals';
import { compareMetric } from '../src/compare.ts';
import type { EvalMetric } from '../src/model.ts';
import { nameStoredItems, readStoredItems, storeItems } from '../src/stored-items.ts';

/** Items that go through a release record pair as the ones they were made of do. */

const metricOf = (scores: number[], more: Partial<EvalMetric> = {}, prefix = 'question'): EvalMetric => ({
  ...{ name: 'accuracy', source: 'x.json', n: scores.length, direction: 'higher', share: true },
  value: scores.reduce((sum, score) => sum + score, 0) / scores.length,
  items: {
    scores: new Map(scores.map((score, i) => [`${prefix} ${i}`, score])),
    prompts: new Map(scores.map((_, i) => [`${prefix} ${i}`, `prompt of ${i}`])),
  },
  ...more,
});
const withoutItems = (metric: EvalMetric): EvalMetric =>
  Object.fromEntries(Object.entries(metric).filter(([key]) => key !== 'items')) as unknown as EvalMetric;
/** As a record keeps it: JSON, without the items themselves. */
const throughRecord = (metric: EvalMetric): EvalMetric => {
  const stored: unknown = JSON.parse(JSON.stringify(storeItems([metric])));
  const items = readStoredItems(stored).get('accuracy');
  const bare = withoutItems(metric);
  return items === undefined ? bare : { ...bare, items };
};
const pass = (every: number, n = 300): number[] =>
  Array.from({ length: n }, (_, i) => (i % every === 0 ? 0 : 1));

test.each([
  ['passes and fails', pass(10), pass(7)],
  ['floats', pass(10).map((one, i) => one * Math.sin(i) ** 2), pass(7).map((one, i) => one / (i + 2))],
  ['halves', pass(3).map((one) => one / 2), pass(4).map((one) => one / 2)],
])('%s: the same difference and bounds as from the files', (_, ours, theirs) => {
  const [candidate, baseline] = [metricOf(ours), metricOf(theirs)];
  const direct = compareMetric(candidate, baseline, 0.95);
  const [stored] = nameStoredItems([throughRecord(baseline)], [candidate]);
  expect(stored?.items?.scores.size).toBe(300);
  expect(compareMetric(candidate, stored as EvalMetric, 0.95)).toEqual(direct);
  expect(direct).toMatchObject({
    kind: 'difference',
    difference: { unpaired: 0, method: expect.stringMatching(/^paired/u) },
  });
});

test('other questions, and the same ones asked differently, are seen through the digests', () => {
  const [candidate, other] = [metricOf(pass(10)), metricOf(pass(7), {}, 'another')];
  const [apart] = nameStoredItems([throughRecord(other)], [candidate]);
  expect(compareMetric(candidate, apart as EvalMetric, 0.95)).toMatchObject({ kind: 'unknown' });
  const asked = metricOf(pass(7));
  const prompts = new Map([...(asked.items?.prompts ?? [])].map(([id, text]) => [id, `${text}, please`]));
  const changed = { ...asked, items: { scores: asked.items?.scores ?? new Map<string, number>(), prompts } };
  const [differently] = nameStoredItems([throughRecord(changed)], [candidate]);
  expect(compareMetric(candidate, differently as EvalMetric, 0.95)).toMatchObject({
    kind: 'refused',
    reason: expect.stringContaining('the prompts of 300 of 300 items differ'),
  });
});

test('what has no room is left out, the first ones first; 14,000 passes and fails have', () => {
  const large = metricOf(pass(10, 14_000));
  const bare = { ...large, items: { scores: large.items?.scores ?? new Map<string, number>() } };
  const stored = storeItems([bare, { ...metricOf(pass(9)), name: 'second' }]);
  expect(stored.map(({ scores }) => Object.keys(scores))).toEqual([['accuracy']]);
  expect(JSON.stringify(stored).length).toBeLessThan(97 * 1024);
  expect(storeItems([metricOf(pass(10, 16_000))])).toEqual([]);
  // The candidate has no such items: the value is compared, unpaired.
  const none = withoutItems(metricOf(pass(5)));
  expect(nameStoredItems([throughRecord(metricOf(pass(5)))], [none])[0]?.items).toBeUndefined();
});

test.each([[null], [{}], [[{ ids: 'AAAA', scores: { accuracy: { width: 1, data: '' } } }]], [[{ ids: 7, scores: [] }]], [[{ ids: 'AAAAAAA=', scores: { a: { width: 64, data: 'AAAA' } } }]]])('%j is no items', (stored) => { expect(readStoredItems(stored).size).toBe(0); }); // prettier-ignore

test('a record’s items never stand for another run’s: nothing of a digest is stored again', () => {
  expect(storeItems([throughRecord(metricOf(pass(4)))])).toEqual([]);
});
