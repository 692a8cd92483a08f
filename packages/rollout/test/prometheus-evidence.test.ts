/** Evidence from Prometheus' API, over recorded series with known truth. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PrometheusApi, prometheusFromEnv } from '@sluice/metrics/prometheus-api';
import { startPrometheus, type PrometheusServer } from '@sluice/testing/prometheus-server';
import { judge } from '../src/analysis.ts';
import { Evidence } from '../src/evidence.ts';
import type { ArmRef, Totals } from '../src/evidence-source.ts';
import { watchesOf } from '../src/live-rules.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';
import { PrometheusEvidence } from '../src/prometheus-evidence.ts';
import { fillQuery, podPattern } from '../src/prometheus-scopes.ts';

const SINCE = 1_700_000_000;
const POLICY = { confidence: 0.95, minSamples: 20 };
const common = { service: 'llm', namespace: 'prod' };
const stable: ArmRef = {
  ...common,
  version: 'v1',
  track: 'stable',
  pods: ['llm-6d4-abcde'],
  workload: 'llm',
};
const canary: ArmRef = {
  ...{ ...common, version: 'v2', track: 'canary', pods: ['llm-canary-5c9-xyz12'] },
  ...{ workload: 'llm-canary', service: 'llm-canary' },
};
const POD = { v1: 'llm-6d4-abcde', v2: 'llm-canary-5c9-xyz12' };

let server: PrometheusServer;
let now = SINCE;
beforeEach(async () => {
  server = await startPrometheus('s3cret');
  now = SINCE;
});
afterEach(async () => {
  await server[Symbol.asyncDispose]();
});

/** A counter scraped every 15 s, from a minute before; `perScrape` of each scrape after the beginning. */
function counter(version: 'v1' | 'v2', name: string, labels: object, perScrape: number, start = 1000): void {
  const samples = Array.from({ length: 60 }, (_, i): [number, number] => [
    SINCE - 60 + i * 15,
    start + Math.max(0, i - 4) * perScrape,
  ]);
  const all = { namespace: 'prod', pod: POD[version], instance: version, job: 'llm', ...labels };
  server.series.push({ labels: { __name__: name, ...all }, samples });
}

function source(text: string): {
  look: (at: number) => Promise<Totals>;
  text: string;
  evidence: PrometheusEvidence;
} {
  const { rules, queries, faults } = parseLiveRules(text, {
    input: 'analysis',
    stable: true,
    prometheus: true,
  });
  expect(faults).toEqual([]);
  const options = prometheusFromEnv(server.url, { PROMETHEUS_TOKEN: 's3cret' }, () => undefined);
  const api = new PrometheusApi({ ...options, timeoutMs: 500 });
  const evidence = new PrometheusEvidence({ api, rules, queries, now: () => now * 1000 });
  const look = (at: number): Promise<Totals> => {
    now = at;
    return evidence.look({ stable, canary }, SINCE * 1000, watchesOf(rules));
  };
  return { look, text, evidence };
}

function verdictOf({ text }: { text: string }, totals: Totals): ReturnType<typeof judge> {
  const { rules } = parseLiveRules(text, { input: 'analysis', stable: true, prometheus: true });
  const evidence = new Evidence(watchesOf(rules));
  evidence.setTotals(totals.arms);
  return judge(rules, evidence.arm('v2'), evidence.arm('v1'), POLICY);
}

