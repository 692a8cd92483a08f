/**
 * Our counts of each version out of a real Prometheus, beside what its exporters know: see README.md.
 * `node e2e/oracles/metrics/run.ts` prints a line per check, then `N passed, N failed`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PrometheusApi, type Series } from '@sluice/metrics/prometheus-api';
import { run } from '@sluice/process/run';
import { start, type Running } from '@sluice/process/start';
import type { ArmRef, Totals } from '@sluice/rollout/evidence-source';
import { watchesOf } from '@sluice/rollout/live-rules';
import { parseLiveRules } from '@sluice/rollout/parse-live-rules';
import { PrometheusEvidence } from '@sluice/rollout/prometheus-evidence';
import { startPrometheus } from '@sluice/testing/prometheus-server';
import { prepareVenv } from '../hub/venv.ts';
import { Checks } from '../sources/checks.ts';
import { runGroups } from '../sources/groups.ts';

const RULES = [
  'error_rate no-worse-than stable',
  'ttft_ms.p95 <= 500',
  'query: waiting = max(vllm:num_requests_waiting{pod=~"{{pods}}"})',
  'direction: waiting lower',
  'waiting no-worse-than stable',
  'queue <= 20',
].join('\n');
const common = { service: 'llm', namespace: 'prod', pods: [] };
const stable: ArmRef = { ...common, version: 'v1', track: 'stable', workload: 'llm' };
const canary: ArmRef = { ...common, version: 'v2', track: 'canary', workload: 'llm-canary' };

interface Truth {
  at: number;
  requests: number;
  errors: number;
  answered: number;
  over_half: number;
  ttft: number;
}
type Counted = Omit<Truth, 'at'>;

const ZERO: Counted = { requests: 0, errors: 0, answered: 0, over_half: 0, ttft: 0 };

function combine(a: Counted, b: Counted, sign: 1 | -1): Counted {
  const of = (name: keyof Counted): number => a[name] + sign * b[name];
  return {
    requests: of('requests'),
    errors: of('errors'),
    answered: of('answered'),
    over_half: of('over_half'),
    ttft: of('ttft'),
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** What went on between the last scrape at or before `since` and the last at or before `until`, over one process's life. */
async function truthOf(file: string, since: number, until: number): Promise<Counted> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const scrapes = lines.map((line) => JSON.parse(line) as Truth).filter(({ at }) => at <= until);
  const last = scrapes.at(-1) ?? { ...ZERO, at: 0 };
  return combine(last, scrapes.findLast(({ at }) => at <= since) ?? ZERO, -1);
}

