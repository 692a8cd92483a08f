import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parsePrometheusText } from '@sluice/metrics/prometheus-text';
import { appendStage } from '@sluice/release/record';
import { emptyUnit } from '@sluice/release/unit';
import { plainLogger } from '@sluice/runtime/logger';
import { readTelemetry, sendTelemetry } from '@sluice/telemetry/send';
import { parseTelemetry } from '@sluice/telemetry/target';
import { METRICS_REQUEST } from './otlp-schema.ts';

const run = { url: '', id: '42', attempt: 1, sha: 'a'.repeat(40), ref: 'refs/heads/main' };
const step = {
  ...{ action: 'eval-gate', step: 'test/gate', repository: 'acme/llm', run },
  ...({ verdict: 'fail', outcome: 'gate-failed' } as const),
  outputs: { weight: '0.25', winner: 'v2', metrics: '{}' },
};

let server: Server;
let base = '';
let answer: { status: number; body: string };
const got: { method: string; path: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
const lines: string[] = [];
const log = plainLogger((line) => lines.push(line));
let folder: string;
const METRIC = 'acc[a="b",\nc\\d]';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-telemetry-'));
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      got.push({ method, path: url, body, headers });
      response.writeHead(answer.status).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { url, id, attempt, sha } = run;
  const stage = {
    ...{
      at: new Date().toISOString(),
      run: { url, id, attempt, sha },
      unit: emptyUnit(),
      reasons: [],
      data: {},
    },
    ...({ action: 'eval-gate', verdict: 'fail', outcome: 'gate-failed' } as const),
  };
  const metrics = {
    [METRIC]: { value: 0.85, unit: 'x', n: 40, low: 0.7, high: 0.95 },
    unknown: { value: null },
  };
  await appendStage(join(folder, 'r.json'), { ...stage, name: 'quality', metrics });
  const other = { action: 'model-pull', name: 'pull', metrics: { other: { value: 1 } } };
  await appendStage(join(folder, 'r.json'), { ...stage, ...other });
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await new Promise<void>((resolve) => void server.close(() => resolve()));
});
beforeEach(() => {
  got.length = 0;
  lines.length = 0;
  answer = { status: 200, body: '{}' };
});
const send = (given: string, env: NodeJS.ProcessEnv = {}): Promise<void> =>
  sendTelemetry(
    readTelemetry([given], () => undefined),
    { ...step, startedAt: Date.now() - 5_000, releaseRecord: join(folder, 'r.json') },
    { env, log, addSecret: () => undefined },
  );

test('Pushgateway: a PUT to the group of this step, in the text format, nothing for what was not measured', async () => {
  await send(`pushgateway:http://me:pw@${base}/prefix/`);
  const [{ method, path, body, headers } = { method: '', path: '', body: '', headers: {} }] = got;
  expect([method, headers['content-type']]).toEqual(['PUT', 'text/plain; version=0.0.4; charset=utf-8']);
  expect(headers['authorization']).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  const parts = path.split('/').slice(1);
  expect(parts.slice(0, 4)).toEqual(['prefix', 'metrics', 'job', 'sluice']);
  const group = parts.slice(4);
  expect(group.map((part, i) => (i % 2 === 0 ? part : Buffer.from(part, 'base64url').toString()))).toEqual([
    ...['action@base64', 'eval-gate', 'repository@base64', 'acme/llm', 'step@base64', 'test/gate'],
  ]);
  const samples = parsePrometheusText(body);
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    samples.find((one) => one.name === name && Object.keys(labels).every((key) => one.labels[key] === labels[key]))?.value; // prettier-ignore
  expect(value('sluice_metric', { metric: METRIC, stage: 'quality', unit: 'x' })).toBe(0.85);
  expect(value('sluice_metric_low', { metric: METRIC })).toBe(0.7);
  expect(value('sluice_metric_samples', { metric: METRIC })).toBe(40);
  expect(value('sluice_step_success')).toBe(0);
  expect(value('sluice_step_verdict', { verdict: 'fail' })).toBe(1);
  expect(value('sluice_step_output', { output: 'weight' })).toBe(0.25);
  expect(value('sluice_step_duration_seconds')).toBeGreaterThanOrEqual(5);
  expect(body).not.toMatch(/unknown|winner|other|NaN/u);
  expect(body.endsWith('\n')).toBe(true);
  expect(lines.join('')).not.toMatch(/warning|pw/u);
});

test('OTLP: the request fits its published form, with the headers of the environment', async () => {
  await send(`otlp:http://${base}`, { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b, x=y' });
  expect(got[0]).toMatchObject({
    ...{ method: 'POST', path: '/v1/metrics' },
    headers: { 'api-key': 'a b', x: 'y' },
  });
  const request: unknown = JSON.parse(got[0]?.body ?? '');
  const validate = new Ajv2020({ strict: false }).compile(METRICS_REQUEST);
  validate(request);
  expect(validate.errors).toBeNull();
  expect(JSON.stringify(request)).toContain('"name":"sluice.metric.low"');
});

const PARTIAL = '{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"too old"}}';
describe('what is not taken is a warning', () => {
  test.each([
    ['pushgateway', 400, 'pushed metrics are invalid', 'HTTP 400: pushed metrics are invalid'],
    ['otlp', 200, PARTIAL, '3 data points were rejected: too old'],
  ])('%s %i', async (kind, status, body, said) => {
    answer = { status, body };
    await send(`${kind}:http://${base}`);
    expect(lines.join('')).toContain(
      `warning: telemetry ${kind} at ${base}: nothing was recorded there: ${said}`,
    );
  });
});

test.each([
  ['http://pg:9091', { kind: 'pushgateway', url: 'http://pg:9091' }],
  ['https://otel:4318', { kind: 'otlp', url: 'https://otel:4318/v1/metrics' }],
  ['otlp:https://o.example/v1/metrics', { kind: 'otlp', url: 'https://o.example/v1/metrics' }],
])('%s', (given, target) => expect(parseTelemetry(given)).toEqual({ target }));

test.each(['http://user:secret@unknown.example', 'otlp:nothing', 'otlp:http://x?secret=1'])(
  '%s is refused without its value',
  (given) => {
    expect(() => readTelemetry([given], () => undefined)).toThrow(
      /^input `telemetry`, entry 1, (?!.*secret)/u,
    );
  },
);
