/**
 * The starter workflows, run for real: `node e2e/act/run.ts` runs them by act in host mode, with no Docker and no
 * network, against the GitHub emulator and the fixture hub. One line a check; the last line is `N passed, N failed`.
 *
 *     --suite <folder>   run the actions and bundles of another checkout
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Checks } from './checks.ts';
import { Client, servingVersion } from './client.ts';
import { editValues, readTemplate, REPOSITORY } from './consumer.ts';
import { goOffline, isOffline } from './offline.ts';
import { freePort, MODEL, Scene, type Tools } from './scene.ts';
import { ensureAct, ensureEngine, ensureStandIns, ROOT } from './tools.ts';
import type { ActResult } from './act.ts';

const { values: options } = parseArgs({ options: { suite: { type: 'string', default: ROOT } } });
const checks = new Checks();
/** v1 answers 60 of the 80 cases, v2 all, v3 30. */
const THRESHOLDS = 'tests.errors == 0\naccuracy >= 0.70';
/** Wide enough to be proven within seconds by one client. */
const ANALYSIS = 'error_rate no-worse-than stable by 10%';

/** The line of a log that says most about a failure, and where the whole is. */
function tailOf(result: ActResult): string {
  const words = result.log.split('\n').filter((line) => /error|fail|refus|❌|::/i.test(line));
  return words.slice(-6).join(' | ').slice(0, 900);
}

function jobsOf(result: ActResult): string {
  return Object.entries(result.jobs)
    .map(([job, how]) => `${job} ${how}`)
    .join(', ');
}

/** All step summaries of a job together. */
function summaryOf(result: ActResult, job: string): string {
  return Object.entries(result.summaries)
    .filter(([step]) => step.startsWith(`${job}:`))
    .map(([, text]) => text)
    .join('\n');
}

function expectGreen(result: ActResult, what: string): void {
  const green = ['gate', 'deploy', 'watch'].every((job) => result.jobs[job] === 'success');
  checks.tell(
    result.exitCode === 0 && green,
    what,
    green ? jobsOf(result) : `${jobsOf(result)}; ${tailOf(result)}`,
  );
}

interface SeenDeployment {
  environment: string;
  sha: string;
  states: string[];
  payload: unknown;
}

function deployments(scene: Scene): SeenDeployment[] {
  return (scene.github.world.repositories[REPOSITORY]?.deployments ?? []).map((item) => ({
    environment: item.environment,
    sha: item.sha,
    states: item.statuses.map((status) => status.state),
    payload: item.payload,
  }));
}