await runGroups('metrics', async ({ all, group }) => {
  await group('prometheus', async (folder) => {
    const checks = new Checks('Prometheus');
    all.push(checks);
    const python = await prepareVenv(join(import.meta.dirname, 'requirements.txt'));
    const { stdout } = await run(join(import.meta.dirname, 'install-prometheus.sh'), [], {
      timeoutMs: 300_000,
    });
    const ports = {
      server: await freePort(),
      v1: await freePort(),
      v2: await freePort(),
      late: await freePort(),
    };
    const running: Running[] = [];
    const exporter = async (
      name: 'v1' | 'v2' | 'late',
      version: string,
      errors: number,
      life: string,
    ): Promise<Running> => {
      const script = join(import.meta.dirname, 'exporter.py');
      const truth = join(folder, `${name}${life}.jsonl`);
      const started = await start(python, [
        script,
        String(ports[name]),
        version,
        String(errors),
        life,
        truth,
      ]);
      running.push(started);
      return started;
    };
    const pods = { v1: 'llm-6d4f8-abcde', v2: 'llm-canary-7f5c9-aaaaa', late: 'llm-canary-7f5c9-bbbbb' };
    const targets = (['v1', 'v2', 'late'] as const).map((name) => ({
      targets: [`127.0.0.1:${ports[name]}`],
      labels: { namespace: 'prod', pod: pods[name] },
    }));
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: [{ job_name: 'llm', static_configs: targets }],
    };
    await writeFile(join(folder, 'prometheus.json'), JSON.stringify(config));
    try {
      await exporter('v1', 'v1', 0.02, '1');
      const first = await exporter('v2', 'v2', 0.3, '1');
      const prometheus = await start(stdout.trim(), [
        `--config.file=${join(folder, 'prometheus.json')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${ports.server}`,
      ]);
      running.push(prometheus);
      const api = new PrometheusApi({ url: `http://127.0.0.1:${ports.server}` });
      const parsed = parseLiveRules(RULES, { input: 'analysis', stable: true, prometheus: true });
      const { rules, queries } = parsed;
      let now = 0;
      const source = (): PrometheusEvidence =>
        new PrometheusEvidence({ api, rules, queries, stepMs: 1000, now: () => now * 1000 });
      const arms = { stable, canary };
      const faults = async (): Promise<string[]> => {
        for (let i = 0; ; i += 1) {
          now = Date.now() / 1000;
          const found = await source().check(arms);
          if (found.length === 0 || i > 60) return found;
          await sleep(500);
        }
      };
      checks.equal('answers, and knows the expressions', await faults(), []);
      const bad = parseLiveRules('query: x = max(up{pod=~"{{pods}}"}) by\nx <= 1', {
        input: 'analysis',
        stable: true,
        prometheus: true,
      });
      const wrong = await new PrometheusEvidence({ api, rules: bad.rules, queries: bad.queries }).check(arms);
      checks.tell(
        'refuses what is no PromQL, with its words',
        /x: .*parse error/.test(wrong.join()),
        wrong.join(),
      );

      await sleep(6_000);
      // Half-way between two scrapes or not: what counts is the last one before.
      const since = Date.now() / 1000;
      const reader = source();
      const look = (one: PrometheusEvidence): Promise<Totals> =>
        one.look(arms, since * 1000, watchesOf(rules));
      for (let i = 0; i < 3; i += 1) {
        await sleep(3_000);
        now = Date.now() / 1000;
        await look(reader);
      }
      await first.stop();
      await sleep(1_500);
      await exporter('v2', 'v2', 0.3, '2');
      await exporter('late', 'v2', 0.3, '3');
      await sleep(7_000);
      // A scrape that goes on at this moment is in neither.
      now = Date.now() / 1000 - 1.5;
      const totals = await look(reader);
      const truths = {
        v1: await truthOf(join(folder, 'v11.jsonl'), since, now),
        v2: combine(
          combine(
            await truthOf(join(folder, 'v21.jsonl'), since, now),
            await truthOf(join(folder, 'v22.jsonl'), since, now),
            1,
          ),
          await truthOf(join(folder, 'late3.jsonl'), since, now),
          1,
        ),
      };
      checks.equal('no problem', totals.problems, []);
      for (const version of ['v1', 'v2'] as const) {
        const arm = totals.arms[version];
        const truth = truths[version];
        checks.equal(`${version}: requests and errors`, arm?.shares['error_rate'], {
          n: truth.requests,
          hits: truth.errors,
        });
        const over = { n: truth.answered, hits: truth.over_half, atMost: truth.over_half };
        checks.equal(`${version}: answers over 500 ms`, arm?.beyond['ttft_ms 500'], over);
        const mean = (1000 * truth.ttft) / truth.answered;
        const apart = Math.abs((arm?.values['ttft_ms']?.mean ?? 0) / mean - 1);
        checks.tell(`${version}: mean of the first token`, apart < 1e-9, `${apart}`);
        checks.tell(
          `${version}: a queue and a value of PromQL at each step`,
          (arm?.series['waiting']?.length ?? 0) > 10 && (arm?.series['queue']?.length ?? 0) > 10,
        );
      }
      checks.equal('a reader that comes at the end sees the same', await look(source()), totals);
      await besideStandIn(checks, api, now);

      await prometheus.stop();
      now = Date.now() / 1000;
      const gone = await look(reader);
      checks.tell(
        'killed: no data, with the reason',
        gone.problems.length === 1 && Object.keys(gone.arms).length === 0,
        JSON.stringify(gone),
      );
    } finally {
      await Promise.all(running.map((one) => one.stop()));
    }
  });
});

/** The tests' stand-in has to answer as the real one over the same samples. */
async function besideStandIn(checks: Checks, api: PrometheusApi, at: number): Promise<void> {
  const stand = await startPrometheus();
  try {
    const raw = await api.query('{job="llm"}[60s]', at);
    stand.series = raw.map(({ labels, samples }) => ({ labels, samples }));
    const other = new PrometheusApi({ url: stand.url });
    const names = '__name__=~"http_requests_total|vllm:time_to_first_token_seconds_(bucket|sum)"';
    for (const query of [
      `{${names},namespace="prod",pod=~"llm-canary-[a-z0-9]{1,10}-[a-z0-9]{5}|llm-canary-[0-9]+"}[20s]`,
      `count({${names},pod!="llm-6d4f8-abcde"})`,
      `group by (__name__) ({${names}})`,
      'max(vllm:num_requests_waiting{pod="llm-6d4f8-abcde"})',
      'http_requests_total{status!~"2.."}',
    ]) {
      const [mine, theirs] = [await other.query(query, at), await api.query(query, at)];
      checks.equal(`stand-in: ${query}`, sortedByLabels(mine), sortedByLabels(theirs));
    }
    const grid = [
      'avg({__name__=~"vllm:num_requests_waiting",pod="llm-6d4f8-abcde"})',
      at - 10,
      at,
      2,
    ] as const;
    checks.equal('stand-in: a range', await other.queryRange(...grid), await api.queryRange(...grid));
  } finally {
    await stand[Symbol.asyncDispose]();
  }
}

function sortedByLabels(series: readonly Series[]): Series[] {
  const key = ({ labels }: Series): string => JSON.stringify(Object.entries(labels).sort());
  return [...series].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
