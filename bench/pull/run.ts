/**
 * model-pull against what people use, on the same server and files: nginx on loopback, shards of random bytes.
 * `node bench/pull/run.ts [--gb 2] [--shards 4] [--rounds 3] [--only <part of a name>]`. Prints a line per contestant
 * (best of the rounds) and ratios. With `--check` it judges too, a line `bar …` each, and exits 1 when one is missed.
 * Needs nginx, aria2, python3 with venv.
 */
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startHub } from '@sluice/testing/hub/server';
import { actionBundle, ARIA2, LIMITS, pythonClient, SCRIPT_CLIENT } from './contestants.ts';
import type { Contestant, Course } from './contestants.ts';
import { makeShards } from './files.ts';
import { measure } from './measure.ts';
import type { Measured } from './measure.ts';
import { startNginx } from './nginx.ts';

const { values } = parseArgs({
  options: {
    gb: { type: 'string', default: '2' },
    shards: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    check: { type: 'boolean', default: false },
  },
});
interface Bar {
  what: string;
  value: number;
  least?: number;
  most?: number;
}

const REPO = 'acme/large';
const ROOT = join(import.meta.dirname, '../..');
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function attempt(contestant: Contestant, course: Course, scratch: string): Promise<Measured> {
  const target = await mkdtemp(join(scratch, 'target-'));
  try {
    const { command, args, env } = contestant.command(course, target);
    const base = { PATH: process.env['PATH'] ?? '', HOME: target, GITHUB_WORKSPACE: target };
    return await measure(command, args, { ...base, ...env }, ROOT);
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-bench-pull-'));
const source = join(scratch, 'source');
const best = new Map<Contestant, Measured>();
try {
  // nginx's worker is another user.
  await chmod(scratch, 0o755);
  await mkdir(source);
  const bytes = Math.floor((Number(values.gb) * 1e9) / Number(values.shards));
  const shards = await makeShards(source, Number(values.shards), bytes);
  const nginx = await startNginx(source, scratch);
  const hub = await startHub({
    cdnAt: nginx.url,
    repos: [
      {
        id: REPO,
        revisions: [
          {
            name: 'v1',
            files: { 'config.json': '{}' },
            elsewhere: Object.fromEntries(shards.map((shard) => [shard.path, shard])),
          },
        ],
      },
    ],
  });
  const course: Course = {
    hubUrl: hub.url,
    cdnUrl: nginx.url,
    source: join(source, 'repos'),
    repo: REPO,
    files: shards,
  };
  const all = [
    actionBundle(),
    await pythonClient('0.36.2'),
    await pythonClient('2.4.0'),
    SCRIPT_CLIENT,
    ARIA2,
    ...LIMITS,
  ].filter(({ name }) => name.includes(values.only));
  try {
    for (let round = 1; round <= Number(values.rounds); round++) {
      // In turn, so that a noisy minute of the machine strikes all.
      for (const contestant of all) {
        const result = await attempt(contestant, course, scratch);
        print(`round ${round}: ${contestant.name}: ${result.seconds.toFixed(2)} s`);
        const before = best.get(contestant);
        if (!before || result.seconds < before.seconds) best.set(contestant, result);
      }
    }
  } finally {
    await hub.close();
    await nginx.stop();
  }
  report(Number(values.gb) * 1e9);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

function report(bytes: number): void {
  const ours = [...best].find(([{ kind }]) => kind === 'ours')?.[1];
  print('');
  for (const [{ name, verifies }, { seconds, cpuSeconds, peakMegabytes }] of best) {
    const ratio = ours ? `, ${(seconds / ours.seconds).toFixed(2)} times ours` : '';
    print(
      `${name} (verifies ${verifies}): ${seconds.toFixed(2)} s, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s, ` +
        `CPU ${cpuSeconds.toFixed(2)} s, peak ${peakMegabytes.toFixed(0)} MB${ratio}`,
    );
  }
  if (!ours) return;
  const time = (kind: Contestant['kind'], part = ''): number[] =>
    [...best]
      .filter(([one]) => one.kind === kind && one.name.includes(part))
      .map(([, { seconds }]) => seconds);
  const lines: Bar[] = [
    { what: 'of our time to the fastest peer', value: ours.seconds / Math.min(...time('peer')), most: 1.15 },
    { what: 'huggingface_hub 2.4 to ours', value: Math.min(...time('peer', '2.4')) / ours.seconds, least: 2 },
    {
      what: '@huggingface/hub to ours',
      value: Math.min(...time('peer', '@hugging')) / ours.seconds,
      least: 2,
    },
    {
      what: 'of our speed to the slower limit',
      value: Math.max(...time('limit')) / ours.seconds,
      least: 0.7,
    },
  ];
  for (const { what, value } of lines)
    if (Number.isFinite(value)) print(`ratio ${what}: ${value.toFixed(2)}`);
  if (!values.check) return;
  judge([...lines, { what: 'peak memory, MB', value: ours.peakMegabytes, most: 300 }]);
}

/** A value that could not be measured misses its bar. */
function judge(bars: readonly Bar[]): void {
  for (const { what, value, least = 0, most = Infinity } of bars) {
    const held = Number.isFinite(value) && value >= least && value <= most;
    const wanted = least > 0 ? `at least ${least}` : `at most ${most}`;
    print(`bar ${held ? 'held' : 'MISSED'}: ${what}: ${value.toFixed(2)}, wanted ${wanted}`);
    if (!held) process.exitCode = 1;
  }
}