describe('counters', () => {
  test('of vLLM are exact counts of each version since the beginning, for an old look and a new driver alike', async () => {
    for (const [version, bad] of [
      ['v1', 0],
      ['v2', 3],
    ] as const) {
      const http = { method: 'POST', handler: '/v1/chat/completions' };
      counter(version, 'http_requests_total', { ...http, status: '2xx' }, 20);
      counter(version, 'http_requests_total', { ...http, status: '5xx' }, bad, 40);
      counter(version, 'http_requests_total', { method: 'GET', handler: '/v1/models', status: '2xx' }, 100);
      for (const [le, share] of [
        ['0.1', 10],
        ['0.5', 18],
        ['+Inf', 20],
      ] as const)
        counter(version, 'vllm:time_to_first_token_seconds_bucket', { le }, share);
      counter(version, 'vllm:time_to_first_token_seconds_sum', {}, 4);
    }
    const text = 'error_rate no-worse-than stable\nttft_ms.p95 <= 400';
    const one = source(text);
    await one.look(SINCE + 20);
    await one.look(SINCE + 100);
    const late = await one.look(SINCE + 301);
    expect(late.problems).toEqual([]);
    expect(late.arms['v2']).toMatchObject({
      requests: 460,
      shares: { error_rate: { n: 460, hits: 60 }, rejected_rate: { n: 460, hits: 0 } },
      values: { ttft_ms: { n: 400, mean: 200 } },
      beyond: { 'ttft_ms 400': { n: 400, hits: 40, atMost: 200 } },
    });
    expect(late.arms['v1']?.shares['error_rate']).toEqual({ n: 400, hits: 0 });
    expect(late.notes.join()).toMatch(/bar of 400 ms lies between .* up to 100 ms .* over 500 ms/);
    expect(await source(text).look(SINCE + 301)).toEqual(late);
    expect(verdictOf(one, late).rules.map(({ status }) => status)).toEqual(['fail', 'fail']);
  });

  test('of a gateway go before those of the server, which never sees what did not reach it', async () => {
    for (const version of ['v1', 'v2'] as const) {
      const service =
        version === 'v1' ? 'prod-llm-8000@kubernetesgateway' : 'prod-llm-canary-http-8000@kubernetesgateway';
      const gateway = { pod: 'traefik-1', namespace: 'edge', instance: 't', service };
      counter(version, 'traefik_service_requests_total', { ...gateway, code: '200' }, 10);
      if (version === 'v2')
        counter(version, 'traefik_service_requests_total', { ...gateway, code: '502' }, 10);
      counter(version, 'http_requests_total', { method: 'POST', status: '2xx' }, 10);
    }
    const { arms } = await source('error_rate no-worse-than stable').look(SINCE + 151);
    expect(arms['v1']?.shares['error_rate']).toEqual({ n: 100, hits: 0 });
    expect(arms['v2']?.shares['error_rate']).toEqual({ n: 200, hits: 100 });
  });
});

test('a gateway in front of one Service for both versions tells nothing of either', async () => {
  const gateway = { pod: 'traefik-1', namespace: 'edge', instance: 't' };
  const service = 'prod-llm-http-8000@kubernetesgateway';
  counter('v1', 'traefik_service_requests_total', { ...gateway, service, code: '502' }, 10);
  for (const version of ['v1', 'v2'] as const)
    counter(version, 'http_requests_total', { method: 'POST', status: '2xx' }, 10);
  const { evidence } = source('error_rate no-worse-than stable');
  now = SINCE + 151;
  const both = { stable, canary: { ...canary, service: 'llm' } };
  const { arms } = await evidence.look(both, SINCE * 1000, []);
  expect(arms['v2']?.shares['error_rate']).toEqual({ n: 100, hits: 0 });
  expect(arms['v1']?.shares['error_rate']).toEqual({ n: 100, hits: 0 });
});

describe('values', () => {
  test('of PromQL and of queues are compared by their differences at the same moments', async () => {
    for (const [version, base] of [
      ['v1', 4],
      ['v2', 9],
    ] as const) {
      const samples = Array.from({ length: 60 }, (_, i): [number, number] => [
        SINCE - 60 + i * 15,
        base + ((i * 7) % 5) + ((i * (base + 3)) % 3),
      ]);
      const labels = { namespace: 'prod', pod: POD[version], version };
      for (const name of ['vllm:num_requests_waiting', 'kv'])
        server.series.push({ labels: { __name__: name, ...labels }, samples });
    }
    const text =
      'query: kv = max(kv{pod=~"{{pods}}"})\ndirection: kv lower\nkv no-worse-than stable by 2\nqueue <= 30\nqueue better-than stable';
    const asked = source(text);
    const totals = await asked.look(SINCE + 601);
    expect(totals.arms['v2']?.series['kv']).toHaveLength(40);
    const { rules, canaryRequests } = verdictOf(asked, totals);
    expect(rules.map(({ status }) => status)).toEqual(['fail', 'pass', 'fail']);
    expect(canaryRequests).toBe(40);
    const few = await asked.look(SINCE + 151);
    expect(verdictOf(asked, few).rules.map(({ status }) => status)).toEqual([
      'inconclusive',
      'inconclusive',
      'inconclusive',
    ]);
  });

  test('that nobody shows are missing, and never 0', async () => {
    const asked = source('queue <= 3');
    const totals = await asked.look(SINCE + 300);
    expect(totals).toMatchObject({ arms: {}, problems: [] });
    expect(verdictOf(asked, totals).overall).toBe('no-data');
  });

  test('of a query with several series, or that is no PromQL, are problems; `check` tells them beforehand', async () => {
    counter('v2', 'a', { version: 'v2', x: '1' }, 1);
    counter('v2', 'a', { version: 'v2', x: '2' }, 1);
    const asked = source(
      'query: n = a{version="{{version}}"}\nquery: bad = rate(a{version="{{version}}"}\nn <= 3\nbad <= 3'.replace(
        'rate(',
        'rate ',
      ),
    );
    const { problems } = await asked.look(SINCE + 100);
    expect(problems.join('; ')).toMatch(/n gives 2 series for one version; put sum.*bad: parse error/);
    expect((await asked.evidence.check({ stable: null, canary })).join('; ')).toMatch(
      /2 series.*parse error/,
    );
  });
});

