/**
 * How often gates are wrong, in simulated evaluations whose truth is known: `node bench/stats/simulate.ts [--runs 5000]`.
 * A line per kind of gate with its rates and its power; exit 1 when false fails or false passes are above the stated 5 %.
 */
import { parseArgs } from 'node:util';
import { allowedRate, SCENARIOS, simulate } from '../../packages/statistics/test/simulation.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5000' } } });
const runs = Number(values.runs);
const allowed = allowedRate(runs);
const percent = (rate: number): string => `${(100 * rate).toFixed(1)} %`;
let missed = 0;
for (const [index, scenario] of SCENARIOS.entries()) {
  const { falseFails, falsePasses, passesBeyond, found, passes } = simulate(scenario, runs, 1000 + index);
  // A gate that never decides would be right all the time.
  const decides = found > 0.5 && passes > 0.2;
  const holds = decides && Math.max(falseFails, falsePasses, passesBeyond) <= allowed;
  if (!holds) missed += 1;
  process.stdout.write(
    `bar ${scenario.name}, ${runs} runs: equal ones fail ${percent(falseFails)}, at the margin pass ${percent(falsePasses)}, ` +
      `beyond it pass ${percent(passesBeyond)} (at most ${percent(allowed)}); power: beyond it found ${percent(found)}, good ones pass ${percent(passes)} ${holds ? 'holds' : 'MISSED'}\n`,
  );
}
process.exitCode = missed === 0 ? 0 : 1;
