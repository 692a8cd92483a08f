/** A service on a host under live traffic, driven by the bundles as the runner runs them. */
import { freePort } from '@sluice/process/free-port';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectHost, type HostClient } from '@sluice/host/client';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';

export interface Traffic {
  sent: number;
  /** No complete answer. */
  lost: number;
  byVersion: Record<string, number>;
}

export interface Weights {
  loop?: number;
  error?: number;
  dies?: boolean;
  /** Makes equal behaviour another release. */
  salt?: string;
}

export class LiveService {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-live-'));
  readonly stateDir = join(this.folder, 'state');
  readonly listen: string;
  #traffic: { stop(): Promise<Traffic> } | undefined;

  constructor(port: number) {
    this.listen = `127.0.0.1:${port}`;
  }

  static async open(): Promise<LiveService> {
    return new LiveService(await freePort());
  }

  /** Ends the supervisor, its servers and the clients, whatever a test left. */
  async close(): Promise<void> {
    await this.#traffic?.stop();
    await (await this.host())?.shutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }

  host(): Promise<HostClient | undefined> {
    return connectHost({ stateDir: this.stateDir, service: 'llm' });
  }

  /** A release's weights; the version's name is a part of them. */
  weights(version: string, behaviour: Weights = {}): string {
    const path = join(this.folder, `${version}.json`);
    writeFileSync(path, JSON.stringify({ version, ...behaviour }));
    return path;
  }

  /** A suite of one question, as `probe` and `verify` take it. */
  suite(name: string, prompt: string, wanted: string): string {
    const path = join(this.folder, `${name}.yaml`);
    const assert = [{ type: 'contains', value: wanted }];
    // JSON is YAML.
    writeFileSync(path, JSON.stringify({ prompts: [prompt], tests: [{ description: name, assert }] }));
    return path;
  }

  deploy(
    version: string,
    inputs: Record<string, string> = {},
    options: Omit<ActionRun, 'inputs'> = {},
  ): Promise<ActionOutcome> {
    const server = join(import.meta.dirname, 'model-server.mjs');
    return runAction('canary-deploy', {
      timeoutMs: 60_000,
      ...options,
      inputs: {
        'state-dir': this.stateDir,
        listen: this.listen,
        'model-path': join(this.folder, `${version}.json`),
        version,
        engine: 'command',
        'engine-command': `'${process.execPath}' '${server}' {port} {model-path}`,
        steps: '30% 300ms, 60% 300ms, 100%',
        analysis: 'error_rate no-worse-than stable by 10%\nloop_rate no-worse-than stable by 10%',
        interval: '100ms',
        drain: '5s',
        'release-record': join(this.folder, `record-${version}.json`),
        ...inputs,
      },
    });
  }

  rollback(inputs: Record<string, string>, options: Omit<ActionRun, 'inputs'> = {}): Promise<ActionOutcome> {
    return runAction('auto-rollback', {
      timeoutMs: 60_000,
      ...options,
      inputs: {
        'state-dir': this.stateDir,
        interval: '100ms',
        'release-record': join(this.folder, 'record-rollback.json'),
        ...inputs,
      },
    });
  }

  /** Clients ask until `stopTraffic`, each some 50 times a second: users at every moment, and a processor left for the test. */
  startTraffic(clients = 4, prompts = ['The capital of France is']): void {
    const traffic: Traffic = { sent: 0, lost: 0, byVersion: {} };
    let going = true;
    const done = Promise.all(
      Array.from({ length: clients }, async () => {
        while (going) {
          traffic.sent += 1;
          const version = await this.#ask(prompts[traffic.sent % prompts.length] ?? '');
          if (version === undefined) traffic.lost += 1;
          else traffic.byVersion[version] = (traffic.byVersion[version] ?? 0) + 1;
          await sleep(15);
        }
      }),
    );
    this.#traffic = {
      stop: async () => {
        going = false;
        await done;
        return traffic;
      },
    };
  }

  async stopTraffic(): Promise<Traffic> {
    const traffic = await this.#traffic?.stop();
    this.#traffic = undefined;
    if (traffic === undefined) throw new Error('no traffic was started');
    return traffic;
  }

  /** The version that answered, completely; a 500 of the model counts as its answer. */
  async #ask(prompt: string): Promise<string | undefined> {
    try {
      const response = await fetch(`http://${this.listen}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'llm', prompt, stream: true, max_tokens: 120, temperature: 0 }),
        signal: AbortSignal.timeout(30_000),
      });
      const text = await response.text();
      const whole = response.status === 500 ? text.includes('out of memory') : text.endsWith('[DONE]\n\n');
      return whole ? (response.headers.get('x-sluice-version') ?? '?') : undefined;
    } catch {
      return undefined;
    }
  }
}