/** The starter whose jobs call the actions: v1 first, v2 over it under traffic, v3 refused. */
async function runStarter(scene: Scene): Promise<void> {
  const listen = `127.0.0.1:${await freePort()}`;
  const template = await readTemplate('llm-release.yml');
  const at = (revision: string): string =>
    editValues(template, {
      MODEL,
      REVISION: revision,
      ENGINE: 'embedded',
      LISTEN: listen,
      STATE_DIR: scene.stateDir,
      THRESHOLDS,
      ANALYSIS,
      STEPS: '50% 3s, 100%',
      WINDOW: '3s',
    });

  const first = await scene.run(at('v1'), 'release v1');
  expectGreen(first, 'v1, the first deploy, is green');
  const old = await servingVersion(listen);
  checks.tell(old !== undefined, 'v1 outlives its job', `${old ?? 'nothing'} answers`);

  const client = new Client(listen);
  const second = await scene.run(at('v2'), 'release v2');
  const tally = await client.stop();
  expectGreen(second, 'v2 over v1 is green');
  const now = await servingVersion(listen);
  checks.tell(
    now !== undefined && now !== old,
    'v2 serves after its canary',
    `${old ?? 'nothing'} before, ${now ?? 'nothing'} now`,
  );
  checks.tell(tally.lost === 0 && tally.sent > 0, 'no request is lost on the way', JSON.stringify(tally));

  const travelled = scene.github.world.artifacts.filter(
    ({ name, finalized }) => name === 'release-record' && finalized,
  );
  checks.tell(
    travelled.length === 2,
    'each record went from the gate to the deploy as an artifact',
    travelled.map(({ size, digest }) => `${size} bytes ${digest.slice(0, 15)}`).join(', '),
  );
  const records = await scene.storedRecords('llm');
  const stages = records.at(-1)?.stages.map(({ action, verdict }) => `${action} ${verdict}`) ?? [];
  checks.tell(
    ['inference-test', 'eval-gate', 'canary-deploy'].every((action) => stages.includes(`${action} pass`)),
    'the record is found again after the deploy, with the gate that opened the door',
    `${records.length} stored; the last: ${stages.join(', ')}`,
  );
  const made = deployments(scene);
  checks.tell(
    made.length === 2 &&
      made.every((item) => item.environment === 'production' && item.states.includes('success')),
    'two deployments with their statuses stand in GitHub',
    made.map((item) => item.states.join('>')).join('; '),
  );
  checks.tell(
    made.length === 2 && made.every((item) => /sha256:[0-9a-f]{64}/.test(JSON.stringify(item.payload))),
    'their payload names the release digest',
    JSON.stringify(made.at(-1)?.payload ?? null).slice(0, 160),
  );

  const third = await scene.run(at('v3'), 'release v3');
  checks.tell(
    third.exitCode !== 0 &&
      third.jobs['gate'] === 'failure' &&
      !['success', 'failure'].includes(third.jobs['deploy'] ?? ''),
    'v3 is red at the gate, and nothing is deployed',
    jobsOf(third),
  );
  const summary = summaryOf(third, 'gate');
  const reason = summary
    .split('\n')
    .find((line) => line.includes('accuracy') && /fail|✗|❌|missed|<|&lt;/i.test(line));
  checks.tell(
    reason !== undefined,
    'the step summary says why',
    reason?.trim() ?? `summary: ${summary.slice(0, 300)}`,
  );
  const still = await servingVersion(listen);
  checks.tell(
    still !== undefined && still === now && deployments(scene).length === 2,
    'v2 still serves',
    still ?? 'nothing',
  );

  const own = await scene.run(at('v1'), 'a change', { repository: REPOSITORY });
  checks.tell(
    own.exitCode === 0 &&
      own.jobs['gate'] === 'success' &&
      own.jobs['deploy'] !== 'success' &&
      deployments(scene).length === 2,
    'a pull request is gated and never deploys',
    jobsOf(own),
  );
  const fork = await scene.run(at('v1'), 'a change from a fork', { repository: 'stranger/llm' });
  checks.tell(
    fork.jobs['gate'] !== 'success',
    'a pull request from a fork reaches no machine',
    jobsOf(fork) || 'no job ran',
  );
}

/** The starter that calls the reusable workflow of the user's own organisation: the same line, another service. */
async function runReusable(scene: Scene): Promise<void> {
  const before = deployments(scene).length;
  const text = editValues(await readTemplate('llm-release-reusable.yml'), {
    model: MODEL,
    revision: 'v1',
    engine: 'embedded',
    service: 'second',
    listen: `127.0.0.1:${await freePort()}`,
    'state-dir': scene.stateDir,
    thresholds: THRESHOLDS,
    analysis: ANALYSIS,
    steps: '50% 3s, 100%',
    window: '3s',
  });
  const result = await scene.run(text, 'release v1 by the reusable workflow');
  const green = result.exitCode === 0 && deployments(scene).length === before + 1;
  checks.tell(
    green,
    'the reusable workflow is green',
    green ? jobsOf(result) : `${jobsOf(result)}; ${tailOf(result)}`,
  );
}

async function prepare(): Promise<Tools> {
  const act = await ensureAct();
  const standIns = await ensureStandIns();
  const engine = await ensureEngine();
  return { act, standIns, engine };
}

const known = process.env['SLUICE_ACT_TOOLS'];
const tools = known === undefined ? await prepare() : (JSON.parse(known) as Tools);
if (!isOffline()) {
  goOffline(join(import.meta.dirname, 'run.ts'), process.argv.slice(2), {
    SLUICE_ACT_TOOLS: JSON.stringify(tools),
  });
}
process.stdout.write(
  'upload-artifact and download-artifact are stand-ins (e2e/act/actions), on @actions/artifact; the rest is as users run it\n',
);
checks.tell(
  isOffline(),
  'there is no network',
  isOffline() ? 'a namespace with loopback only' : 'no namespace to be had',
);
const scene = await Scene.open(tools, options.suite);
try {
  await runStarter(scene);
  await runReusable(scene);
  const { violations, requests } = scene.github.world;
  checks.tell(
    violations.length === 0 && requests.every(({ status }) => status < 500),
    "GitHub's API was used by its own description",
    violations.length > 0 ? violations.join('; ') : `${requests.length} requests`,
  );
} catch (error) {
  checks.tell(false, 'the lane ran to its end', error instanceof Error ? error.message : String(error));
} finally {
  const left = await scene.close(['llm', 'second']);
  checks.tell(
    left.length === 0,
    'nothing is left running after `operation: remove`',
    left.join(' | ').slice(0, 300),
  );
}
checks.close();
