/**
 * Our load generator alone, as inference-test runs it: asker, open loop, samples to a file.
 * `node bench/load/ours.ts <origin> <requests per second> <seconds> <samples file>`
 */
import { makeAsker } from '@sluice/inference/load/asker';
import { writeSamples } from '@sluice/inference/load/files';
import { readLoad } from '@sluice/inference/load/profile';
import { runLoad } from '@sluice/inference/load/run-load';
import { readSuite } from '@sluice/inference/suites/load-suites';

const [origin = '', rate = '', seconds = '', path = ''] = process.argv.slice(2);
const { profile: load, faults } = readLoad(['warmup: 1s', `rate: ${rate}/s for ${seconds}s`]);
if (load === undefined) throw new Error(faults.join('\n'));
const { cases } = readSuite(
  'tests: [{vars: {prompt: What is it?}, assert: [{type: ends}], options: {max_tokens: 9}}]',
  'bench.yaml',
);
const { signal } = new AbortController();
const candidate = await makeAsker(
  cases,
  load,
  { target: { origin, modelName: 'm' }, protocol: 'openai-chat', seed: 1, timeoutMs: 30_000 },
  { signal, warn: () => undefined },
);
await writeSamples(path, await runLoad(load, { candidate }, { signal, seed: 1 }), {
  redact: (text) => text,
  told: true,
});
process.exit(0);
