/**
 * A driver on Kubernetes is killed before its first and after each of its writes, and three kinds of drivers come after it:
 * `node bench/rollout/kube-kill.ts`. A line per rollout with its bar; exit 1 when one ended between two releases, or users
 * had too few pods meanwhile.
 */
import { killed, type Second } from '../../packages/rollout/test/kube-kills.ts';

const MOST_WRITES = 200;
const scenes = (['surge', 'none'] as const).flatMap((surge) =>
  // What switches all users at once is refused without spare GPUs.
  (surge === 'surge'
    ? [undefined, 'blue-green' as const, 'ab' as const, 'shadow' as const]
    : [undefined, 'shadow' as const]
  ).map((strategy) => ({
    surge,
    strategy,
  })),
);
for (const { surge, strategy } of scenes) {
  for (const bad of [false, true]) {
    const name = `${strategy ?? 'canary'}, ${bad ? 'bad' : 'good'} release, ${surge === 'none' ? 'no GPU spare' : 'with spare GPUs'}`;
    let runs = 0;
    let wrong = 0;
    for (const second of ['same', 'other', 'abort'] as const satisfies readonly Second[]) {
      for (let after = 0; after <= MOST_WRITES; after += 1) {
        const { faults, writes } = await killed({
          surge,
          bad,
          after,
          second,
          ...(strategy === undefined ? {} : { strategy }),
        });
        if (writes.length < after) break;
        runs += 1;
        if (faults.length === 0) continue;
        wrong += 1;
        process.stdout.write(
          `FAIL ${name}, killed after write ${after} (${writes.at(-1) ?? 'none'}), then ${second}: ${faults.join('; ')}\n`,
        );
      }
    }
    process.stdout.write(
      `bar ${name}: ${wrong} of ${runs} kills ended wrong (none): ${wrong === 0 ? 'holds' : 'MISSED'}\n`,
    );
    if (wrong > 0) process.exitCode = 1;
  }
}
