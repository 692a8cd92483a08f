/**
 * Bootstrap bounds of a paired mean, ours (BCa) beside scipy.stats.bootstrap (percentile) on the same differences.
 * `node bench/stats/run.ts [--check]` prints times (of the processor, so that other work on the machine counts less) and
 * the ratio; with `--check` a line `bar …` each, and exit 1 when one is missed.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { bootstrapBounds } from '@sluice/statistics/bca';
import { createRandom } from '@sluice/statistics/xoshiro';
import { prepareVenv } from '../../e2e/oracles/hub/venv.ts';

const DRAWS = 10_000;
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Differences of graded scores: most items alike, some a little better or worse. */
function makeDifferences(n: number): Float64Array {
  const random = createRandom(20261120);
  return Float64Array.from({ length: n }, () =>
    random.uniform() < 0.6 ? 0 : random.uniform() + random.uniform() - 0.98,
  );
}

function measure(differences: Float64Array) {
  const before = process.cpuUsage();
  const started = performance.now();
  const { low, high } = bootstrapBounds(differences, 1, ([sum = NaN]) => sum / differences.length, 0.95, {
    draws: DRAWS,
  });
  const { user, system } = process.cpuUsage(before);
  return { low, high, cpu: (user + system) / 1e6, wall: (performance.now() - started) / 1000 };
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-bench-stats-'));
let missed = 0;
const bar = (what: string, value: number, most: number): void => {
  if (!(value <= most)) missed += 1;
  print(`bar ${what}: ${value.toFixed(3)} (at most ${most}) ${value <= most ? 'holds' : 'MISSED'}`);
};
try {
  const small = makeDifferences(100_000);
  const file = join(scratch, 'differences.f64');
  await writeFile(file, small);
  const python = await prepareVenv(
    join(import.meta.dirname, '../../e2e/oracles/statistics/requirements.txt'),
  );
  const peer = join(import.meta.dirname, 'peer.py');
  const { stdout } = await run(python, [peer, file, String(DRAWS)], { timeoutMs: 600_000 });
  const theirs = JSON.parse(stdout) as { seconds: number; low: number; high: number };
  const ours = measure(small);
  print(`scipy  100,000 x ${DRAWS}: ${theirs.seconds.toFixed(2)} s  ${theirs.low} to ${theirs.high}`);
  print(`sluice 100,000 x ${DRAWS}: ${ours.cpu.toFixed(2)} s  ${ours.low} to ${ours.high}`);
  const width = theirs.high - theirs.low;
  bar('time beside scipy', ours.cpu / theirs.seconds, 0.3);
  // Ends of 10,000 draws each move by some 2 % of the width; more would be another distribution.
  bar(
    'ends apart, of the width',
    Math.max(Math.abs(ours.low - theirs.low), Math.abs(ours.high - theirs.high)) / width,
    0.05,
  );
  const large = measure(makeDifferences(1_000_000));
  const megabytes = process.resourceUsage().maxRSS / 1024;
  print(
    `sluice 1,000,000 x ${DRAWS}: ${large.cpu.toFixed(2)} s (${large.wall.toFixed(2)} s on the clock), ${megabytes.toFixed(0)} MB`,
  );
  bar('seconds for 1,000,000', large.cpu, 20);
  bar('megabytes', megabytes, 500);
  print(`ratio ${(ours.cpu / theirs.seconds).toFixed(3)}`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
if (process.argv.includes('--check') && missed > 0) process.exitCode = 1;
