/**
 * model-pull against what people use, on the same server and files: nginx on loopback, shards of random bytes.
 * `node bench/pull/run.ts [--gb 2] [--shards 4] [--rounds 3] [--only <part of a name>]`. Prints a line per contestant
 * (best of the rounds) and ratios; it judges nothing. Needs nginx, aria2, python3 with venv.
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
  },
});
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
  const line = (what: string, ratio: number): void => {
    if (Number.isFinite(ratio)) print(`ratio ${what}: ${ratio.toFixed(2)}`);
  };
  line('of our time to the fastest peer', ours.seconds / Math.min(...time('peer')));
  line('huggingface_hub 2.4 to ours', Math.min(...time('peer', '2.4')) / ours.seconds);
  line('@huggingface/hub to ours', Math.min(...time('peer', '@hugging')) / ours.seconds);
  line('of our speed to the slower limit', Math.max(...time('limit')) / ours.seconds);
}
