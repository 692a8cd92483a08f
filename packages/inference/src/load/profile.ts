/** Load as it is written in the input `load`: profiles, one a line, and settings that hold for all of them. */
import { readProfileLine } from './profile-lines.ts';
import { SETTINGS, type LoadSettings } from './profile-settings.ts';
import { samplesForPercentile } from '@sluice/statistics/percentile';

/** A closed loop: so many requests are always under way, each level for so long. */
export interface ClosedProfile {
  kind: 'closed';
  levels: number[];
  durationMs: number;
}

export type Arrivals = 'constant' | 'poisson';

/** An open loop: requests are sent when they are due, whatever became of those before. Rates in requests per second. */
export interface OpenProfile {
  kind: 'open';
  rates: number[];
  arrivals: Arrivals;
  durationMs: number;
}

/** An open loop whose rate grows in a straight line. */
export interface RampProfile {
  kind: 'ramp';
  from: number;
  to: number;
  arrivals: Arrivals;
  durationMs: number;
}

/** A search for the highest rate that keeps every `slo`. */
export interface SweepProfile {
  kind: 'sweep';
  from: number;
  to: number;
  arrivals: Arrivals;
  /** Of each try; longer where the rate needs it for enough requests. */
  durationMs: number;
}

export type Profile = ClosedProfile | OpenProfile | RampProfile | SweepProfile;

export interface LoadProfile extends LoadSettings {
  profiles: Profile[];
}

/** What no machine that runs this can keep in memory. */
const MOST_REQUESTS = 1_000_000;

/** The load of the input's lines, undefined without any; every fault names the line and the mend. */
export function readLoad(lines: readonly string[]): { profile: LoadProfile | undefined; faults: string[] } {
  const faults: string[] = [];
  const load: LoadProfile = { profiles: [], slos: [], maxInFlight: 1000 };
  const seen = new Set<string>();
  for (const line of lines.map((text) => text.replace(/\s+#.*$|^#.*$/, '').trim())) {
    if (line === '') continue;
    const told = (why: string): void => void faults.push(`input \`load\` = "${line}": ${why}`);
    const key = /^([a-z-]+)\s*:/.exec(line)?.[1] ?? '';
    const setting = SETTINGS[key];
    if (setting !== undefined) {
      if (seen.has(key) && key !== 'slo') told(`\`${key}\` stands there twice`);
      seen.add(key);
      const why = setting(line.slice(line.indexOf(':') + 1).trim(), load);
      if (why !== undefined) told(why);
      continue;
    }
    const read = readProfileLine(line);
    if (typeof read === 'string') told(read);
    else {
      load.profiles.push(read);
      const why = tooMuch(read, load);
      if (why !== undefined) told(why);
    }
  }
  faults.push(...findConflicts(load, lines, faults.length > 0));
  return { profile: load.profiles.length === 0 ? undefined : load, faults };
}

function tooMuch(profile: Profile, { maxInFlight }: LoadProfile): string | undefined {
  if (profile.kind === 'closed') return undefined;
  const rate = profile.kind === 'open' ? Math.max(...profile.rates) : (profile.from + profile.to) / 2;
  const requests = (rate * profile.durationMs) / 1000;
  if (profile.kind !== 'sweep' && requests < 1)
    return `that is less than one request; raise the rate or the time`;
  return requests > MOST_REQUESTS && maxInFlight > 0
    ? `that is ${Math.round(requests)} requests; at most ${MOST_REQUESTS} fit in memory`
    : undefined;
}

/** Names of the levels, in their order: they are parts of the metrics' names, `load.c4.ttft_ms.p95`. */
export function levelNames({ profiles }: LoadProfile): string[] {
  return profiles.flatMap((profile): string[] => {
    if (profile.kind === 'closed') return profile.levels.map((level) => `c${level}`);
    return profile.kind === 'open' ? profile.rates.map((rate) => `r${rate}`) : [profile.kind];
  });
}

function findConflicts(load: LoadProfile, lines: readonly string[], told: boolean): string[] {
  const faults: string[] = [];
  const names = levelNames(load);
  const twice = names.filter((name, at) => names.indexOf(name) < at);
  if (twice.length > 0)
    faults.push(
      `input \`load\` measures ${[...new Set(twice)].join(', ')} twice; its metrics would have the same names`,
    );
  if (load.profiles.length === 0 && lines.length > 0 && !told)
    faults.push('input `load` holds settings and no profile; add one such as `concurrency: 4 for 30s`');
  if (load.profiles.some(({ kind }) => kind === 'sweep') && load.slos.length === 0 && !told)
    faults.push(
      'input `load`: `sweep` looks for the highest rate that keeps a bar; add a line such as `slo: ttft_ms <= 500 for 95%`',
    );
  return faults;
}

/** Requests that a claim about every `slo` needs (MLPerf's bound): 59 for 95 %, 299 for 99 %. */
export function samplesForSlos({ slos }: Pick<LoadSettings, 'slos'>): number {
  return Math.max(1, ...slos.map(({ share }) => samplesForPercentile(share * 100, 0.95)));
}
