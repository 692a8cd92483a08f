/**
 * How often an equal release is taken back, and a worse one found: `node bench/rollout/simulate.ts [--runs 10000]`. A line
 * per scenario with its bar; exit 1 when one is missed. Equal ones get all the runs, worse ones a tenth.
 */
import { parseArgs } from 'node:util';
import { SCENARIOS, simulate } from '../../packages/rollout/test/simulated-arms.ts';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '10000' } } });
const all = Number(values.runs);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
let missed = 0;
for (const [index, scenario] of SCENARIOS.entries()) {
  const { atMost = 1, atLeast = 0 } = scenario;
  const runs = atLeast > 0 ? Math.ceil(all / 10) : all;
  const { taken, median } = simulate(scenario, runs, index + 1);
  const holds = taken <= atMost && taken >= atLeast;
  if (!holds) missed += 1;
  const bar = atLeast > 0 ? `at least ${percent(atLeast)}` : `at most ${percent(atMost)}`;
  const when = Number.isNaN(median) ? '' : `, half of them by look ${median} of ${scenario.looks}`;
  process.stdout.write(
    `bar ${scenario.name}: ${percent(taken)} of ${runs} rollouts taken back (${bar})${when}: ${holds ? 'holds' : 'MISSED'}\n`,
  );
}
process.exitCode = missed === 0 ? 0 : 1;
