/** `query:` lines that ask another system than Prometheus: both versions on one grid, judged like any value that is read. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { quietLog } from '@sluice/testing/quiet-log';
import { judge } from '../src/analysis.ts';
import { evidenceOf } from '../src/evidence-input.ts';
import { Evidence } from '../src/evidence.ts';
import type { ArmRef, CheckedSource, Totals } from '../src/evidence-source.ts';
import { parseLiveRules } from '../src/parse-live-rules.ts';

let server: Server;
let url: string;
/** What the hook says of a version at a moment; undefined: it answers 500. */
let valueOf: (version: string, at: number) => number | undefined;
beforeEach(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = JSON.parse(body) as { version: string; from: number; to: number };
      const points: [number, number | undefined][] = [];
      for (let at = asked.from + 1; at < asked.to; at += 5) points.push([at, valueOf(asked.version, at)]);
      const broken = points.some(([, value]) => value === undefined);
      response.writeHead(broken ? 500 : 200).end(broken ? '{"error":"down"}' : JSON.stringify({ points }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/how`;
});
afterEach(() => void server.close());

const arm = (version: string, track: 'stable' | 'canary'): ArmRef => ({
  ...{ version, track, pods: [`llm-${version}`], service: 'llm', namespace: 'prod', workload: 'llm' },
});
const ARMS = { stable: arm('v1', 'stable'), canary: arm('v2', 'canary') };
const OPTIONS = { input: 'analysis', stable: true } as const;

function opened(text: string): { look: () => Promise<Totals>; source: CheckedSource } {
  const parsed = parseLiveRules(text, OPTIONS);
  expect(parsed.faults).toEqual([]);
  const context = { env: {}, log: quietLog, signal: new AbortController().signal };
  const source = evidenceOf({}, parsed, context);
  if (source === null) throw new Error('no source');
  return { source, look: () => source.look(ARMS, Date.now() - 1_800_000, []) };
}

function verdict(text: string, totals: Totals): string[] {
  const { rules } = parseLiveRules(text, OPTIONS);
  const evidence = new Evidence([]);
  evidence.setTotals(totals.arms);
  const policy = { confidence: 0.95, minSamples: 20 };
  return judge(rules, evidence.arm('v2'), evidence.arm('v1'), policy).rules.map(({ status }) => status);
}

/** Some noise, the same for everybody who asks. */
const noise = (at: number): number => Math.sin(at * 12.9898) * 0.02;

test('a value above its bar fails, one below passes, and a version is compared with stable', async () => {
  const text = () =>
    [
      `query: lag = webhook: ${url}`,
      'direction: lag lower',
      'lag <= 0.5',
      'lag no-worse-than stable by 0.1',
    ].join('\n');
  valueOf = (_, at) => 0.2 + noise(at);
  expect(verdict(text(), await opened(text()).look())).toEqual(['pass', 'pass']);
  valueOf = (version, at) => (version === 'v2' ? 0.9 : 0.2) + noise(at);
  expect(verdict(text(), await opened(text()).look())).toEqual(['fail', 'fail']);
});

test('a system that is down is no data, and says why', async () => {
  const text = `query: lag = webhook: ${url}\nlag <= 0.5`;
  valueOf = () => undefined;
  const { look, source } = opened(text);
  const totals = await look();
  expect(totals.problems.join()).toMatch(/^lag: .*HTTP 500.*down/);
  expect(verdict(text, totals)).toEqual(['no-data']);
  expect((await source.check(ARMS)).join()).toMatch(/query: lag: .*500/);
});

test('lines that could only mislead are refused with their mend', () => {
  const faults = (text: string, more = {}): string =>
    parseLiveRules(text, { ...OPTIONS, ...more }).faults.join('\n');
  expect(faults('query: lag = max(x{version="{{version}}"})\nlag <= 1')).toMatch(
    /give `prometheus`.*'datadog: …'/,
  );
  expect(faults('query: lag = datadog: avg:x{*}\nlag <= 1')).toMatch(/every version the same number/);
  expect(faults(`query: lag = webhook: ${url}\nlag <= 1`, { perVersion: false })).toMatch(
    /target: kubernetes/,
  );
});
