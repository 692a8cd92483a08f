/**
 * 200 pulls of a 200 MB file, each killed by SIGKILL at a random moment and run again: every one must end right, leave no
 * stale file, and fetch less than 5 % twice. `node e2e/oracles/hub/kill.ts [pulls] [megabytes]`
 */
import { createHash, randomFillSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from '@sluice/testing/hub/server';
import { killPulls } from '@sluice/testing/kill-pulls';

const pulls = Number(process.argv[2] ?? '200');
const bytes = randomFillSync(Buffer.alloc(Number(process.argv[3] ?? '200') * 1_000_000));
const hub = await startHub({
  repos: [{ id: 'acme/big', revisions: [{ name: 'v1', files: { 'a.safetensors': bytes } }] }],
  bytesPerSecond: 60_000_000,
});
const scratch = await mkdtemp(join(tmpdir(), 'sluice-kill-'));
try {
  const result = await killPulls({
    hubUrl: hub.url,
    repo: 'acme/big',
    file: { path: 'a.safetensors', sha256: createHash('sha256').update(bytes).digest('hex') },
    scratch,
    pulls,
    width: 2,
    withinMs: 1500,
  });
  const sent = hub.requests.reduce(
    (sum, { origin, bytes: count }) => sum + (origin === 'cdn' ? count : 0),
    0,
  );
  const twice = (100 * (sent - pulls * bytes.byteLength)) / (pulls * bytes.byteLength);
  for (const fault of result.faults) process.stdout.write(`FAIL ${fault}\n`);
  process.stdout.write(
    `${pulls} pulls, ${result.struck} killed before their end, ${result.resumed} gone on with, ` +
      `${twice.toFixed(2)} % of the bytes fetched twice, ${result.faults.length} failed\n`,
  );
  if (result.faults.length > 0 || twice >= 5 || result.resumed === 0) process.exitCode = 1;
} finally {
  await hub.close();
  await rm(scratch, { recursive: true, force: true });
}
