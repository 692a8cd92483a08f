/** One release through the line: each function is one action, called as the runner calls it. */
import { join } from 'node:path';
import { hasPost, runAction, type ActionOutcome } from '@sluice/testing/runner';

export interface Place {
  /** Where workspaces, caches and the service's state lie. */
  folder: string;
  hubUrl: string;
  listen: string;
  suites: string;
}

export interface Step {
  stage: string;
  version: string;
  at: number;
  ms: number;
  run: ActionOutcome;
  expected: 'success' | 'gate-failed';
  /** Gate and canary were overridden. */
  forced: boolean;
  /** The reason lines of the step's log. */
  said: string;
}

/** How a release is expected to end in the demo; anything else fails the demo. */
export type Expected = Step['expected'];

const RULES = `
accuracy >= 60% with 95%
tests.errors == 0
bad_input.rejected_rate >= 100%
ttft_ms.p50 < 1000`;

export class Line {
  readonly place: Place;
  readonly steps: Step[] = [];
  readonly #show: (step: Step) => void;

  constructor(place: Place, show: (step: Step) => void) {
    this.place = place;
    this.#show = show;
  }

  workspace(version: string): string {
    return join(this.place.folder, 'workspaces', version);
  }

  get host(): Record<string, string> {
    return { service: 'llm', 'state-dir': join(this.place.folder, 'state') };
  }

  async pull(version: string): Promise<string> {
    const step = await this.call('model-pull', version, {
      model: 'acme/capitals',
      revision: version,
      endpoint: this.place.hubUrl,
      'cache-dir': join(this.place.folder, 'hub-cache'),
    });
    return step.run.outputs['path'] ?? '';
  }

  async test(version: string, modelPath: string): Promise<void> {
    await this.call('inference-test', version, {
      engine: 'embedded',
      'model-path': modelPath,
      'model-name': 'capitals',
      suite: `${this.place.suites}/capitals.yaml\n${this.place.suites}/bad-input.yaml`,
      thresholds: 'tests.errors == 0',
    });
  }

  async gate(version: string, baseline: string | undefined, expected: Expected = 'success'): Promise<Step> {
    const relative = baseline === undefined ? '' : '\naccuracy no-worse-than baseline by 5%';
    return this.call(
      'eval-gate',
      version,
      {
        results: 'sluice-run/results.json',
        thresholds: RULES + relative,
        ...(baseline === undefined
          ? {}
          : { baseline: join(this.workspace(baseline), 'sluice-run/results.json') }),
        'model-card': `models/${version}/model-card.yaml`,
      },
      expected,
    );
  }

  async deploy(
    version: string,
    modelPath: string,
    inputs: Record<string, string>,
    expected: Expected = 'success',
  ): Promise<Step> {
    return this.call(
      'canary-deploy',
      version,
      {
        ...this.host,
        listen: this.place.listen,
        'model-path': modelPath,
        'model-name': 'capitals',
        version,
        interval: '500ms',
        'max-duration': '60s',
        drain: '10s',
        'require-gate': 'true',
        ...inputs,
      },
      expected,
    );
  }

  async watch(version: string, inputs: Record<string, string>, expected: Expected): Promise<Step> {
    return this.call('auto-rollback', version, { ...this.host, ...inputs }, expected);
  }

  /** Ends the service, whatever state it is in. */
  async remove(): Promise<ActionOutcome> {
    return runAction('canary-deploy', {
      cwd: this.workspace('end'),
      inputs: { ...this.host, listen: this.place.listen, operation: 'remove' },
    });
  }

  /** Main, then post with main's state, as the runner does. */
  async call(
    action: string,
    version: string,
    inputs: Record<string, string>,
    expected: Expected = 'success',
  ): Promise<Step> {
    const at = Date.now();
    const cwd = this.workspace(version);
    const run = await runAction(action, { cwd, inputs, timeoutMs: 150_000 });
    const post = hasPost(action)
      ? await runAction(action, { cwd, inputs, state: run.state, post: true })
      : undefined;
    const said = reasonLines(run.stdout);
    const forced = inputs['require-gate'] === 'false';
    const step: Step = { stage: action, version, at, ms: Date.now() - at, run, expected, forced, said };
    this.steps.push(step);
    this.#show(step);
    if (run.outputs['outcome'] !== expected || (post?.exitCode ?? 0) !== 0) {
      throw new Error(
        `${action} of ${version} ended with '${run.outputs['outcome'] ?? 'no outcome'}' (exit ${run.exitCode}), ` +
          `expected '${expected}'; its log:\n${run.stdout}${run.stderr}${post?.stdout ?? ''}`,
      );
    }
    return step;
  }
}

/** What the step said for its verdict: its errors and warnings, without the workflow commands. */
function reasonLines(stdout: string): string {
  return stdout
    .split('\n')
    .flatMap((line) => /^::(?:error|warning)(?: [^:]*)?::(.*)$/.exec(line)?.[1] ?? [])
    .map((line) => line.replaceAll('%25', '%').replaceAll('%0A', ' '))
    .join(' · ');
}
