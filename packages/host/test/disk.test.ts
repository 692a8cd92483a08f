/** A host service's disk: full, read-only, cleaned up, and a Node that the runner's update takes away. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomic } from '@sluice/runtime/files';
import { installNode } from '../src/node-copy.ts';
import { emptyState, readStoredState, StateStore } from '../src/state.ts';
import { tidyBin } from '../src/tidy.ts';
import type { RolloutState } from '../src/types.ts';

let root: string;
beforeEach(async () => (root = await mkdtemp(join(tmpdir(), 'sluice-disk-'))));
afterEach(() => rm(root, { recursive: true, force: true }));

const rollout = (phase: RolloutState['phase'], strategy = 'canary'): RolloutState => ({
  ...{
    id: 'a',
    from: 'v1',
    to: 'v2',
    strategy,
    steps: [],
    stepIndex: 0,
    stepStartedAt: 0,
    startedAt: 0,
    phase,
  },
  ...{ owner: null, reason: '', data: {} },
});

describe('a full disk', () => {
  let full: boolean;
  let store: StateStore;
  let path: string;
  beforeEach(async () => {
    full = false;
    path = join(root, 'state.json');
    store = await StateStore.open(path, 'llm', (...args) =>
      full ? Promise.reject(Object.assign(new Error('no'), { code: 'ENOSPC' })) : writeFileAtomic(...args),
    );
    await store.update((draft) => void (draft.rollout = rollout('stepping')));
    full = true;
  });

  test('refuses what goes forward, and names the mend', async () => {
    await expect(store.update((draft) => void (draft.stable = 'v2'))).rejects.toThrow(
      /`state-dir`: .*state.json can't be written \(ENOSPC\); make room/,
    );
    expect([store.state.stable, store.unsaved]).toEqual([null, null]);
  });

  test.each([rollout('aborting'), rollout('preparing', 'rollback')])(
    'lets an undo through, in memory, and writes it when there is room: %j',
    async (undo) => {
      await store.update((draft) => void (draft.rollout = undo));
      await store.update((draft) => void (draft.stable = 'v1'));
      expect(store.state.stable).toBe('v1');
      expect(store.unsaved).toMatch(/ENOSPC/);
      expect((await readStoredState(path, 'llm'))?.rollout?.phase).toBe('stepping');
      full = false;
      await store.save();
      expect(store.unsaved).toBeNull();
      expect(await readStoredState(path, 'llm')).toMatchObject({
        stable: 'v1',
        rollout: { phase: undo.phase },
      });
    },
  );

  test('a crashed server is remembered in memory, so that it can be started again', async () => {
    await store.update((draft) => void (draft.canary = 'v2'), true);
    expect([store.state.canary, store.unsaved]).toEqual(['v2', expect.stringContaining('ENOSPC')]);
  });

  test('another fault is no disk’s and changes nothing', async () => {
    const broken = await StateStore.open(join(root, 'b.json'), 'llm', () => Promise.reject(new Error('odd')));
    await expect(broken.update((draft) => void (draft.rollout = rollout('aborting')))).rejects.toThrow('odd');
    expect(broken.state.rollout).toBeNull();
  });
});

describe('the Node of a service', () => {
  const warnings: string[] = [];
  const log = { warning: (text: string) => void warnings.push(text) };

  test('is a copy that outlives the one it was made from, made once', async () => {
    const theirs = join(root, 'externals', 'node');
    await mkdir(join(root, 'externals'));
    await writeFile(theirs, '#!/bin/sh\necho 24\n');
    await chmod(theirs, 0o755);
    const bin = join(root, 'bin');
    const ours = await installNode(bin, log, theirs);
    expect(ours).toMatch(/\/bin\/node-v\d+[^/]*\/node$/);
    expect(await installNode(bin, log, theirs)).toBe(ours);
    expect(await installNode(bin, log, ours)).toBe(ours);
    await rm(join(root, 'externals'), { recursive: true });
    expect((await stat(ours)).mode & 0o100).toBe(0o100);
    expect(await readdir(join(bin, (await readdir(bin))[0] ?? ''))).toEqual(['node']);
    expect(warnings).toEqual([]);
  });

  test('is the runner’s own, with a warning, where no copy can be', async () => {
    await writeFile(join(root, 'file'), '');
    expect(await installNode(join(root, 'file', 'bin'), log, process.execPath)).toBe(process.execPath);
    expect(warnings.join()).toMatch(/its next update deletes it/);
  });
});

describe('copies of bundles', () => {
  const old = 'a'.repeat(64);
  const served = 'b'.repeat(64);
  const young = 'c'.repeat(64);

  beforeEach(async () => {
    for (const name of [old, served, young, 'node-v1-x64-1', 'something else'])
      await mkdir(join(root, 'bin', name), { recursive: true });
    await mkdir(join(root, 'llm'));
    const state = { ...emptyState('llm'), stable: `/x/bin/${served}/canary-deploy/index.js` };
    await writeFile(join(root, 'llm', 'state.json'), JSON.stringify(state));
    await utimes(join(root, 'bin', young), 0, 0);
  });

  const inTwoHours = Date.now() + 7_200_000;

  test('go when no state names them and they are not young', async () => {
    expect(await tidyBin(root)).toEqual([]);
    expect((await tidyBin(root, inTwoHours)).sort()).toEqual([old, young, 'node-v1-x64-1'].sort());
    expect((await readdir(join(root, 'bin'))).sort()).toEqual([served, 'something else']);
  });

  test('all stay when a state can’t be read', async () => {
    await rm(join(root, 'llm', 'state.json'));
    await mkdir(join(root, 'llm', 'state.json'));
    expect(await tidyBin(root, inTwoHours)).toEqual([]);
  });
});
