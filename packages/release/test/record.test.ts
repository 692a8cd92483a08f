import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, GateError } from '@sluice/runtime/errors';
import { openDoor } from '../src/door.ts';
import {
  appendStage,
  newRecord,
  readRecord,
  withStage,
  type NewStage,
  type ReleaseRecord,
} from '../src/record.ts';
import { emptyUnit, engineArgsDigest, mergeUnit, releaseDigest, type ReleaseUnit } from '../src/unit.ts';
import { filesDigest, hashModelPath } from '../src/weights.ts';

const sha = (digit: string): string => `sha256:${digit.repeat(64)}`;
const unit = (parts: Partial<ReleaseUnit>): ReleaseUnit => ({ ...emptyUnit(), ...parts });

function stage(change: Partial<NewStage> = {}): NewStage {
  return {
    action: 'eval-gate',
    name: 'quality',
    at: '2026-01-02T03:04:05.000Z',
    run: { url: '', id: '1', attempt: 1, sha: '' },
    unit: unit({ weights: sha('a') }),
    verdict: 'pass',
    outcome: 'success',
    reasons: [],
    metrics: { accuracy: { value: 0.9, n: 10 } },
    data: {},
    ...change,
  };
}

describe('release digest', () => {
  // Made with Python: hashlib.sha256(json.dumps(unit, sort_keys=True, separators=(',', ':')).encode()).
  test('is the sha256 of the canonical JSON, whatever the order of keys', () => {
    const one = releaseDigest(unit({ weights: sha('a'), engine: 'embedded@3.21.1' }));
    expect(one).toBe('sha256:a3d5db8a011f24392a6e7ed6f3f1fcccef49e55095ef3b87f4c21ae382bfff7a');
    const turned = Object.fromEntries(
      Object.entries(unit({ engine: 'embedded@3.21.1', weights: sha('a') })).reverse(),
    );
    expect(releaseDigest(turned as unknown as ReleaseUnit)).toBe(one);
  });
  test('arguments count in their order', () => {
    expect(engineArgsDigest(['--ctx', '512'])).toBe(
      'sha256:47d57801dfa6ae41f870b20999fe407417de12d303a054ead859f969de198db7',
    );
    expect(engineArgsDigest(['512', '--ctx'])).not.toBe(engineArgsDigest(['--ctx', '512']));
  });
  test('a known part that is another one now is another release', () => {
    expect(() => mergeUnit(unit({ weights: sha('a') }), { weights: sha('b') })).toThrow(GateError);
    expect(mergeUnit(unit({ weights: sha('a') }), { engine: 'x@1' }).weights).toBe(sha('a'));
  });
});

describe('the record file', () => {
  test('grows by stages, chained; the folder is kept out of Git', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'record-')), 'sluice-run/release.json');
    await Promise.all([
      appendStage(path, stage()),
      appendStage(path, stage({ name: 'second' })),
      appendStage(path, stage()),
    ]);
    const record = await readRecord(path);
    expect(record?.stages).toHaveLength(3);
    expect(record?.stages[0]?.previous).toBeNull();
    expect(record?.stages[2]?.previous).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(readFileSync(join(path, '../.gitignore'), 'utf8')).toBe('*\n');
  });

  test('a stage changed afterwards breaks the chain, and nothing in it counts', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'record-')), 'release.json');
    await appendStage(path, stage({ verdict: 'fail', outcome: 'gate-failed' }));
    await appendStage(path, stage());
    writeFileSync(path, readFileSync(path, 'utf8').replace('"verdict": "fail"', '"verdict": "pass"'));
    await expect(readRecord(path)).rejects.toThrow('broken chain: stage 2');
    writeFileSync(path, '{"schemaVersion": 2}');
    await expect(readRecord(path)).rejects.toBeInstanceOf(ConfigError);
    writeFileSync(path, '{');
    await expect(readRecord(path)).rejects.toThrow('is not JSON');
  });
});

