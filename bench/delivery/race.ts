/** One contestant's release of a bad version, from its first users to the last of its answers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostOf } from '../../e2e/lab/objects.ts';
import { LONG } from '../../e2e/lab/traffic.ts';
import { until } from '../../e2e/lab/until.ts';
import type { Contestant } from './contestants.ts';
import { shareOf, type Scene } from './scene.ts';

export interface Result {
  name: string;
  /** Bad answers of the new version that users got, all of them. */
  bad: number;
  /** The same until the contestant had decided. */
  badBeforeDecision: number;
  requests: number;
  /** Requests without a whole answer, of any version. */
  unanswered: number;
  /** Seconds from the first share above 0 to the verdict, and from there to the share 0. */
  detectS: number;
  toZeroS: number;
  /** Highest share that the version had, 0 to 1. */
  highest: number;
}

const LOOK_MS = 500;
const LONGEST_MS = 40 * 60_000;
/** Streams that began before the share was 0, and the router's own delay. */
const REST_MS = 10_000;
/** v1's answer has some hundred tokens; v4 would never end, and in half as many it shows no loop yet. */
const MAX_TOKENS = 120;

export async function race(contestant: Contestant, scene: Scene, rate: number): Promise<Result> {
  const { lab, namespace } = scene;
  await contestant.deploy(scene);
  const users = { host: hostOf(namespace), prompt: LONG, maxTokens: MAX_TOKENS };
  await until(`${contestant.name} serves`, 120_000, async () => {
    const probe = lab.traffic({ ...users, rate: 2 });
    await sleep(1_000);
    return (await probe.stop()).whole > 0;
  });
  const traffic = lab.traffic({ ...users, rate });
  try {
    const badOfIt = (): number => traffic.summary().versions['v4']?.bad ?? 0;
    await contestant.release(scene);
    const began = await moment(contestant, 'gives v4 users', async () => ((await shareOf(scene)) ?? 0) > 0);
    let highest = 0;
    const decided = await moment(contestant, 'finds v4 bad', async () => {
      highest = Math.max(highest, (await shareOf(scene)) ?? 0);
      return contestant.hasDecided(scene);
    });
    const badBeforeDecision = badOfIt();
    const zero = await moment(contestant, 'takes the users back', async () => (await shareOf(scene)) === 0);
    await sleep(REST_MS);
    const { requests, whole, reasons } = traffic.summary();
    if (whole < requests) process.stdout.write(`     ${contestant.name}: ${reasons.slice(-5).join('; ')}\n`);
    const bad = badOfIt();
    return {
      name: contestant.name,
      bad,
      badBeforeDecision,
      requests,
      unanswered: requests - whole,
      detectS: (decided - began) / 1_000,
      toZeroS: (zero - decided) / 1_000,
      highest,
    };
  } finally {
    await traffic.stop();
  }
}

async function moment({ name }: Contestant, what: string, holds: () => Promise<boolean>): Promise<number> {
  await until(`${name} ${what}`, LONGEST_MS, holds, LOOK_MS);
  return performance.now();
}
