/** A job with a container that is cancelled, in its start and while it asks: the bundle's main gets the signal, then post runs. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RUN_LABEL } from '@sluice/inference/containers/container';
import { docker } from '@sluice/inference/containers/docker';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';
import type { Counter } from './checks.ts';

const SUITE =
  'tests: [{vars: {prompt: a}, assert: [{type: ends}]}, {vars: {prompt: b}, assert: [{type: ends}]}]';
const WITHIN_MS = 60_000;

/** What the runner sends when a job is cancelled, and what a machine that runs out of memory does. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;

export async function checkCancelled(
  check: Counter['check'],
  image: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const settings = Object.fromEntries(
    ['PATH', 'DOCKER_HOST', 'DOCKER_CONFIG'].flatMap((name) =>
      env[name] === undefined ? [] : [[name, env[name]]],
    ),
  ) as Record<string, string>;
  const ours = async (): Promise<string> =>
    docker(['ps', '--all', '--quiet', '--filter', `label=${RUN_LABEL}`], { env });
  /** Resolves when the container has said so. */
  const says = async (word: string): Promise<void> => {
    for (const deadline = Date.now() + WITHIN_MS; Date.now() < deadline;) {
      const [id] = (await ours()).split('\n');
      const log = id === undefined || id === '' ? '' : await docker(['logs', id], { env }).catch(() => '');
      if (log.includes(word)) return;
      await sleep(100);
    }
  };
  const cancelled = async (
    killSignal: NodeJS.Signals,
    word: string,
    delayMs: number,
  ): Promise<{ ran: ActionOutcome; after: string; left: string; post: ActionOutcome }> => {
    const cwd = await mkdtemp(join(tmpdir(), 'sluice-cancelled-'));
    try {
      await writeFile(join(cwd, 's.yaml'), SUITE);
      const inputs = {
        image,
        suite: 's.yaml',
        env: `DELAY_MS=${delayMs}`,
        protocol: 'openai-chat',
        concurrency: '1',
      };
      const ran = await runAction('inference-test', {
        inputs,
        env: settings,
        cwd,
        killSignal,
        killOn: says(word),
      });
      const after = await ours();
      const state = { ...ran.state, sluice_phase: '"main"' };
      const post = await runAction('inference-test', { inputs, env: settings, cwd, post: true, state });
      const results = await readFile(join(cwd, 'sluice-run/results.json'), 'utf8').catch(() => '');
      return { ran: { ...ran, stdout: `${ran.stdout}\n${results}` }, after, left: await ours(), post };
    } finally {
      await rm(cwd, { recursive: true, force: true });
    }
  };
  for (const signal of SIGNALS) {
    for (const [word, when, delayMs] of [
      ['listening', 'it comes up', 60_000],
      ['asked', 'it answers', 0],
    ] as const) {
      await check(`docker: ${signal} while ${when}: ${signal === 'SIGKILL' ? 'post removes the container' : 'main removes the container'}`, async () => {
        const { ran, after, left, post } = await cancelled(signal, word, delayMs);
        const isTold = signal === 'SIGKILL' ? post.stdout.includes('removed the container') : after === '' && ran.outputs['outcome'] === 'infra-error';
        const isPartial = signal === 'SIGKILL' || word === 'listening' || ran.stdout.includes('"partial": true');
        return (isTold && isPartial && left === '' && post.exitCode === 0) || JSON.stringify({ after, left, post: post.stdout, ran: ran.stdout.slice(-800) });
      }); // prettier-ignore
    }
  }
}
