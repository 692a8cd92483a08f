/** What is to be run for each level of a profile. */
import type { LoadLevel } from './level.ts';
import { samplesForSlos, type LoadProfile, type Profile, type SweepProfile } from './profile.ts';
import type { Slo } from './profile-settings.ts';
import { runClosed, runOpen, type StageContext, type StageResult } from './run-stage.ts';
import type { LoadSample } from './sample.ts';
import { dueTimes } from './schedule.ts';
import { isGood, LostBars, missedSlo } from './slo.ts';
import { sweepRates, type RateTry } from './sweep.ts';

const WARM_UP_SHARE = 0.1;
const LONGEST_WARM_UP_MS = 10_000;

export interface LevelPlan {
  name: string;
  said: string;
  value: number;
  open: boolean;
  run(context: StageContext, level: LoadLevel, onTry: (tried: RateTry) => void): Promise<StageResult>;
}

/** In the order in which they are run. */
export function plansOf(profile: Profile, load: LoadProfile, seed: number): LevelPlan[] {
  const { durationMs } = profile;
  const warmupMs = load.warmupMs ?? Math.min(durationMs * WARM_UP_SHARE, LONGEST_WARM_UP_MS);
  if (profile.kind === 'closed') {
    return profile.levels.map((atOnce) => ({
      name: `c${atOnce}`,
      said: `${atOnce} at a time`,
      value: atOnce,
      open: false,
      run: (context) => runClosed({ atOnce, warmupMs, durationMs }, context),
    }));
  }
  const { maxInFlight } = load;
  const { arrivals } = profile;
  if (profile.kind === 'open') {
    return profile.rates.map((rate) => ({
      name: `r${rate}`,
      said: `${rate}/s`,
      value: rate,
      open: true,
      run: (context) => {
        const line = { from: rate, to: rate, durationMs: warmupMs + durationMs };
        // Both sides of a comparison get the same moments; every run gets others.
        const due = dueTimes(line, arrivals, seed + context.run);
        return runOpen({ due, warmupMs, durationMs, maxInFlight }, context);
      },
    }));
  }
  const { from, to } = profile;
  if (profile.kind === 'ramp') {
    const run = (context: StageContext): Promise<StageResult> => {
      const warm = dueTimes({ from, to: from, durationMs: warmupMs }, arrivals, seed + context.run);
      const ramp = dueTimes({ from, to, durationMs }, arrivals, seed + context.run + 1);
      const due = Float64Array.from([...warm, ...ramp.map((at) => at + warmupMs)]);
      return runOpen({ due, warmupMs, durationMs, maxInFlight }, context);
    };
    return [{ name: 'ramp', said: `${from}/s to ${to}/s`, value: to, open: true, run }];
  }
  return [
    {
      name: 'sweep',
      said: `the sweep from ${from}/s to ${to}/s`,
      value: from,
      open: true,
      run: (context, level, onTry) => runSweep({ profile, load, seed, warmupMs }, context, level, onTry),
    },
  ];
}

interface SweepPlan {
  profile: SweepProfile;
  load: LoadProfile;
  seed: number;
  warmupMs: number;
}

/** The stage at the rate that held is the level's; the other tries stand in `level.sweep`. */
async function runSweep(
  { profile, load, seed, warmupMs }: SweepPlan,
  context: StageContext,
  level: LoadLevel,
  onTry: (tried: RateTry) => void,
): Promise<StageResult> {
  const { maxInFlight, slos } = load;
  const all: { rate: number; stage: StageResult }[] = [];
  const swept = await sweepRates(profile, async (rate) => {
    if (context.signal.aborted) return undefined;
    const { due, planned, durationMs } = planTry(rate, { profile, load, seed: seed + all.length, warmupMs });
    const lost = new LostBars(slos, planned * context.asker.turns);
    const isLost = (sample: LoadSample): boolean => lost.add(sample);
    const stage = await runOpen({ due, warmupMs, durationMs, maxInFlight, isLost }, context);
    all.push({ rate, stage });
    if (stage.cut === 'cancelled') return undefined;
    const tried = describeTry(rate, stage, slos);
    onTry(tried);
    return tried;
  });
  level.sweep = { ...swept, all };
  const shown = all.findLast(({ rate }) => rate === swept.best) ?? all[0];
  level.value = shown?.rate ?? profile.from;
  return shown?.stage ?? { startedAt: Date.now(), durationMs: 0, samples: [] };
}

/** Long enough for as many requests as a claim about the bars needs. */
function planTry(
  rate: number,
  { profile, load, seed, warmupMs }: SweepPlan,
): { due: Float64Array; planned: number; durationMs: number } {
  const needed = samplesForSlos(load);
  for (let durationMs = Math.max(profile.durationMs, (needed / rate) * 1000); ; durationMs *= 1.1) {
    const due = dueTimes({ from: rate, to: rate, durationMs: warmupMs + durationMs }, profile.arrivals, seed);
    const planned = due.filter((at) => at >= warmupMs).length;
    if (planned >= needed) return { due, planned, durationMs };
  }
}

function describeTry(rate: number, stage: StageResult, slos: readonly Slo[]): RateTry {
  const began = stage.samples.filter((sample) => sample.began);
  const good = began.filter((sample) => isGood(sample, slos)).length;
  const why =
    stage.cut === 'gave up' ? `of ${began.length} requests the last got no answer` : missedSlo(began, slos);
  return {
    rate,
    requests: began.length,
    good: began.length === 0 ? null : good / began.length,
    holds: why === undefined && stage.cut === undefined,
    ...(why === undefined ? {} : { why }),
    ...(stage.cut === 'lost' ? { endedEarly: true as const } : {}),
  };
}
