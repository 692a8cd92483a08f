/**
 * A bad version released by Sluice, by Argo Rollouts and by Flagger: how many bad answers users got until it was taken back.
 * `node bench/delivery/run.ts [--rate 6] [--only sluice,flagger] [--at-once 3] [--check] [--keep]`, as root: on the lab's cluster, which is
 * started where none is up (e2e/lab/README.md). All have the same image, router (Traefik), users, and metric in the same
 * Prometheus; each has what its own documents show for the rest. With `--check` it judges too, a line `bar …` each, and exits 1 when
 * one is missed. Argo's longer example alone takes 25 minutes.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { down, readState, up } from '../../e2e/lab/cluster.ts';
import { openLab } from '../../e2e/lab/lab.ts';
import { describeError } from '@sluice/runtime/errors';
import { OURS, PEERS } from './contestants.ts';
import { race, type Result } from './race.ts';
import { openScene } from './scene.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '6' },
    only: { type: 'string', default: '' },
    'at-once': { type: 'string', default: '2' },
    check: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
/** What the issue that asked for this allows, of each peer's bad answers. */
const MOST = 0.5;
const MOST_TO_ZERO_S = 10;
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const all = [OURS, ...PEERS];
const wanted = values.only === '' ? all.map(({ name }) => name) : values.only.split(',');
const unknown = wanted.filter((name) => !all.some((each) => each.name === name));
if (unknown.length > 0)
  throw new Error(`no contestant ${unknown.join(', ')}; there are ${all.map(({ name }) => name).join(', ')}`);
const chosen = all.filter(({ name }) => wanted.includes(name));

const endsIt = !values.keep && (await readState()) === undefined;
const scratch = await mkdtemp(join(tmpdir(), 'sluice-delivery-'));
const results = new Map<string, Result>();
try {
  await up({ gpus: 2, keep: values.keep });
  const lab = await openLab();
  // The longest first, so that two at a time end together.
  const waiting = [...chosen].reverse();
  const one = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const contestant = next;
      await contestant.start(lab);
      await lab
        .inNamespace(contestant.name, async (namespace) => {
          const scene = await openScene(lab, namespace, await mkdtemp(join(scratch, 'at-')));
          try {
            results.set(contestant.name, await race(contestant, scene, Number(values.rate)));
          } finally {
            await scene.api.close();
          }
        })
        .catch((error: unknown) => {
          print(`FAIL ${contestant.name}: ${describeError(error)}`);
          process.exitCode = 1;
        });
      const result = results.get(contestant.name);
      if (result !== undefined) print(lineOf(result, contestant.settings));
    }
  };
  await Promise.all(Array.from({ length: Number(values['at-once']) }, one));
} finally {
  await rm(scratch, { recursive: true, force: true });
  if (endsIt) await down({ keep: false });
}
compare();

function lineOf(result: Result, settings: string): string {
  const { name, bad, badBeforeDecision, requests, unanswered, detectS, toZeroS, highest } = result;
  return `${name.padEnd(14)} ${bad} bad answers (${badBeforeDecision} before the verdict) of ${requests} requests at ${values.rate} a second; verdict after ${detectS.toFixed(0)} s, share 0 ${toZeroS.toFixed(1)} s later; up to ${Math.round(highest * 100)} % of the users; ${unanswered} without a whole answer (${settings})`;
}

function compare(): void {
  const ours = results.get(OURS.name);
  if (ours === undefined) return;
  const bars = [{ what: 'seconds from our verdict to share 0', value: ours.toZeroS, most: MOST_TO_ZERO_S }];
  for (const { name } of PEERS) {
    const theirs = results.get(name);
    if (theirs === undefined) continue;
    const value = ours.bad / theirs.bad;
    print(
      `ratio ours to ${name}: bad answers ${value.toFixed(2)}; time to the verdict ${(ours.detectS / theirs.detectS).toFixed(2)}`,
    );
    bars.push({ what: `bad answers that users got, as a share of ${name}'s`, value, most: MOST });
  }
  if (!values.check) return;
  for (const { what, value, most } of bars) {
    const holds = value <= most;
    if (!holds) process.exitCode = 1;
    print(`bar ${holds ? 'holds' : 'MISSED'}: ${what} ${value.toFixed(2)}, at most ${most}`);
  }
  // A peer that was not measured is no bar that holds.
  if (results.size < chosen.length) process.exitCode = 1;
}
