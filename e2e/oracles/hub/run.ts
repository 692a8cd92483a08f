/**
 * The Python hub client as oracle, in three versions: it must load, offline, what model-pull's bundle wrote; it must
 * get the same bytes from the fixture hub; and model-pull must find whole what each of them wrote.
 * `node e2e/oracles/hub/run.ts` prints a line per check, then `N passed, N failed`; exit 1 when one failed.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { describeError } from '@sluice/runtime/errors';
import { listRevisions } from '@sluice/testing/hub/main';
import { startHub } from '@sluice/testing/hub/server';
import type { FixtureHub } from '@sluice/testing/hub/server';
import { runAction } from '@sluice/testing/runner';
import { prepareVenv } from './venv.ts';

const HERE = import.meta.dirname;
const VERSIONS = ['0.36.2', '1.17.0', '2.4.0'];
const REPO = 'acme/capitals';
const REVISION = 'v1';
const PARTIAL = '*.gguf';

interface Pulled {
  path: string;
  revision: string;
  cacheHit: string;
  files: unknown;
}

let passed = 0;
let failed = 0;

function tell(who: string, check: string, ok: boolean, detail = ''): void {
  if (ok) passed += 1;
  else failed += 1;
  process.stdout.write(
    `${ok ? 'ok  ' : 'FAIL'} ${who} ${check}${ok || detail === '' ? '' : `: ${detail}`}\n`,
  );
}

async function pull(
  hub: FixtureHub,
  scratch: string,
  cache: string,
  inputs: Record<string, string> = {},
): Promise<Pulled> {
  const cwd = await mkdtemp(join(scratch, 'workspace-'));
  const result = await runAction('model-pull', {
    cwd,
    inputs: { model: REPO, revision: REVISION, endpoint: hub.url, 'cache-dir': cache, ...inputs },
    env: { HF_TOKEN: '', HF_ENDPOINT: '', HF_HUB_CACHE: '', HF_HOME: '', HF_HUB_OFFLINE: '' },
  });
  if (result.exitCode !== 0) throw new Error(`model-pull failed: ${result.stdout}${result.stderr}`);
  const manifest = JSON.parse(await readFile(result.outputs['manifest'] ?? '', 'utf8')) as { files: unknown };
  return {
    path: result.outputs['path'] ?? '',
    revision: result.outputs['revision'] ?? '',
    cacheHit: result.outputs['cache-hit'] ?? '',
    files: manifest.files,
  };
}

/** Requests that moved a file's bytes since `from`. */
function bodies(hub: FixtureHub, from: number): number {
  return hub.requests.slice(from).filter(({ method, origin, path, bytes }) => {
    return method === 'GET' && bytes > 0 && (origin === 'cdn' || path.includes('/resolve/'));
  }).length;
}

async function ask(
  python: string,
  version: string,
  mode: string,
  facts: string,
  env: Record<string, string>,
): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'sluice-hf-home-'));
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    HF_HOME: home,
    HF_HUB_DISABLE_PROGRESS_BARS: '1',
    HF_HUB_DISABLE_TELEMETRY: '1',
  };
  let checks = 0;
  try {
    const { stdout } = await run(python, [join(HERE, 'oracle.py'), mode, facts], {
      env: { ...base, HF_HUB_DISABLE_XET: '1', PYTHONDONTWRITEBYTECODE: '1', ...env },
      timeoutMs: 120_000,
    });
    for (const line of stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const { check, ok, detail } = JSON.parse(line) as { check: string; ok: boolean; detail: string };
      checks += 1;
      tell(version, check, ok, detail);
    }
  } catch (error) {
    tell(version, `${mode}: the oracle ran`, false, describeError(error));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
  if (checks === 0) tell(version, `${mode}: checks were made`, false);
}

async function askVersion(version: string, hub: FixtureHub, scratch: string): Promise<void> {
  const python = await prepareVenv(join(HERE, `requirements-${version}.txt`));
  // Each version meets a cache of its own: one must not see what another added.
  const folder = await mkdtemp(join(scratch, 'caches-'));
  const [cache, partialCache, fresh] = [join(folder, 'ours'), join(folder, 'partial'), join(folder, 'fresh')];
  const dataCache = join(folder, 'data');
  const ours = await pull(hub, scratch, cache);
  const partial = await pull(hub, scratch, partialCache, { include: PARTIAL });
  const data = await pull(hub, scratch, dataCache, { 'repo-type': 'dataset' });
  const facts = join(folder, 'facts.json');
  await writeFile(
    facts,
    JSON.stringify({
      repo: REPO,
      revision: REVISION,
      commit: ours.revision,
      snapshot: ours.path,
      files: ours.files,
      cache,
      fresh,
      dataset: { cache: dataCache, snapshot: data.path, files: data.files },
      partial: { cache: partialCache, include: PARTIAL, files: partial.files },
    }),
  );
  await ask(python, version, 'offline', facts, { HF_HUB_OFFLINE: '1' });
  await ask(python, version, 'online', facts, { HF_ENDPOINT: hub.url });
  const before = hub.requests.length;
  const theirs = await pull(hub, scratch, fresh);
  const fetched = bodies(hub, before);
  tell(
    version,
    'reverse: model-pull verifies what it wrote and fetches nothing',
    theirs.cacheHit === 'full' && fetched === 0,
    `cache-hit ${theirs.cacheHit}, ${fetched} bodies`,
  );
}

const scratch = await mkdtemp(join(tmpdir(), 'sluice-oracle-'));
const revisions = await listRevisions(join(HERE, '../../../fixtures/models'));
const hub = await startHub({
  repos: (['model', 'dataset'] as const).map((type) => ({ id: REPO, type, revisions })),
});
try {
  for (const version of VERSIONS) {
    await askVersion(version, hub, scratch).catch((error: unknown) =>
      tell(version, 'could be asked', false, describeError(error)),
    );
  }
} finally {
  await hub.close();
  await rm(scratch, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
