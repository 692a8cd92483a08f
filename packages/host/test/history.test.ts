import { expect, test } from '@jest/globals';
import { addToHistory } from '../src/history.ts';
import type { HistoryEntry } from '../src/types.ts';

const entry = (event: HistoryEntry['event'], version: string): HistoryEntry => ({
  at: 0,
  event,
  version,
  releaseDigest: `sha256:${version}`,
  reason: '',
  record: null,
});

test('the last ten are kept, and the newest stable releases whatever came since', () => {
  let history: HistoryEntry[] = [];
  for (let i = 0; i < 5; i += 1) history = addToHistory(history, entry('promoted', `good${i}`));
  for (let i = 0; i < 30; i += 1) history = addToHistory(history, entry('aborted', `bad${i}`));
  expect(history.map(({ version }) => version)).toEqual([
    'good2',
    'good3',
    'good4',
    ...Array.from({ length: 10 }, (_, i) => `bad${i + 20}`),
  ]);
});
