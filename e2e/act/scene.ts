/** The scene of the lane: a hub with the tiny models, the GitHub emulator, the user's repository, a serving host. */
import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectHost } from '@sluice/host/client';
import { run } from '@sluice/process/run';
import { checkRecord, type ReleaseRecord } from '@sluice/release/record';
import { listRevisions } from '@sluice/testing/hub/main';
import { startHub, type FixtureHub } from '@sluice/testing/hub/server';
import { startEmulator, type Emulator } from '../github/src/server.ts';
import { timestamp } from '../github/src/world.ts';
import { runAct, type ActResult } from './act.ts';
import {
  commitWorkflow,
  makeConsumer,
  ORGANISATION,
  RELEASE_SHA,
  REPOSITORY,
  stageSuite,
  SUITE_OWNER,
} from './consumer.ts';
import { ROOT } from './tools.ts';

export const MODEL = 'acme/capitals';
const SUITES = ['capitals.yaml', 'bad-input.yaml'];
const RUN_TIMEOUT_MS = 5 * 60_000;
/** GitHub's own artifact actions, as the workflows pin them: act gets stand-ins for these. */
const STANDS_IN = /uses: (?<action>actions\/(?:upload|download)-artifact)@(?<sha>[0-9a-f]{40})/g;

export interface Tools {
  act: string;
  standIns: string;
  engine: string;
}

export class Scene {
  readonly folder: string;
  readonly github: Emulator;
  readonly hub: FixtureHub;
  readonly tools: Tools;
  #runs = 0;

  private constructor(folder: string, github: Emulator, hub: FixtureHub, tools: Tools) {
    this.folder = folder;
    this.github = github;
    this.hub = hub;
    this.tools = tools;
  }

  /** `suite` is the checkout whose actions and bundles are run. */
  static async open(tools: Tools, suite = ROOT): Promise<Scene> {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-act-'));
    await stageSuite(join(folder, 'suite'), suite);
    await makeConsumer(join(folder, 'repository'), SUITES);
    const github = await startEmulator({
      repositories: [{ name: REPOSITORY }],
      log: (line) => process.stdout.write(`${line}\n`),
    });
    const revisions = await listRevisions(join(ROOT, 'fixtures', 'models'));
    const hub = await startHub({ repos: [{ id: MODEL, revisions }] });
    return new Scene(folder, github, hub, tools);
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  /** Commits the workflow and runs it as a push to main, or as a pull request of `head`. */
  async run(workflow: string, title: string, head?: { repository: string }): Promise<ActResult> {
    const repository = join(this.folder, 'repository');
    const sha = await commitWorkflow(repository, workflow, title);
    this.#push(sha, title);
    this.#runs += 1;
    const standIns = [...workflow.matchAll(STANDS_IN), ...(await this.#reusable()).matchAll(STANDS_IN)];
    const common = {
      repository: {
        full_name: REPOSITORY,
        name: 'llm',
        owner: { login: ORGANISATION },
        default_branch: 'main',
      },
      sender: { login: 'octocat' },
    };
    return runAct({
      act: this.tools.act,
      repository,
      work: join(this.folder, 'runs', String(this.#runs)),
      event: head === undefined ? 'push' : 'pull_request',
      payload:
        head === undefined
          ? { ref: 'refs/heads/main', after: sha, ...common }
          : {
              number: 7,
              ...common,
              pull_request: {
                number: 7,
                head: { ref: 'change', sha, repo: { full_name: head.repository } },
                base: { ref: 'main', repo: { full_name: REPOSITORY } },
              },
            },
      localRepositories: {
        [`${SUITE_OWNER}/sluice@${RELEASE_SHA}`]: join(this.folder, 'suite'),
        [`${ORGANISATION}/sluice@${RELEASE_SHA}`]: join(this.folder, 'suite'),
        ...Object.fromEntries(
          standIns.map(({ groups }) => [
            `${groups?.['action'] ?? ''}@${groups?.['sha'] ?? ''}`,
            join(this.tools.standIns, (groups?.['action'] ?? '').replace('actions/', '')),
          ]),
        ),
      },
      github: this.github.url,
      token: 'ghs_act_lane_token',
      runId: String(4000 + this.#runs),
      env: {
        HF_ENDPOINT: this.hub.url,
        HF_HOME: join(this.folder, 'hf'),
        SLUICE_EMBEDDED: this.tools.engine,
      },
      timeoutMs: RUN_TIMEOUT_MS,
    });
  }

  /** GitHub's side of a push: the emulator knows the commit, and main points to it. */
  #push(sha: string, message: string): void {
    const repository = this.github.world.repositories[REPOSITORY];
    if (repository === undefined) throw new Error(`the emulator has no ${REPOSITORY}`);
    const parent = repository.refs['refs/heads/main'] ?? '';
    repository.commits[sha] = { sha, message, parents: [parent], files: {}, date: timestamp() };
    repository.refs['refs/heads/main'] = sha;
  }

  async #reusable(): Promise<string> {
    const folder = join(this.folder, 'suite', '.github', 'workflows');
    const names = await readdir(folder);
    return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
  }

  /** Runs the bundle of canary-deploy as the runner would: `operation: status`, `operation: remove`. */
  async host(operation: string, service: string): Promise<string> {
    const work = join(this.folder, 'host');
    await mkdir(work, { recursive: true });
    const { stdout } = await run(process.execPath, [join(this.folder, 'suite/dist/canary-deploy/index.js')], {
      cwd: work,
      env: {
        PATH: process.env['PATH'],
        HOME: work,
        RUNNER_TEMP: work,
        GITHUB_WORKSPACE: work,
        INPUT_TARGET: 'host',
        INPUT_OPERATION: operation,
        INPUT_SERVICE: service,
        'INPUT_STATE-DIR': this.stateDir,
      },
      timeoutMs: 60_000,
    });
    return stdout;
  }

  /**
   * The release records that the host keeps for a service, oldest first, each read as any later job would read it:
   * a broken chain throws.
   */
  async storedRecords(service: string): Promise<ReleaseRecord[]> {
    const client = await connectHost({ stateDir: this.stateDir, service });
    const history = client === undefined ? [] : (await client.status()).history;
    return history.flatMap(({ record }) =>
      record === null ? [] : [checkRecord(record, `${service}'s history`)],
    );
  }

  /** Takes everything down; returns the command lines of what had to be killed, which should be none. */
  async close(services: readonly string[]): Promise<string[]> {
    for (const service of services) await this.host('remove', service).catch(() => '');
    await sleep(500);
    const left = await this.#leftovers();
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    await this.hub.close();
    await this.github.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 3 });
    return left.map(({ command }) => command);
  }

  /** Processes whose command line names this scene's own folder. */
  async #leftovers(): Promise<{ pid: number; command: string }[]> {
    const found: { pid: number; command: string }[] = [];
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
      const text = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
      if (text.includes(this.folder))
        found.push({ pid: Number(name), command: text.replaceAll('\0', ' ').trim() });
    }
    return found;
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
