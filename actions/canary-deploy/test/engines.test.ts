/** A server with a name of its own under the supervisor: its port is filled in late, its role runs from the installed bundle. */
import { afterAll, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@sluice/process/free-port';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import { makeStubs } from '../../../packages/inference/test/servers/stubs.ts';

const MODELS = join(import.meta.dirname, '../../../fixtures/models');
const stateDir = mkdtempSync(join(tmpdir(), 'canary-engines-'));
afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

test.each(['vllm', 'ollama'])('%s serves as a service of the host, and is gone when it is removed', async (engine) => {
  const file = join(stateDir, `${engine}.argv`);
  const { env } = makeStubs([engine], { STUB_ARGV: file });
  const inputs = {
    target: 'host',
    service: engine,
    'state-dir': stateDir,
    listen: `127.0.0.1:${await freePort()}`,
    engine,
    'model-path': join(MODELS, 'v1/model.gguf'),
    'context-length': '256',
    warmup: '0',
  };
  const go = (more: Record<string, string> = {}): Promise<ActionOutcome> =>
    runAction('canary-deploy', { inputs: { ...inputs, ...more }, env });
  const ran = await go();
  expect({ code: ran.exitCode, log: ran.stdout }).toMatchObject({ code: 0 });
  const [call] = readFileSync(file, 'utf8').split('\n');
  const { argv, env: seen } = JSON.parse(call ?? '') as { argv: string[]; env: Record<string, string> };
  expect(JSON.stringify([argv, seen])).not.toContain('{port}');
  if (engine === 'vllm') expect(argv.slice(-6).join(' ')).toMatch(/--port \d+ --served-model-name vllm --max-model-len 256/);
  else expect(seen['OLLAMA_MODELS']).toMatch(new RegExp(`^${stateDir}/ollama/engine/ollama-\\d+$`));
  const removed = await go({ operation: 'remove' });
  expect({ code: removed.exitCode, log: removed.stdout }).toMatchObject({ code: 0 });
  if (engine === 'ollama') expect(existsSync(seen['OLLAMA_MODELS'] ?? '')).toBe(false);
}, 60_000); // prettier-ignore
