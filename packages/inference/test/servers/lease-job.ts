/** A job that leases a GPU: says `took <index>` when it has it, and gives it back at the first line of its input. */
import { readFileSync } from 'node:fs';
import { parseGpus } from '@sluice/fit/gpus';
import { plainLogger } from '@sluice/runtime/logger';
import { takeLease } from '../../src/gpus/lease.ts';
import { parseLease } from '../../src/gpus/lease-request.ts';

const [name = '', text = '', gpus = ''] = process.argv.slice(2);
const asked = parseLease(text);
if (typeof asked === 'string') throw new Error(asked);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { signal } = new AbortController();
const onAsk = (): void => say('asked');
try {
  const lease = await takeLease(asked, parseGpus(readFileSync(gpus, 'utf8')), {
    env: process.env,
    log: plainLogger((line) => void process.stdout.write(line)),
    signal,
    run: `https://run.test/${name}`,
    onAsk,
  });
  say(`took ${lease.env['CUDA_VISIBLE_DEVICES']}`);
  process.stdin.once('data', () => {
    void lease.release().then(() => {
      say('gave back');
      process.exit();
    });
  });
} catch (error) {
  say(`failed: ${(error as Error).message}`);
  process.exitCode = 1;
}
