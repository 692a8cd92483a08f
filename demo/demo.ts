/**
 * `npm run demo`: the whole line on one machine, with the committed bundles and tiny real models, while a client
 * keeps asking. v1 is released; v2 follows by canary; v3 is refused at the gate; v4 passes the gate, starts its
 * canary and is taken back; then v4 is forced into production and auto-rollback undoes it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration } from '@sluice/runtime/units';
import { listRevisions } from '@sluice/testing/hub/main';
import { startHub } from '@sluice/testing/hub/server';
import { Line, type Step } from './line.ts';
import { freePort } from '@sluice/process/free-port';
import { demoReport } from './report.ts';
import { startTraffic, totalsOf, type Traffic } from './traffic.ts';

const ROOT = join(import.meta.dirname, '..');
const REPORT = join(ROOT, 'demo-report');

const CANARY_RULES = `
error_rate no-worse-than stable by 10%
loop_rate no-worse-than stable by 10%
empty_rate no-worse-than stable by 10%
ttft_ms <= 1000`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function show(step: Step): void {
  const mark = step.run.outputs['outcome'] === 'success' ? '✓' : '✗';
  const why = step.run.outputs['outcome'] === 'success' ? '' : `  ${step.said}`;
  say(`${mark} ${step.version}  ${step.stage.padEnd(14)} ${formatDuration(step.ms).padStart(7)}${why}`);
}

async function releaseAll(line: Line, begin: () => Promise<void>): Promise<Step[]> {
  say('\nv1: the first release');
  const v1 = await line.pull('v1');
  await line.test('v1', v1);
  await line.gate('v1', undefined);
  await line.deploy('v1', v1, { steps: '100%' });
  await begin();

  say('\nv2 knows more: by canary, while the client keeps asking');
  const v2 = await line.pull('v2');
  await line.test('v2', v2);
  await line.gate('v2', 'v1');
  await line.deploy('v2', v2, { steps: '20% 3s, 50% 3s, 100%', analysis: CANARY_RULES });

  say('\nv3 has forgotten half: the gate refuses it');
  const v3 = await line.pull('v3');
  await line.test('v3', v3);
  const refused = await line.gate('v3', 'v2', 'gate-failed');

  say(
    '\nv4 gives short answers right and never ends long ones: the gate sees short ones, the canary sees users',
  );
  const v4 = await line.pull('v4');
  await line.test('v4', v4);
  await line.gate('v4', 'v2');
  const takenBack = await line.deploy(
    'v4',
    v4,
    { steps: '20% 3s, 50% 3s, 100%', analysis: CANARY_RULES },
    'gate-failed',
  );

  say('\nv4 again, forced into production: gate and canary overridden, auto-rollback watches');
  await line.deploy('v4', v4, {
    strategy: 'rolling',
    steps: '100%',
    analysis: 'error_rate <= 50%',
    'allow-quarantined': 'true',
    'require-gate': 'false',
    'min-samples': '1',
  });
  const undone = await line.watch(
    'v4',
    {
      mode: 'watch',
      window: '60s',
      interval: '500ms',
      slo: 'loop_rate <= 5%\nerror_rate <= 5%',
      drain: '10s',
    },
    'gate-failed',
  );
  return [refused, takenBack, undone];
}

/** The demo's own promises; a broken one makes it exit 1. */
function brokenPromises(traffic: ReturnType<typeof totalsOf>, undone: Step | undefined): string[] {
  return [
    traffic.sent < 50 ? `only ${traffic.sent} requests were sent` : '',
    traffic.lost > 0 ? `${traffic.lost} requests were lost` : '',
    undone?.run.outputs['rolled-back'] === 'true' ? '' : 'auto-rollback undid nothing',
    undone?.run.outputs['to'] === 'v2'
      ? ''
      : `auto-rollback went to ${undone?.run.outputs['to'] ?? 'nowhere'}, not v2`,
  ].filter((promise) => promise !== '');
}

async function main(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-demo-'));
  const started = Date.now();
  const hub = await startHub({
    repos: [{ id: 'acme/capitals', revisions: await listRevisions(join(ROOT, 'fixtures/models')) }],
  });
  const listen = `127.0.0.1:${await freePort()}`;
  const line = new Line({ folder, hubUrl: hub.url, listen, suites: join(ROOT, 'examples/suites') }, show);
  let traffic: Traffic | undefined;
  try {
    say(`A model hub on this machine: ${hub.url} · the service: http://${listen} · state: ${folder}`);
    const [, , undone] = await releaseAll(line, async () => {
      traffic = await startTraffic({
        url: `http://${listen}`,
        facts: join(ROOT, 'fixtures/models/facts.json'),
        folder,
      });
      say('  a client starts to send prompts: 4 at a time, short ones and long ones');
    });
    await new Promise((done) => setTimeout(done, 2_000));
    await traffic?.stop();
    const requests = traffic?.seen() ?? [];
    const totals = totalsOf(requests);
    const promises = brokenPromises(totals, undone);
    mkdirSync(REPORT, { recursive: true });
    const report = join(REPORT, 'index.html');
    writeFileSync(report, demoReport({ steps: line.steps, requests, totals, promises, started }));
    printNumbers(totals, undone, Date.now() - started);
    say(`\nReport with pictures: ${report}`);
    for (const promise of promises) say(`✗ ${promise}`);
    return promises.length === 0 ? 0 : 1;
  } finally {
    await traffic?.stop();
    const removed = await line.remove();
    if (removed.exitCode !== 0) say(`the service could not be ended:\n${removed.stdout}`);
    await hub.close();
    if (process.env['SLUICE_DEMO_KEEP'] === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function printNumbers(totals: ReturnType<typeof totalsOf>, undone: Step | undefined, ms: number): void {
  const versions = Object.entries(totals.byVersion)
    .sort()
    .map(([version, count]) => `${version}: ${count}`)
    .join(', ');
  const seconds = (name: string): string => `${Number(undone?.run.outputs[name]).toFixed(1)} s`;
  say(`
Requests sent         ${totals.sent}
  lost                ${totals.lost}   (no complete answer within 30 s)
  answered by         ${versions}
  never-ending, v4    ${totals.endless['v4'] ?? 0}
Time to detect v4     ${seconds('seconds-to-detect')}   (forced into production)
Time to restore v2    ${seconds('seconds-to-restore')}
All of it took        ${formatDuration(ms)}`);
}

process.exitCode = await main().catch((error: unknown) => {
  say(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