describe('no data', () => {
  test.each<[string, () => void, RegExp]>([
    ['the server is away', () => void (server.broken = 0), /127\.0\.0\.1/],
    ['it is overloaded', () => void (server.broken = 503), /503/],
    [
      'its last scrape is old',
      () => server.series.forEach(({ samples }) => void samples.splice(10)),
      /last scraped v1 1\d\d s ago, and does so every 15 s/,
    ],
  ])('%s: neither pass nor fail, with the reason', async (_, break_, reason) => {
    for (const version of ['v1', 'v2'] as const)
      counter(version, 'http_requests_total', { method: 'POST', status: '2xx' }, 90);
    const asked = source('error_rate no-worse-than stable by 1%');
    expect((await asked.look(SINCE + 90)).problems).toEqual([]);
    break_();
    const { problems } = await asked.look(SINCE + 250);
    expect(problems.join()).toMatch(reason);
    expect(problems.join()).not.toContain('s3cret');
  });

  test('a refused token says so, and is not shown', async () => {
    const api = new PrometheusApi({ url: server.url, token: 'wr0ng' });
    const evidence = new PrometheusEvidence({ api, rules: [], queries: [] });
    const [fault] = await evidence.check({ stable, canary });
    expect(fault).toMatch(/401.*PROMETHEUS_TOKEN/);
    expect(fault).not.toContain('wr0ng');
  });
});

test('an address with credentials in it, or that is none, is refused without showing them', () => {
  const of =
    (url: string): (() => unknown) =>
    () =>
      prometheusFromEnv(url, {}, () => undefined);
  expect(of('http://me:hunter2@prometheus:9090')).toThrow(/credentials do not belong/);
  expect(of('prometheus:9090')).toThrow(/no address/);
});

describe('versions are told apart', () => {
  test('by patterns of their pods that meet no pod of the other', () => {
    const matches = (arm: ArmRef, pod: string): boolean =>
      new RegExp(`^(?:${podPattern(arm).replaceAll('\\\\', '\\')})$`).test(pod);
    for (const pod of ['llm-7d9f8c6b5-x2k4q', 'llm-0', 'llm-6d4-abcde']) {
      expect(matches(stable, pod)).toBe(true);
      expect(matches(canary, pod)).toBe(false);
    }
    for (const pod of ['llm-canary-7d9f8c6b5-x2k4q', 'llm-canary-0']) {
      expect(matches(canary, pod)).toBe(true);
      expect(matches(stable, pod)).toBe(false);
    }
  });

  test('in queries by placeholders, escaped; others are refused', () => {
    const odd = { ...canary, version: 'v"2\\' };
    expect(fillQuery('a{v="{{ version }}",t="{{track}}"}', odd)).toBe('a{v="v\\"2\\\\",t="canary"}');
    expect(() => fillQuery('a{v="{{verison}}"}', odd)).toThrow(/'{{verison}}'/);
  });

  test.each([
    ['query: x = up\nx <= 1', /same number/],
    ['query: x = up{v="{{version}}"}', /asked by no rule/],
    ['query: x = up{v="{{version}}"}\nx no-worse-than stable', /which way is x better/],
    ['query: queue = up{v="{{version}}"}\nqueue <= 1', /live metric already/],
    ['queue.p95 <= 1', /mean over time/],
    ['gpu_utilization <= 95', /between 0 and 1/],
  ])('%s is refused', (text, expected) => {
    const { faults } = parseLiveRules(text, { input: 'analysis', stable: true, prometheus: true });
    expect(faults.join('; ')).toMatch(expected);
  });
});
