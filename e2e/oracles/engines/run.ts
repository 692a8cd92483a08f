/**
 * Real servers, started as inference-test starts them: llama.cpp's (xllamacpp), Triton (in nvidia-pytriton's wheel), Ollama
 * where `build-ollama.sh` has built it, and containers on Debian's docker engine.
 * `node e2e/oracles/engines/run.ts [--all] [llama] [triton] [ollama] [docker]` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 * With `--all` an Ollama that isn't built is a failure.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCounter } from './checks.ts';
import { checkContainers } from './containers.ts';
import { checkLlamaServer, checkOllama, checkTriton } from './processes.ts';

const counter = makeCounter();
const scratch = await mkdtemp(join(tmpdir(), 'sluice-engines-'));
const parts = ['llama', 'triton', 'ollama', 'docker'] as const;
/** Named alone, only they run. */
const only = parts.filter((name) => process.argv.includes(name));
const part = async (
  name: (typeof parts)[number],
  work: (folder: string) => Promise<unknown>,
): Promise<void> => {
  if (only.length > 0 && !only.includes(name)) return;
  const folder = join(scratch, name);
  await mkdir(folder);
  await work(folder).catch((error: unknown) => counter.tell(`${name} can be set up`, false, String(error)));
};
try {
  await part('llama', (folder) => checkLlamaServer(counter, folder));
  await part('triton', (folder) => checkTriton(counter, folder));
  await part('ollama', async (folder) => {
    if (await checkOllama(counter, folder)) return;
    process.stdout.write('     ollama is not built here; e2e/oracles/engines/build-ollama.sh does it\n');
    if (process.argv.includes('--all')) counter.tell('ollama is built', false);
  });
  await part('docker', (folder) => checkContainers(counter, import.meta.dirname, folder));
} finally {
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${counter.passed()} passed, ${counter.failed()} failed\n`);
process.exitCode = counter.failed() === 0 ? 0 : 1;
