/** The committed bundle against a real supervisor, real server processes and clients that never stop asking. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { LiveService } from '../../../packages/rollout/test/live-service.ts';

let live: LiveService;

beforeAll(async () => {
  live = await LiveService.open();
  for (const version of ['v1', 'v2', 'v3', 'v5', 'v6', 'v7', 'v10']) live.weights(version);
  live.weights('v4', { loop: 0.6 });
  live.weights('v8', { error: 0.5 });
  live.weights('v9', { dies: true });
});

afterAll(() => live.close());

async function serving(): Promise<{ stable: string | null; versions: string[]; phase: string | undefined }> {
  const status = await (await live.host())?.status();
  return {
    stable: status?.stable ?? null,
    versions: status?.servers.map(({ version }) => version).sort() ?? [],
    phase: status?.rollout?.phase,
  };
}

// The tests follow one another on one service, as releases do.
describe('one service', () => {
  test('gets its first release, with nobody to compare it with', async () => {
    const { exitCode, outputs, stdout } = await live.deploy('v1');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(outputs).toMatchObject({
      verdict: 'pass',
      outcome: 'success',
      weight: '1',
      stable: 'v1',
      winner: 'v1',
      canary: '',
    });
    expect(stdout).toMatch(/warm-up: 3 requests/);
    const record = JSON.parse(readFileSync(join(live.folder, 'record-v1.json'), 'utf8')) as {
      status: string;
      stages: { action: string }[];
    };
    expect([record.status, record.stages.at(-1)?.action]).toEqual(['deployed', 'canary-deploy']);
    live.startTraffic();
  });

  test('the same release again changes nothing', async () => {
    const { outputs, stdout } = await live.deploy('v1');
    expect(outputs['outcome']).toBe('success');
    expect(stdout).toMatch(/v1 serves this release .* already: nothing to do/);
  });

  test('a good release goes through its steps', async () => {
    const suite = live.suite('capital', 'The capital of France is', 'Paris');
    const { exitCode, outputs, stdout, summary } = await live.deploy('v2', {
      ...{ probe: suite, verify: suite, protocol: 'openai-completions' },
    });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(
      /requests, [1-9]\d* by the probe of each \|[^]*asking v2 through the public route/,
    );
    expect(outputs).toMatchObject({ verdict: 'pass', stable: 'v2', weight: '1' });
    expect(stdout).toMatch(
      /step 1\/3 30% \| v2 \d+, v1 \d+ requests, \d+ by the probe of each \| error_rate 0\.00% vs 0\.00%/,
    );
    expect(JSON.parse(outputs['analysis'] ?? '')).toMatchObject({ overall: 'pass' });
    expect(summary).toMatch(/\| `loop_rate no-worse-than stable by 10%` \| 0\.00%/);
    expect(summary).toMatch(/```mermaid\nxychart-beta/);
    expect(await serving()).toEqual({ stable: 'v2', versions: ['v2'], phase: 'done' });
  });

  test('one that fails its suite on the public route is taken back from 100 %', async () => {
    const verify = live.suite('capital-of-italy', 'The capital of Italy is', 'Rome');
    const { exitCode, outputs, stdout } = await live.deploy('v3', { verify, protocol: 'openai-completions' });
    expect([exitCode, outputs['outcome'], outputs['stable']]).toEqual([1, 'gate-failed', 'v2']);
    expect(stdout).toMatch(
      /v3 was taken back: verify: 1 of 1 cases did not pass: "capital-of-italy": .*; v2 has/,
    );
    expect(await serving()).toMatchObject({ stable: 'v2', versions: ['v2'], phase: 'aborted' });
  });

  test.each([
    ['v4', 'loop_rate'],
    ['v8', 'error_rate'],
  ])('%s is taken back by evidence (%s), and not let in again', async (version, metric) => {
    // No warm-up: it would meet v8's errors before any user does.
    const { exitCode, outputs, stdout } = await live.deploy(version, { warmup: '0' });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 1 });
    expect(outputs).toMatchObject({
      verdict: 'fail',
      outcome: 'gate-failed',
      stable: 'v2',
      weight: '0',
      winner: 'v2',
    });
    expect(stdout).toMatch(
      new RegExp(
        `${version} was taken back: broken: ${metric} no-worse-than stable by 10%25 \\([\\d.]+%25 of \\d+ requests against 0.00%25 of \\d+\\); v2 has all traffic again`,
      ),
    );
    expect(await serving()).toMatchObject({ stable: 'v2', versions: ['v2'], phase: 'aborted' });
    const again = await live.deploy(version);
    expect(again.outputs['outcome']).toBe('gate-failed');
    expect(again.stdout).toMatch(/is quarantined since .*: broken: .*`allow-quarantined: true`/);
  });

  test('a release whose server does not start touches nobody', async () => {
    const { exitCode, outputs, stdout } = await live.deploy('v9');
    expect([exitCode, outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(stdout).toMatch(/no such layer in these weights/);
    expect(await serving()).toMatchObject({ stable: 'v2', versions: ['v2'] });
  });

  test('SIGKILL in the middle of a step: the next run of the same release finishes it', async () => {
    const killed = await live.deploy(
      'v3',
      { steps: '30% 5m, 100%' },
      { killWhen: /step 1\/2 30% \| v3 [1-9]/ },
    );
    expect(killed.signal).toBe('SIGKILL');
    expect(await serving()).toMatchObject({ stable: 'v2', versions: ['v2', 'v3'], phase: 'stepping' });
    // It has five minutes to hold, which the state on record says: an operator need not wait.
    const { exitCode, stdout, outputs } = await live.deploy('v3', { operation: 'promote' });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/found the rollout of v3, left in phase 'stepping' at step 1: going on there/);
    expect(outputs).toMatchObject({ stable: 'v3', winner: 'v3' });
  });

  test('blue-green: shown to who asks for it, until somebody in another job says so', async () => {
    const gated = await live.deploy('v5', {
      strategy: 'blue-green',
      steps: 'preview pause, 100%',
      analysis: '',
    });
    expect(gated.outputs).toMatchObject({
      verdict: 'pass',
      outcome: 'success',
      canary: 'v5',
      stable: 'v3',
      winner: '',
    });
    expect(gated.outputs['preview']).toBe(`http://${live.listen} with header x-sluice-preview: true`);
    const seenBy = async (headers: Record<string, string>): Promise<string | null> =>
      (
        await fetch(`http://${live.listen}/v1/completions`, { method: 'POST', body: '{}', headers })
      ).headers.get('x-sluice-version');
    expect([await seenBy({ 'x-sluice-preview': 'true' }), await seenBy({})]).toEqual(['v5', 'v3']);
    const { exitCode, stdout, outputs } = await live.deploy('v5', { operation: 'promote' });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(outputs).toMatchObject({ stable: 'v5', winner: 'v5' });
    expect((await live.deploy('v3')).outputs['stable']).toBe('v3');
  });

  test('SIGKILL, then the same release again: it goes on at its step', async () => {
    const killed = await live.deploy(
      'v5',
      { steps: '30% 1s, 60% 1s, 100%' },
      { killWhen: /step 2\/3 60% \| v5 [1-9]/ },
    );
    expect(killed.signal).toBe('SIGKILL');
    const { exitCode, stdout } = await live.deploy('v5');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/found the rollout of v5, left in phase 'stepping' at step 2: going on there/);
    expect(stdout).not.toMatch(/step 1\/3/);
    expect(await serving()).toEqual({ stable: 'v5', versions: ['v5'], phase: 'done' });
  });

  test('SIGKILL, then another release: the half-done one is undone first', async () => {
    await live.deploy('v6', { steps: '30% 5m, 100%' }, { killWhen: /step 1\/2 30% \| v6 [1-9]/ });
    const { exitCode, stdout } = await live.deploy('v7');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/found the rollout of v6, .* undoing it first/);
    expect(await serving()).toEqual({ stable: 'v7', versions: ['v7'], phase: 'done' });
  });

  test('SIGKILL, then the clean-up step: the traffic is back where it was', async () => {
    const killed = await live.deploy(
      'v6',
      { steps: '30% 5m, 100%' },
      { killWhen: /step 1\/2 30% \| v6 [1-9]/ },
    );
    const { exitCode, stdout } = await live.deploy('v6', {}, { post: true, state: killed.state });
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/v6 was taken back; v7 serves/);
    expect(await serving()).toMatchObject({ stable: 'v7', versions: ['v7'], phase: 'aborted' });
  });

  test('SIGTERM gives the traffic back before the process ends', async () => {
    const options = { killWhen: /step 1\/2 30% \| v6 [1-9]/, killSignal: 'SIGTERM' } as const;
    const { exitCode, outputs, wallMs } = await live.deploy('v6', { steps: '30% 5m, 100%' }, options);
    expect([exitCode, outputs['outcome']]).toEqual([1, 'infra-error']);
    expect(wallMs).toBeLessThan(20_000);
    expect(await serving()).toMatchObject({ stable: 'v7', versions: ['v7'], phase: 'aborted' });
  });

  test('two releases at once: one is rolled out, the other is told who is at it, and nothing is left behind', async () => {
    const both = await Promise.all([live.deploy('v6'), live.deploy('v10')]);
    const [winner, other] = both.toSorted((a, b) => (a.exitCode ?? 9) - (b.exitCode ?? 9));
    expect([winner?.exitCode, other?.exitCode]).toEqual([0, 1]);
    expect(other?.stdout).toMatch(
      /the rollout of v\d+ is driven by process \d+ of https.*, which is alive; let it end/,
    );
    const stable = winner?.outputs['stable'] ?? '';
    expect(await serving()).toEqual({ stable, versions: [stable], phase: 'done' });
    expect((await live.deploy('v7')).outputs['stable']).toBe('v7');
  });

  test('undecided is held when asked so; status tells; abort takes it back', async () => {
    const held = await live.deploy('v6', {
      analysis: 'ttft_ms no-worse-than stable',
      steps: '60% 100ms, 100%',
      'max-duration': '2s',
      'on-inconclusive': 'hold',
    });
    expect(held.outputs).toMatchObject({
      verdict: 'inconclusive',
      outcome: 'gate-failed',
      canary: 'v6',
      winner: '',
    });
    const post = await live.deploy('v6', {}, { post: true, state: held.state });
    expect(post.stdout).toBe('');
    const status = await live.deploy('v6', { operation: 'status' });
    expect(status.outputs).toMatchObject({ stable: 'v7', canary: 'v6', weight: '0.6', verdict: 'pass' });
    expect(status.summary).toMatch(/ExecStart=/);
    const aborted = await live.deploy('v6', { operation: 'abort' });
    expect(aborted.outputs).toMatchObject({ verdict: 'pass', stable: 'v7', weight: '0' });
    expect(await serving()).toMatchObject({ stable: 'v7', versions: ['v7'] });
  });

  test('no request was lost in all of this', async () => {
    const traffic = await live.stopTraffic();
    expect(traffic.sent).toBeGreaterThan(500);
    expect(traffic.lost).toBe(0);
    expect(Object.keys(traffic.byVersion).sort()).toEqual(
      expect.arrayContaining(['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8']),
    );
  });

  test('a supervisor that is killed in a rollout is started again, and the rollout goes on', async () => {
    const running = live.deploy('v1', { strategy: 'rolling', analysis: '', steps: '100% 2s' });
    let status = await (await live.host())?.status();
    while (status?.rollout?.to !== 'v1' || status.rollout.phase !== 'stepping') {
      await new Promise((done) => setTimeout(done, 50));
      status = await (await live.host())?.status();
    }
    process.kill(status.supervisor.pid, 'SIGKILL');
    const { exitCode, stdout } = await running;
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0 });
    expect(stdout).toMatch(/::warning::the supervisor of llm is gone .*: starting it again with v7, v1/);
    expect(await serving()).toEqual({ stable: 'v1', versions: ['v1'], phase: 'done' });
  });

  test('a dead supervisor is said by status, with what should serve', async () => {
    const pid = (await (await live.host())?.status())?.supervisor.pid;
    if (pid === undefined) throw new Error('no supervisor answers');
    process.kill(pid, 'SIGKILL');
    while ((await live.host()) !== undefined) await new Promise((done) => setTimeout(done, 50));
    const { stdout, outputs } = await live.deploy('v1', { operation: 'status' });
    expect(stdout).toMatch(/is DOWN: its supervisor is gone, and v1 should serve/);
    expect(outputs).toMatchObject({ verdict: 'pass', stable: 'v1', weight: '0' });
    // Whoever moves traffic next brings it back first.
    expect((await live.deploy('v1', { operation: 'abort' })).stdout).toMatch(
      /no rollout is under way; v1 is stable/,
    );
    expect((await serving()).stable).toBe('v1');
  });

  test('remove ends it', async () => {
    expect((await live.deploy('v7', { operation: 'remove' })).outputs['outcome']).toBe('success');
    expect(await live.host()).toBeUndefined();
  });

  test('remove ends the servers of a dead supervisor too', async () => {
    await live.deploy('v5');
    const status = await (await live.host())?.status();
    // Never a default: pid 0 is the test runner's own process group.
    if (status === undefined) throw new Error('no supervisor answers');
    process.kill(status.supervisor.pid, 'SIGKILL');
    while ((await live.host()) !== undefined) await new Promise((done) => setTimeout(done, 50));
    const removed = await live.deploy('v5', { operation: 'remove' });
    expect(removed.outputs['outcome']).toBe('success');
    expect(removed.stdout).toContain('what it left behind was ended: v5');
  });
});

describe('GitHub', () => {
  const seen: string[] = [];
  const api = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const { environment, state } = JSON.parse(text || '{}') as { environment?: string; state?: string };
      seen.push(`${request.method} ${request.url?.split('?')[0]} ${environment ?? state ?? ''}`.trim());
      const answer = request.method === 'GET' ? '[{"state":"in_progress"}]' : '{"id": 7}';
      response.writeHead(201, { 'content-type': 'application/json' }).end(answer);
    });
  });
  let env: Record<string, string>;

  beforeAll(async () => {
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    env = { GITHUB_API_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}` };
  });
  afterAll(() => {
    api.closeAllConnections();
    api.close();
  });

  test('shows the rollout as a deployment of its environment', async () => {
    const { outputs } = await live.deploy(
      'v1',
      { environment: 'production', 'github-token': 'ghs_x' },
      { env },
    );
    expect(outputs).toMatchObject({ outcome: 'success', 'deployment-id': '7' });
    expect(seen).toEqual([
      'POST /repos/acme/llm/deployments production',
      'POST /repos/acme/llm/deployments/7/statuses in_progress',
      'POST /repos/acme/llm/deployments/7/statuses in_progress',
      'POST /repos/acme/llm/deployments/7/statuses success',
    ]);
  });

  const KILLED = {
    steps: '100% 5m',
    strategy: 'rolling',
    analysis: '',
    environment: 'production',
    'github-token': 'ghs_x',
  };

  test('is told by the clean-up step of a killed run, which the runner gives the token again', async () => {
    const killed = await live.deploy('v2', KILLED, { env, killWhen: /step 1 of 1: 100%/ });
    expect(JSON.stringify(killed.state)).not.toContain('ghs_x');
    seen.length = 0;
    const post = await live.deploy('v2', KILLED, { env, post: true, state: killed.state });
    expect({ code: post.exitCode, log: post.stdout }).toMatchObject({ code: 0 });
    expect(seen).toEqual(['POST /repos/acme/llm/deployments/7/statuses error']);
  });

  test('is told by the next run, when the clean-up step had no token', async () => {
    const killed = await live.deploy('v3', KILLED, { env, killWhen: /step 1 of 1: 100%/ });
    const post = await live.deploy(
      'v3',
      { ...KILLED, 'github-token': '' },
      { env, post: true, state: killed.state },
    );
    expect(post.stdout).toMatch(
      /GitHub still shows deployment 7 in progress, .*: the next deploy to this environment does/,
    );
    seen.length = 0;
    const next = await live.deploy('v1', { environment: 'production', 'github-token': 'ghs_x' }, { env });
    expect(next.stdout).toMatch(/GitHub showed deployment 7 as in_progress; it is error now/);
    expect(seen).toEqual([
      'GET /repos/acme/llm/deployments/7/statuses',
      'POST /repos/acme/llm/deployments/7/statuses error',
    ]);
  });
});
