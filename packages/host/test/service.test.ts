import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { specOf, TestHost, until } from './support.ts';

const prompt = { model: 'x', messages: [{ role: 'user', content: 'The capital of France is' }] };
const stream = { ...prompt, stream: true };

describe('a host service with two versions', () => {
  let host: TestHost;

  beforeAll(async () => {
    host = await TestHost.make();
    await host.ensure();
    await Promise.all([
      host.client.startServer(specOf('v1'), 'stable'),
      host.client.startServer(specOf('v2', '--chunks=6', '--gap=60'), 'canary'),
    ]);
    await host.client.setTracks({ stable: 'v1', canary: 'v2' });
    await host.client.setWeights({ v1: 1 });
  });

  afterAll(() => host.dispose());

  test('answers carry their version and come through unchanged', async () => {
    const answer = await host.ask(prompt);
    expect([answer.status, answer.headers['x-sluice-version']]).toEqual([200, 'v1']);
    expect(JSON.parse(answer.text)).toMatchObject({
      choices: [{ message: { content: 'v1 says é word1 word2' } }],
    });
  });

  test('weights are shares of new requests', async () => {
    await host.client.setWeights({ v1: 0.75, v2: 0.25 });
    const versions = await Promise.all(
      Array.from(
        { length: 40 },
        async () => (await host.ask(undefined, { path: '/echo' })).headers['x-sluice-version'],
      ),
    );
    const share = versions.filter((version) => version === 'v2').length;
    expect(share).toBeGreaterThanOrEqual(9);
    expect(share).toBeLessThanOrEqual(11);
    await host.client.setWeights({ v1: 1 });
  });

  test('marked requests, copies and users who stay are arranged beside the weights', async () => {
    const versionOf = async (headers: Record<string, string>, body?: unknown): Promise<unknown> =>
      (await host.ask(body, { path: '/echo', headers })).headers['x-sluice-version'];
    const arrangement = { version: 'v2', id: 'r1' };
    await host.client.arrange({ ...arrangement, mark: { header: 'x-beta', value: 'yes' } });
    expect([await versionOf({ 'x-beta': 'yes' }), await versionOf({ 'x-beta': 'no' })]).toEqual(['v2', 'v1']);

    await host.client.arrange({ ...arrangement, mirror: 1 });
    const before = await host.client.status();
    const { next } = await host.client.samples(0);
    expect((await host.ask(prompt)).headers['x-sluice-version']).toBe('v1');
    const since = async (): ReturnType<typeof host.client.samples> => host.client.samples(next);
    await until('the copy is answered', async () => (await since()).samples.length === 2);
    const copied = (await since()).samples;
    expect(copied.map(({ version, status, complete }) => [version, status, complete]).sort()).toEqual([
      ['v1', 200, true],
      ['v2', 200, true],
    ]);
    // A copy is no user's request.
    expect((await host.client.status()).totals['v2']).toEqual(before.totals['v2']);

    await host.client.setWeights({ v1: 0.5, v2: 0.5 });
    await host.client.arrange({ ...arrangement, sticky: { by: 'own-cookie' } });
    const first = await host.ask(undefined, { path: '/echo' });
    const cookie = String(first.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    const again = await Promise.all(Array.from({ length: 8 }, () => versionOf({ cookie })));
    expect(new Set(again)).toEqual(new Set([first.headers['x-sluice-version']]));
    expect(Object.values((await host.client.status()).users ?? {})).toEqual([1]);
    await host.client.arrange(null);
    await host.client.setWeights({ v1: 1 });
    expect((await host.ask(undefined, { path: '/echo' })).headers['set-cookie']).toBeUndefined();
  });

  test('a stream is passed on piece by piece, and measured', async () => {
    const { next } = await host.client.samples(0);
    const answer = await host.ask(stream, { headers: { 'x-sluice-probe': 'v2' } });
    expect(answer.headers['x-sluice-version']).toBe('v2');
    const first = answer.pieces[0]?.[0] ?? Infinity;
    const last = answer.pieces.at(-1)?.[0] ?? 0;
    expect(last - first).toBeGreaterThan(250);
    expect(answer.text).toContain('data: [DONE]');
    await until('the sample is there', async () => (await host.client.samples(next)).samples.length === 1);
    const { samples } = await host.client.samples(next);
    expect(samples[0]).toMatchObject({
      version: 'v2',
      track: 'canary',
      status: 200,
      complete: true,
      clientGone: false,
      outputTokens: 6,
      answer: 'ok',
      probe: true,
    });
    expect(samples[0]?.ttftMs).toBeLessThan(200);
    expect(samples[0]?.interChunkMs).toBeGreaterThan(50);
    expect(samples[0]?.e2eMs).toBeGreaterThan(300);
  });

  test('a client that leaves ends the work and is not counted against the version', async () => {
    const { next } = await host.client.samples(0);
    await host.ask(stream, { headers: { 'x-sluice-probe': 'v2' }, leaveAfter: 2 });
    await until('the sample is there', async () => (await host.client.samples(next)).samples.length === 1);
    expect((await host.client.samples(next)).samples[0]).toMatchObject({ clientGone: true, complete: false });
    await until('the server was told', async () => {
      const { servers } = await host.client.status();
      return servers.some((server) => server.lastLogLines.includes('client gone'));
    });
  });

  test('a broken stream is broken for the client too, and an error event is an error', async () => {
    const { next } = await host.client.samples(0);
    const broken = await host.ask({ ...stream, user: 'break off' });
    expect(broken.complete).toBe(false);
    const failed = await host.ask({ ...stream, user: 'error event' });
    expect(failed.complete).toBe(true);
    await until('both samples are there', async () => (await host.client.samples(next)).samples.length === 2);
    const { samples } = await host.client.samples(next);
    expect(samples.map((sample) => [sample.complete, sample.clientGone, sample.status])).toEqual([
      [false, false, 200],
      [false, false, 500],
    ]);
  });

  test('headers of one hop stay, a large upload goes through', async () => {
    const answer = await host.ask('x'.repeat(6_000_000), {
      path: '/echo',
      headers: { connection: 'close, x-private', 'x-private': '1', 'x-kept': '2', te: 'trailers' },
    });
    const echo = JSON.parse(answer.text) as { bytes: number; headers: Record<string, string> };
    expect(echo.bytes).toBe(6_000_000);
    expect(echo.headers).toMatchObject({ 'x-kept': '2', 'x-forwarded-for': '127.0.0.1' });
    expect(Object.keys(echo.headers)).not.toContain('x-private');
    expect(Object.keys(echo.headers)).not.toContain('te');
  });

  test('a probe of a version that is not there fails alone', async () => {
    const answer = await host.ask(prompt, { headers: { 'x-sluice-probe': 'v9' } });
    expect(answer.status).toBe(503);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { code: 'no_healthy_server', type: 'server_error' },
    });
  });

  test('metrics are valid text with the labels that were promised', async () => {
    const { text, headers } = await host.ask(undefined, { path: '/-/metrics' });
    expect(headers['content-type']).toContain('version=0.0.4');
    expect(text).toMatch(
      /^sluice_requests_total\{service="llm",version="v1",track="stable",code="200"\} \d+$/m,
    );
    expect(text).toMatch(
      /^sluice_ttft_seconds_bucket\{service="llm",version="v2",track="probe",le="\+Inf"\} 2$/m,
    );
    expect(text).toMatch(/^sluice_inter_chunk_seconds_count\{[^}]*\} [5-9]$/m);
    expect(text).toMatch(/^sluice_open_streams\{service="llm",version="v1",track="stable"\} 0$/m);
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\.)*",?)*\})? [\d.e+-]+)$/);
    }
    expect((await host.ask(undefined, { path: '/-/healthz' })).status).toBe(200);
  });

  test('state is private, rollout and history are on disk when the call returns', async () => {
    const rollout = {
      ...{ id: 'r1', from: 'v1', to: 'v2', strategy: 'canary', steps: [{ weight: 0.1, holdMs: 5 }] },
      ...{
        stepIndex: 0,
        stepStartedAt: 1,
        startedAt: 1,
        phase: 'stepping' as const,
        reason: '',
        data: { n: 1 },
      },
      owner: { pid: 1, startTime: '2', run: 'x' },
    };
    await host.client.putRollout(rollout);
    const folder = join(host.stateDir, 'llm');
    const stored = JSON.parse(await readFile(join(folder, 'state.json'), 'utf8')) as Record<string, unknown>;
    expect(stored['rollout']).toEqual(rollout);
    await host.client.putRollout(null);
    for (let index = 0; index < 12; index += 1) {
      const entry = {
        at: index,
        event: 'promoted' as const,
        version: `v${index}`,
        releaseDigest: 'd',
        reason: 'r',
      };
      await host.client.addHistory({ ...entry, record: null });
    }
    await host.client.quarantine({ releaseDigest: 'd', weights: null, reason: 'loops', at: 1 });
    const status = await host.client.status();
    expect(status.history.map((entry) => entry.at)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(status.quarantine).toHaveLength(1);
    await host.client.unquarantine('d');
    expect((await host.client.status()).quarantine).toEqual([]);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'control.sock'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'state.json'))).mode & 0o777).toBe(0o600);
  });

  test('wrong orders are refused and change nothing', async () => {
    await expect(host.client.setWeights({ v1: 0.5 })).rejects.toThrow('weights must sum to 1, not 0.5');
    await expect(host.client.setWeights({ v9: 1 })).rejects.toThrow('there is no version v9');
    await expect(
      host.client.startServer({ ...specOf('v1'), releaseDigest: 'other' }, 'canary'),
    ).rejects.toThrow('version v1 is already there');
    await expect(host.client.startServer(specOf('v3', '--mode=crash-at-start'), 'canary')).rejects.toThrow(
      /version v3 ended \(exit code 7\) before it was healthy; its last log lines:[\s\S]*no such model/,
    );
    const { servers } = await host.client.status();
    expect(servers.map((server) => [server.version, server.weight])).toEqual([
      ['v1', 1],
      ['v2', 0],
    ]);
    await expect(host.ensure().then(() => 'connected')).resolves.toBe('connected');
  });

  test('a long stream outlives the loss of its weight and holds its server until it ends', async () => {
    await host.client.setWeights({ v2: 1 });
    const long = host.ask(stream);
    await until('the stream is open', async () => {
      const { servers } = await host.client.status();
      return servers.some((server) => server.version === 'v2' && server.openStreams === 1);
    });
    await host.client.setWeights({ v1: 1 });
    const stopped = host.client.stopServer('v2', 5_000);
    const [other, answer] = await Promise.all([host.ask(stream), long, stopped]);
    expect(other.headers['x-sluice-version']).toBe('v1');
    expect([answer.headers['x-sluice-version'], answer.complete]).toEqual(['v2', true]);
    expect(answer.text).toContain('[DONE]');
    expect((await host.client.status()).servers.map((server) => server.version)).toEqual(['v1']);
  });
});