describe('weights', () => {
  const content = { 'config.json': '{}', 'b/model.gguf': 'GGUF' };
  async function model(): Promise<string> {
    const root = mkdtempSync(join(tmpdir(), 'weights-'));
    for (const [path, text] of Object.entries(content)) {
      await mkdir(join(root, path, '..'), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return root;
  }
  test('files are sorted by their bytes', () => {
    const files = [
      { path: 'b', bytes: 1, sha256: '1'.repeat(64) },
      { path: 'B', bytes: 1, sha256: '2'.repeat(64) },
    ];
    expect(filesDigest(files)).toBe(filesDigest([...files].reverse()));
  });
  test('a listed file alone stands for the pulled model; a changed byte does not', async () => {
    const root = await model();
    const whole = await hashModelPath(root);
    const record: ReleaseRecord = {
      ...newRecord(),
      model: { source: 'x', revision: 'y', digest: whole.digest, files: whole.files },
    };
    const served = join(root, 'b/model.gguf');
    expect((await hashModelPath(served, record)).digest).toBe(whole.digest);
    await writeFile(join(root, 'README.md'), 'not part of the pull');
    expect((await hashModelPath(root, record)).digest).toBe(whole.digest);
    await writeFile(served, 'GGUX');
    expect((await hashModelPath(served, record)).digest).not.toBe(whole.digest);
    expect((await hashModelPath(root, record)).digest).not.toBe(whole.digest);
    await expect(hashModelPath(join(root, 'nothing'))).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('the door', () => {
  const gated = withStage(newRecord(), stage({ unit: unit({ weights: sha('a'), engine: 'e@1' }) }));
  const ask = (change: object): ReturnType<typeof openDoor> =>
    openDoor({
      record: gated,
      origin: 'the record',
      serving: unit({ weights: sha('a'), engine: 'e@1', image: sha('c') }),
      requireGate: '',
      ...change,
    });

  test('opens for what was gated, and names the parts that were not', () => {
    expect(ask({})).toMatchObject({ open: true, notGated: ['image'] });
    expect(ask({ requireGate: 'true' }).open).toBe(true);
    expect(ask({ requireGate: 'quality' }).open).toBe(true);
    expect(ask({ requireGateParts: 'all' })).toMatchObject({ open: false });
  });
  test.each([
    ['other weights', { serving: unit({ weights: sha('b'), engine: 'e@1' }) }, 'weights is'],
    [
      'another engine',
      { serving: unit({ weights: sha('a'), engine: 'e@2' }) },
      'engine is e@2, the gate judged e@1',
    ],
    ['unknown weights', { serving: unit({}) }, 'not known'],
    ['a gate that was not run', { requireGate: 'quality, safety' }, "'safety' is not on record"],
    ['no record, gate required', { record: undefined, requireGate: 'true' }, 'no gate on record'],
    [
      'a gate that failed',
      {
        record: withStage(
          newRecord(),
          stage({ verdict: 'fail', outcome: 'gate-failed', reasons: ['accuracy 0.4'] }),
        ),
      },
      'accuracy 0.4',
    ],
  ])('stays shut for %s', (_, change, message) => {
    const door = ask(change);
    expect(door.open).toBe(false);
    expect(door.message).toContain(message);
  });
  test('no record and nothing required: open with a warning; false: not asked, and said', () => {
    expect(ask({ record: undefined })).toMatchObject({
      open: true,
      warning: expect.stringContaining('no gate on record'),
    });
    expect(ask({ requireGate: 'false', record: undefined })).toMatchObject({
      open: true,
      warning: expect.any(String),
    });
  });
  test('of two runs of one gate the last counts', () => {
    const again = withStage(
      gated,
      stage({ verdict: 'fail', outcome: 'gate-failed', unit: unit({ weights: sha('a') }) }),
    );
    expect(ask({ record: again }).open).toBe(false);
  });
});
