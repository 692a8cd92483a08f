/** What reasons, charts and GitHub say: numbers, labels that can be told apart, and no secrets. */
import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addSecret } from '@sluice/runtime/secrets';
import type { RuleVerdict, Verdict } from '../src/analysis.ts';
import { newRollout } from '../src/begin.ts';
import { brokenReason, openRules, ruleFacts } from '../src/facts.ts';
import { deploymentInputs, publicUrl, shortDescription } from '../src/github-deployment.ts';
import { weightChart } from '../src/lines.ts';
import { rolloutLock } from '../src/rollout-lock.ts';

function rule(changes: Partial<RuleVerdict>): RuleVerdict {
  const canary = { n: 64, value: 0.281, low: 0.152, high: 0.43 };
  const base = { rule: 'loop_rate <= 5%', metric: 'loop_rate', status: 'fail' as const, warn: false };
  return { ...base, canary, stable: null, needed: null, ...changes };
}

function verdict(...rules: RuleVerdict[]): Verdict {
  return { overall: 'fail', rules, canaryRequests: 64, stableRequests: 90, enough: true, problems: [] };
}

describe('reasons', () => {
  test.each<[string, Partial<RuleVerdict>, string]>([
    ['a bar', {}, '28.1% of 64 requests, lower bound 15.2%'],
    [
      'a comparison',
      { stable: { n: 90, value: 0, low: 0, high: 0.05 } },
      '28.1% of 64 requests against 0.00% of 90',
    ],
    [
      'a mean',
      { metric: 'ttft_ms', canary: { n: 9, value: 210, low: -Infinity, high: Infinity } },
      'mean 210 ms of 9 requests',
    ],
    [
      'a quantile',
      { metric: 'ttft_ms', rule: 'ttft_ms.p99 < 800' },
      '28.1% of 64 requests beyond the bar, lower bound 15.2%',
    ],
    ['nothing seen', { canary: null }, 'no data'],
  ])('carry the numbers of %s', (_, changes, text) => {
    expect(ruleFacts(rule(changes))).toBe(text);
  });

  test('name every broken rule that decides, and every open one with what it needs', () => {
    const warned = rule({ warn: true, rule: 'warn: empty_rate <= 1%' });
    expect(brokenReason(verdict(rule({}), warned))).toBe(
      'broken: loop_rate <= 5% (28.1% of 64 requests, lower bound 15.2%)',
    );
    const open = [
      rule({ status: 'inconclusive', needed: 120 }),
      rule({ status: 'no-data', canary: null }),
      rule({ status: 'pass' }),
    ];
    expect(openRules(verdict(...open))).toEqual([
      'loop_rate <= 5% (not decided yet: 28.1% of 64 requests, about 120 more needed)',
      'loop_rate <= 5% (no data)',
    ]);
  });
});

test('the chart’s labels are distinct, or its bars would lie on one another', () => {
  const spec = { version: 'v2', releaseDigest: 'sha256:a' } as Parameters<typeof newRollout>[0]['spec'];
  const owner = { pid: 1, startTime: '1', run: '' };
  const state = newRollout({
    ...{ from: 'v1', spec, strategy: 'canary', steps: [], owner, record: null, deploymentId: null, now: 0 },
  });
  state.data['weights'] = [
    { at: 60_000, weight: 0.1 },
    { at: 60_000, weight: 0.5 },
  ];
  const labels = /x-axis \[(.*)\]/
    .exec(weightChart({ ...state, phase: 'aborted' }, 60_000))?.[1]
    ?.split(', ');
  expect(labels).toHaveLength(4);
  expect(new Set(labels).size).toBe(4);
});

describe('GitHub gets no secret', () => {
  test('by a description, by the address of a run, or by the inputs that the clean-up step reads', () => {
    addSecret('s3cr3t-token');
    expect(shortDescription('server said: bad key s3cr3t-token')).toBe('server said: bad key ***');
    expect(publicUrl('https://me:pass@ghe.example/acme/llm/actions/runs/1')).toBe(
      'https://ghe.example/acme/llm/actions/runs/1',
    );
    expect([publicUrl(''), publicUrl('/acme/llm')]).toEqual([undefined, undefined]);
    const read = deploymentInputs({ 'INPUT_GITHUB-TOKEN': ' ghs_abcdef ', INPUT_ENVIRONMENT: '' });
    expect(read).toEqual({ token: 'ghs_abcdef', environment: undefined });
    expect(shortDescription('with ghs_abcdef')).toBe('with ***');
  });
});

test('one run at a time holds the lock of a rollout; an error of its work is its own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
  try {
    const lock = rolloutLock(folder, 'llm');
    const seen: string[] = [];
    await Promise.all(
      ['a', 'b'].map((name) =>
        lock(async () => {
          seen.push(`${name} in`);
          await new Promise((done) => setTimeout(done, 30));
          seen.push(`${name} out`);
        }),
      ),
    );
    expect(seen.map((text) => text.slice(2))).toEqual(['in', 'out', 'in', 'out']);
    // A full disk met inside is no reason to do the work a second time.
    let runs = 0;
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    await expect(lock(() => ((runs += 1), Promise.reject(full)))).rejects.toThrow('full');
    expect(runs).toBe(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