test('four releases one after the other under load: every request gets its whole answer', async () => {
  const host = await TestHost.make();
  try {
    await host.ensure();
    await host.client.startServer(specOf('v0', '--chunks=8', '--gap=10'), 'stable');
    await host.client.setWeights({ v0: 1 });
    let asking = true;
    const answers: [number, boolean, unknown][] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (asking) {
        const answer = await host.ask(stream);
        const whole = answer.complete && answer.text.endsWith('data: [DONE]\n\n');
        answers.push([answer.status, whole, answer.headers['x-sluice-version']]);
      }
    });
    for (let release = 1; release <= 4; release += 1) {
      const [from, to] = [`v${release - 1}`, `v${release}`];
      await host.client.startServer(specOf(to, '--chunks=8', '--gap=10'), 'canary');
      for (const weight of [0.1, 0.5]) {
        await host.client.setWeights({ [from]: 1 - weight, [to]: weight });
        const seen = answers.length;
        await until('some more are answered', () => answers.length > seen + 16);
      }
      await host.client.setWeights({ [to]: 1 });
      await host.client.setTracks({ stable: to, canary: null });
      await host.client.stopServer(from, 5_000);
    }
    asking = false;
    await Promise.all(clients);
    expect(answers.filter(([status, whole]) => status !== 200 || !whole)).toEqual([]);
    expect(new Set(answers.map(([, , version]) => version))).toEqual(new Set(['v0', 'v1', 'v2', 'v3', 'v4']));
    const { totals } = await host.client.status();
    const all = Object.values(totals);
    expect(all.reduce((sum, total) => sum + total.requests, 0)).toBe(answers.length);
    expect(all.reduce((sum, total) => sum + total.lost + total.errors, 0)).toBe(0);
  } finally {
    await host.dispose();
  }
});
