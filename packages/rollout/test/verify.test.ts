/** What is asked beside users: the public route after 100 %, and both versions by a probe. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import type { Case } from '@sluice/inference/suites/types';
import { askAt } from '../src/ask-at.ts';
import { judge } from '../src/analysis.ts';
import { emptyArm, type Arm } from '../src/evidence.ts';
import { judgeBoth } from '../src/judge-both.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { verify } from '../src/verify.ts';
import { deploy, hostWithV1, POLICY as SIM_POLICY, running } from './sim-deploy.ts';
import { Killed } from './sim-host.ts';

test('a suite that fails on the public route takes the release back, with the old version still up', async () => {
  const host = await hostWithV1();
  const seen: unknown[] = [];
  const { result, state } = await deploy(host, 'v2', {
    policy: { ...SIM_POLICY, verify: true },
    verify: () => {
      seen.push([host.servers.get('v2')?.weight, running(host)]);
      return Promise.resolve({ passed: false, reason: '1 of 2 cases did not pass' });
    },
  });
  expect(seen).toEqual([[1, ['v1', 'v2']]]);
  expect([result, state.data['abortKind'], state.reason]).toEqual([
    'aborted',
    'verify',
    'verify: 1 of 2 cases did not pass',
  ]);
  expect([host.stable, running(host), host.lost]).toEqual(['v1', ['v1'], 0]);
});

test('one that passed is not asked again by the run that comes after a dead one', async () => {
  const host = await hostWithV1();
  let asked = 0;
  const changes = {
    policy: { ...SIM_POLICY, verify: true },
    verify: () => {
      asked += 1;
      return Promise.resolve({ passed: true, reason: '' });
    },
  };
  const remember = host.client().putRollout;
  let kill = false;
  const dying = host.client();
  dying.putRollout = async (state) => {
    if (kill) throw new Killed('dead');
    await remember(state);
    kill ||= state?.data['verified'] === true;
    if (kill) throw new Killed('after');
  };
  const { HostTarget } = await import('../src/host-target.ts');
  const target = new HostTarget(dying, () => host.now);
  await expect(deploy(host, 'v2', { ...changes, target })).rejects.toThrow(Killed);
  expect([asked, (await deploy(host, 'v2', changes)).result, asked]).toEqual([1, 'promoted', 1]);
});

const question = (prompt: string, wanted: string): Case => ({
  ...{ id: prompt, description: prompt, suite: 's', tags: [], kind: 'functional', prompt, options: {} },
  ...{ assert: [{ type: 'contains', value: wanted }], threshold: undefined },
});

test('the route is asked by its host name, chat or completions as the server answers', async () => {
  const hosts = new Set<string>();
  const server = createServer((request, response) => {
    hosts.add(request.headers.host ?? '');
    request.resume().on('end', () => {
      if (request.url !== '/base/v1/completions') return response.writeHead(404).end('{}');
      const choices = [{ text: 'Paris is nice', finish_reason: 'stop' }];
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ choices }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const ask = askAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/base`, 'llm.example');
  const options = { ask, protocol: 'auto', modelName: 'm', timeoutMs: 2_000, quote: true } as const;
  const signal = new AbortController().signal;
  const cases = [question('The capital of France', 'Paris'), question('The capital of Italy', 'Rome')];
  expect(await verify({ ...options, cases: cases.slice(0, 1), signal })).toMatchObject({ passed: true });
  const failed = await verify({ ...options, cases, signal });
  expect(failed.passed).toBe(false);
  expect(failed.reason).toMatch(/^1 of 2 cases did not pass: "The capital of Italy": .*Rome/);
  expect((await verify({ ...options, quote: false, cases, signal })).reason).not.toMatch(/Paris is nice/);
  expect([...hosts]).toEqual(['llm.example']);
  server.closeAllConnections();
  server.close();
  expect(await verify({ ...options, cases, signal })).toMatchObject({
    passed: false,
    reason: expect.stringMatching(/could not be asked/) as unknown as string,
  });
});

const RULES = parseLiveRules('error_rate no-worse-than stable by 1%', {
  input: 'analysis',
  stable: true,
}).rules;
const arm = (version: string, n: number, hits: number): Arm => ({
  ...emptyArm(version),
  requests: n,
  shares: { error_rate: { n, hits } },
});
const POLICY = { confidence: 0.95, minSamples: 20 };

test('harder questions than users have are no fault of the version that gets most of its requests from the probe', () => {
  // Both versions fail 20 % of the probe and nothing of users; thrown together it would be 17 % against 1 %.
  const users = { canary: arm('v2', 40, 0), stable: arm('v1', 4_000, 0) };
  const probe = { canary: arm('v2', 200, 40), stable: arm('v1', 200, 40) };
  const mixed = judge(RULES, arm('v2', 240, 40), arm('v1', 4_200, 40), POLICY);
  expect([mixed.overall, judgeBoth(RULES, users, probe, POLICY).overall]).toEqual(['fail', 'inconclusive']);
});

test('the probe alone decides where nobody asks, and is told as such', () => {
  const none = { canary: arm('v2', 0, 0), stable: arm('v1', 0, 0) };
  const good = { canary: arm('v2', 3_000, 0), stable: arm('v1', 3_000, 0) };
  const bad = { canary: arm('v2', 200, 60), stable: arm('v1', 200, 0) };
  const passed = judgeBoth(RULES, none, good, POLICY);
  expect([passed.overall, passed.rules[0]?.source, passed.probed]).toEqual(['pass', 'probe', 3_000]);
  expect(judgeBoth(RULES, none, bad, POLICY).overall).toBe('fail');
  expect(
    judgeBoth(RULES, { canary: arm('v2', 200, 60), stable: arm('v1', 200, 0) }, good, POLICY).overall,
  ).toBe('fail');
});
