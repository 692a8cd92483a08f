/** `register`, `promote`, `track` and putting back, against a real MLflow server. */
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { openPointer, register, track } from '@sluice/registries/open';
import type { Pointer, RegistryContext, Subject } from '@sluice/registries/registry';
import { parsePromote, type PromoteTarget } from '@sluice/registries/targets';
import { plainLogger } from '@sluice/runtime/logger';
import { Checks } from '../sources/checks.ts';
import { freePort, startServer, type RealServer } from '../sources/servers.ts';

export async function startMlflow(
  python: string,
  folder: string,
  more: { args?: string[]; env?: Record<string, string> } = {},
): Promise<RealServer> {
  const port = await freePort();
  const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const stores = ['--backend-store-uri', `sqlite:///${folder}/m.db`];
  const files = ['--artifacts-destination', join(folder, 'art')];
  const env = {
    PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    HOME: folder,
    ...more.env,
  };
  const where = { port, path: '/health', folder, env, timeoutMs: 120_000 };
  return startServer(python, ['-m', 'mlflow', ...args, ...stores, ...files, ...(more.args ?? [])], where);
}

export function contextOf(env: Record<string, string>): RegistryContext {
  const log = plainLogger((line) => void process.stderr.write(line));
  return { env, log, signal: AbortSignal.timeout(120_000), workspace: '/nonexistent' };
}

export function subjectOf(digit: string, source = 'acme/llm'): Subject {
  return {
    digest: `sha256:${digit.repeat(64)}`,
    source,
    revision: digit.repeat(40),
    description: `gate quality passed`,
    tags: { 'sluice.verdict': 'pass' },
    comment: { who: 'octocat', why: "gate 'quality' passed", link: 'https://ci.example/runs/1' },
  };
}

export function pointerTo(given: string, context: RegistryContext): Promise<Pointer> {
  const parsed = parsePromote(given) as { target: PromoteTarget };
  return openPointer(parsed.target, context);
}

const BACK = { who: 'octocat', why: 'broken', link: '' };

export async function checkMlflow(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('mlflow');
  await using server = await startMlflow(python, folder);
  const context = contextOf({ MLFLOW_TRACKING_URI: server.url });
  const llm = { kind: 'mlflow', given: 'mlflow:llm', name: 'llm' } as const;
  const put = (digit: string, source?: string) => register(llm, subjectOf(digit, source), context);
  const alias = await pointerTo('mlflow:llm@production', context);

  checks.equal('a model that is not there has no alias', await alias.observe(), null);
  await checks.refused(
    'promotion without a version',
    alias.promote(subjectOf('a'), null),
    'add `register: mlflow:llm`',
  );
  const made = { target: 'mlflow:llm', version: '1', address: 'models:/llm/1', changed: true };
  checks.equal('registered', await put('a'), made);
  checks.equal('again: nothing', await put('a'), { ...made, changed: false });
  checks.equal('another digest', (await put('b', 's3://bucket/llm')).version, '2');
  const four = await Promise.all(['c', 'c', 'c', 'c'].map((digit) => put(digit)));
  checks.equal('four at once: one version', new Set(four.map(({ version }) => version)).size, 1);
  checks.equal('… made by one of them', four.filter(({ changed }) => changed).length, 1);
  await checks.refused('a file of this runner', put('d', 'file:model.gguf'), 'MLflow refuses it');
  await checks.refused('other weights under a version', put('e', 'models:/llm/1'), 'is tagged sha256:aaaa');

  const target = 'mlflow:llm@production';
  const first = await alias.promote(subjectOf('a'), null);
  checks.equal('promoted from nothing', first, { target, from: null, to: '1', changed: true });
  const again = await alias.promote(subjectOf('a'), '1');
  checks.equal('a second promotion changes nothing', again, { target, from: null, to: '1', changed: false });
  await checks.refused('a race lost', alias.promote(subjectOf('b'), null), 'points at 1 now');
  checks.equal('… overwrote nothing', await alias.observe(), '1');
  const next = await alias.promote(subjectOf('b'), '1');
  checks.equal('promoted from 1', next, { target, from: '1', to: '2', changed: true });
  const known = await alias.promote(subjectOf('b'), '2');
  checks.equal('a re-run still knows from where', known, { target, from: '1', to: '2', changed: false });
  await checks.refused('putting back what moved on', alias.restore('1', '3', BACK), 'points at 2 now');
  checks.equal('put back', await alias.restore('1', '2', BACK), {
    target,
    from: '2',
    to: '1',
    changed: true,
  });
  checks.equal('put back twice', (await alias.restore('1', '2', BACK)).changed, false);
  checks.equal('put back to nothing', (await alias.restore(null, '1', BACK)).to, 'nothing');
  checks.equal('… there is no alias', await alias.observe(), null);
  await alias.promote(subjectOf('b'), null);

  const stage = await pointerTo('mlflow:llm/Staging', context);
  checks.equal('a stage', (await stage.promote(subjectOf('a'), null)).to, '1');
  checks.equal('… taken over', (await stage.promote(subjectOf('b'), '1')).from, '1');
  await checks.refused('… lost', stage.promote(subjectOf('a'), '1'), 'points at 2 now');
  checks.equal('… put back', (await stage.restore('1', '2', BACK)).to, '1');

  const tracked = {
    key: 'release-1',
    name: 'quality',
    metrics: { 'mmlu.acc[strict-match]': 0.9, missing: null, 'ttft_ms.p99': 312.5 },
    params: { thresholds: 'mmlu.acc >= 0.8' },
    tags: { 'sluice.verdict': 'pass' },
  };
  const gates = { kind: 'mlflow', given: 'mlflow:gates', experiment: 'gates' } as const;
  const logged = await track(gates, tracked, context);
  checks.equal('tracked once', await track(gates, tracked, context), { run: logged.run, changed: false });

  const script = join(import.meta.dirname, 'mlflow_read.py');
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, MLFLOW_DISABLE_TELEMETRY: 'true' };
  const { stdout } = await run(python, [script, server.url, 'llm', 'gates'], { env, timeoutMs: 120_000 });
  const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
    aliases: unknown;
    versions: Record<string, Record<string, unknown>>;
    runs: unknown;
  };
  checks.equal("MLflow's client sees the alias", seen.aliases, { production: '2' });
  checks.equal('… the version', seen.versions['1'], {
    source: `hf://acme/llm@${'a'.repeat(40)}`,
    digest: `sha256:${'a'.repeat(64)}`,
    // What was told last: it was put back into the stage.
    comment: 'octocat: broken',
    description: 'gate quality passed',
    stage: 'Staging',
  });
  checks.equal('… no version twice', Object.keys(seen.versions).length, 3);
  const metrics = { 'mmlu.acc/strict-match': 0.9, 'ttft_ms.p99': 312.5 };
  checks.equal('… the run', seen.runs, [{ status: 'FINISHED', metrics, verdict: 'pass' }]);
  return checks;
}
