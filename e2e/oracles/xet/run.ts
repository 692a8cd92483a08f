/**
 * hf_xet, the Hub's own Xet client in Rust, as oracle: it reads from the fixture's Xet storage what model-pull reads from
 * it, so the fixture is faithful; and model-pull takes the cache that it wrote (huggingface_hub 2.x keeps Xet files in a
 * store shared by all repositories) without fetching a byte.
 * `node e2e/oracles/xet/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { startHub } from '@sluice/testing/hub/server';
import { runAction } from '@sluice/testing/runner';
import { prepareVenv } from '../hub/venv.ts';

const REPO = 'acme/xet';
/** Floats that repeat, then noise: chunks that pack well and chunks that don't. */
const BYTES = Buffer.from(
  Uint8Array.from({ length: 3_000_001 }, (_, i) =>
    i < 1_000_000 ? (i % 4) * 7 + (i >> 9) : Math.imul(i, 2654435761) >>> 24,
  ),
);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const DOWNLOAD = `
import hashlib, sys
from huggingface_hub import hf_hub_download
path = hf_hub_download(sys.argv[1], 'a.gguf', cache_dir=sys.argv[2])
print(hashlib.sha256(open(path, 'rb').read()).hexdigest())
`;

let passed = 0;
let failed = 0;
function tell(check: string, ok: boolean, detail = ''): void {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check}${ok || detail === '' ? '' : `: ${detail}`}\n`);
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-xet-oracle-'));
const hub = await startHub({
  repos: [{ id: REPO, revisions: [{ name: 'v1', files: { 'a.gguf': BYTES } }], xet: true }],
});
const from = (origin: string) => hub.requests.filter((one) => one.origin === origin && one.bytes > 0);

async function pull(cache: string) {
  hub.requests.length = 0;
  return runAction('model-pull', {
    cwd: await mkdtemp(join(scratch, 'workspace-')),
    inputs: { model: REPO, endpoint: hub.url, 'cache-dir': cache, safety: 'off' },
    env: { HF_TOKEN: '', HF_ENDPOINT: '', HF_HUB_CACHE: '', HF_HOME: '', SLUICE_XET_FROM_BYTES: '1000' },
  });
}

try {
  const python = await prepareVenv(join(import.meta.dirname, '../hub/requirements-2.4.0.txt'));
  const theirs = join(scratch, 'theirs');
  const { stdout } = await run(python, ['-c', DOWNLOAD, REPO, theirs], {
    env: { PATH: process.env['PATH'] ?? '', HOME: scratch, HF_HOME: scratch, HF_ENDPOINT: hub.url },
    timeoutMs: 120_000,
  });
  tell('hf_xet reads the right bytes from the fixture', stdout.trim() === SHA256, stdout);
  tell('it took them from the Xet storage', from('xet').length > 1 && from('cdn').length === 0);

  const found = await pull(theirs);
  tell("model-pull finds hf_xet's cache whole", found.outputs['cache-hit'] === 'full', found.stdout);
  tell('and fetches nothing', from('xet').length + from('cdn').length === 0);

  const ours = await pull(join(scratch, 'ours'));
  const bytes = await readFile(join(ours.outputs['path'] ?? '', 'a.gguf')).catch(() => Buffer.alloc(0));
  tell('model-pull reads the same bytes from the storage', bytes.equals(BYTES), ours.stdout);
  tell('it took them from there', from('xet').length > 1 && from('cdn').length === 0);
} finally {
  await hub.close();
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
