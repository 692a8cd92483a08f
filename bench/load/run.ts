/**
 * Our load generator beside aiperf and GuideLLM, on one server that stamps its own times: accuracy, evenness, CPU per request.
 * `node bench/load/run.ts [--rate 200] [--seconds 10] [--rounds 3] [--with aiperf,guidellm] [--ours-only] [--check]` (by default
 * aiperf alone: GuideLLM takes some 6 GB of disk). Prints a line per contestant
 * (the median of the rounds) and ratios. With `--check` it judges too, a line `bar …` each, and exits 1 when one is missed.
 * Needs python3 with venv, unless alone. Numbers hold for an idle machine of at least 2 cores.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { percentile } from '@sluice/statistics/percentile';
import { measure } from '../pull/measure.ts';
import { aiperf, guidellm, OURS, type Generator } from './contestants.ts';
import type { Stamps } from './server.ts';
import { compare, type Accuracy } from './truth.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '3' },
    with: { type: 'string', default: 'aiperf' },
    'ours-only': { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
});
const ROOT = join(import.meta.dirname, '../..');
/** The released ones; the bar for CPU is set by aiperf. */
const AIPERF = '0.13.0';
const GUIDELLM = '0.8.1';
/** So much shorter is the run that stands for a generator's start and end. */
const SHORT = 0.3;
const rate = Number(values.rate);
const seconds = Number(values.seconds);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

interface Round extends Accuracy {
  /** CPU for one more request, ms: the long run less the short one. */
  cpuMs: number;
}

async function once(
  generator: Generator,
  origin: string,
  length: number,
): Promise<{ accuracy: Accuracy; cpuSeconds: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-load-'));
  try {
    await fetch(`${origin}/truth`);
    const course = { origin, rate, seconds: length, folder };
    const { command, args, env } = generator.command(course);
    const { cpuSeconds } = await measure(command, args, { PATH: process.env['PATH'] ?? '', ...env }, ROOT);
    const truth = (await (await fetch(`${origin}/truth`)).json()) as Stamps[];
    const accuracy = compare(await generator.read(course), truth, rate);
    if (accuracy.requests < rate * length * 0.99)
      throw new Error(`${generator.name} tells ${accuracy.requests} of ${rate * length} requests`);
    return { accuracy, cpuSeconds };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function round(generator: Generator, origin: string): Promise<Round> {
  const short = await once(generator, origin, Math.ceil(seconds * SHORT));
  const long = await once(generator, origin, seconds);
  const more = rate * (seconds - Math.ceil(seconds * SHORT));
  return { ...long.accuracy, cpuMs: ((long.cpuSeconds - short.cpuSeconds) / more) * 1000 };
}

/** Number by number, so that one bad moment of the machine isn't the result. */
function median(rounds: readonly Round[]): Round {
  const of = (read: (entry: Round) => number): number => percentile(rounds.map(read), 50) ?? NaN;
  const pair = (name: 'ttft' | 'gap' | 'schedule'): { p50: number; p99: number } => ({
    p50: of((entry) => entry[name].p50),
    p99: of((entry) => entry[name].p99),
  });
  return {
    requests: of(({ requests }) => requests),
    ttft: pair('ttft'),
    gap: pair('gap'),
    schedule: pair('schedule'),
    cpuMs: of(({ cpuMs }) => cpuMs),
  };
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;
const named = values['ours-only'] ? [] : values.with.split(',');
const generators = [OURS];
if (named.includes('aiperf')) generators.push(await aiperf(AIPERF));
if (named.includes('guidellm')) generators.push(await guidellm(GUIDELLM));
if (generators.length !== named.length + 1)
  throw new Error(`--with ${values.with}: aiperf, guidellm or both`);
const server = spawn(process.execPath, [join(import.meta.dirname, 'server.ts')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const results = new Map<Generator, Round>();
try {
  const port = await new Promise<string>((resolve) =>
    server.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())),
  );
  const rounds = new Map<Generator, Round[]>(generators.map((generator) => [generator, []]));
  for (let i = 0; i < Number(values.rounds); i += 1)
    for (const generator of generators)
      rounds.get(generator)?.push(await round(generator, `http://127.0.0.1:${port}`));
  for (const generator of generators) {
    const result = median(rounds.get(generator) ?? []);
    results.set(generator, result);
    const { ttft, gap, schedule } = result;
    print(
      `${generator.name.padEnd(14)} ${result.requests} requests; off the truth by (median, p99): ttft ${ms(ttft.p50)}, ${ms(ttft.p99)}; gap ${ms(gap.p50)}, ${ms(gap.p99)}; off the schedule ${ms(schedule.p50)}, ${ms(schedule.p99)}; CPU ${ms(result.cpuMs)} a request`,
    );
    if (generator.note !== undefined) print(`${' '.repeat(14)} (${generator.note})`);
  }
} finally {
  server.kill();
}

const ours = results.get(OURS);
if (ours === undefined) throw new Error('nothing was measured');
const bars: { what: string; value: number; most: number }[] = [
  { what: 'ttft off the truth, median ms', value: ours.ttft.p50, most: 1 },
  { what: 'ttft off the truth, p99 ms', value: ours.ttft.p99, most: 3 },
  { what: 'gap between chunks off the truth, median ms', value: ours.gap.p50, most: 1 },
  { what: 'gap between chunks off the truth, p99 ms', value: ours.gap.p99, most: 3 },
  { what: 'off the schedule, p99 ms', value: ours.schedule.p99, most: 5 },
];
for (const [generator, other] of results) {
  if (generator === OURS) continue;
  print(
    `ratio ours to ${generator.name}: ttft error p50 ${(ours.ttft.p50 / other.ttft.p50).toFixed(2)}, p99 ${(ours.ttft.p99 / other.ttft.p99).toFixed(2)}; gap error p99 ${(ours.gap.p99 / other.gap.p99).toFixed(2)}; schedule p99 ${(ours.schedule.p99 / other.schedule.p99).toFixed(2)}; CPU a request ${(ours.cpuMs / other.cpuMs).toFixed(2)}`,
  );
  if (generator.name.startsWith('aiperf'))
    bars.push({
      what: `CPU a request as a share of ${generator.name}'s`,
      value: ours.cpuMs / other.cpuMs,
      most: 0.5,
    });
}
if (values.check) {
  for (const { what, value, most } of bars) {
    const holds = value <= most;
    if (!holds) process.exitCode = 1;
    print(`bar ${holds ? 'holds' : 'MISSED'}: ${what} ${value.toFixed(2)}, at most ${most}`);
  }
}
