import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventFaults, newsOf, newsOfStep, type Ended } from '@sluice/notify/news';
import { payloadFor } from '@sluice/notify/payloads';
import { notify, readTargets } from '@sluice/notify/send';
import { parseTarget, secretsOf, type NotifyTarget } from '@sluice/notify/target';
import { plainLogger } from '@sluice/runtime/logger';
import * as schemas from './fixtures/schemas.ts';

const KEY = 'e93facc04764012d7bfb002500d5d1a6';
const ended: Ended = {
  action: 'eval-gate',
  verdict: 'fail',
  outcome: 'gate-failed',
  reasons: ['accuracy is 85 % & misses <!channel> *90 %*', '[a link](https://evil.example)'],
  outputs: {},
  step: 'test/gate',
  run: {
    url: 'https://github.com/acme/llm/actions/runs/42',
    id: '42',
    attempt: 1,
    sha: 'a'.repeat(40),
    repository: 'acme/llm',
    actor: 'octocat',
    ref: 'refs/heads/main',
  },
};
const ON = ['fail', 'rolled-back'];
const now = new Date('2026-01-02T03:04:05Z');
const target = (given: string): NotifyTarget => {
  const parsed = parseTarget(given);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.target;
};
const told = (given: string, change: Partial<Ended> = {}): unknown => {
  const news = newsOf({ ...ended, ...change }, ON);
  if (news === undefined) throw new Error('no news');
  return JSON.parse(payloadFor(target(given), news, now).body);
};

describe('payloads, by the published forms', () => {
  const ajv = new Ajv2020({ strict: false });
  test.each([
    ['slack:https://h.example/x', schemas.SLACK],
    ['teams:https://h.example/x', schemas.TEAMS],
    [`pagerduty:${KEY}`, schemas.PAGERDUTY],
    ['alertmanager:https://h.example', schemas.ALERTMANAGER],
  ])('%s', (given, schema) => {
    const validate = ajv.compile(schema);
    for (const change of [
      {},
      { reasons: Array.from({ length: 50 }, () => 'x'.repeat(5_000)) },
      { reasons: [], run: { ...ended.run, url: '', repository: '', sha: '', actor: '', ref: '', id: '' } },
    ]) {
      validate(told(given, change));
      expect(validate.errors).toBeNull();
    }
  });
  test('no text is taken for markup: Slack pings nobody, links nothing', () => {
    const message = told('slack:https://h.example/x') as {
      text: string;
      blocks: { text?: { type: string } }[];
    };
    expect(message.text).toContain('&lt;!channel&gt;');
    expect(JSON.stringify(message.blocks)).not.toContain('mrkdwn');
    expect(JSON.stringify(told('teams:https://h.example/x'))).not.toContain('"TextBlock"');
  });
  test('a roll-back is critical', () => {
    const change = { verdict: 'pass', outcome: 'success', outputs: { 'rolled-back': 'true' } } as const;
    expect(told(`pagerduty:${KEY}`, change)).toMatchObject({ payload: { severity: 'critical' } });
    expect(told('alertmanager:https://h.example', change)).toMatchObject([
      { labels: { alertname: 'SluiceRolledBack', severity: 'critical' } },
    ]);
  });
});

describe('what is news', () => {
  test.each([
    ['fail', { verdict: 'fail' }, ['fail']],
    ['an error is a fail', { verdict: 'error', outcome: 'infra-error' }, ['fail']],
    [
      'a promotion',
      { verdict: 'pass', outcome: 'success', outputs: { promoted: 'mlflow:llm@x' } },
      ['pass', 'promoted'],
    ],
    [
      'an undo',
      { verdict: 'pass', outcome: 'success', outputs: { 'rolled-back': 'true' } },
      ['pass', 'rolled-back'],
    ],
  ] as [string, Partial<Ended>, string[]][])('%s', (_name, change, events) => {
    const all = ['pass', 'fail', 'inconclusive', 'promoted', 'rolled-back'];
    expect(newsOf({ ...ended, ...change }, all)?.events).toEqual(events);
  });
  test('what was not asked for is not told', () => {
    expect(newsOf({ ...ended, verdict: 'pass', outcome: 'success' }, ON)).toBeUndefined();
    expect(newsOf({ ...ended, verdict: 'inconclusive' }, ON)).toBeUndefined();
  });
  test('a step under way is told to those who asked for steps, with neither verdict nor outcome', () => {
    const { action, step, run } = ended;
    expect(newsOfStep({ action, step, run, text: '5 % to v2' }, ON)).toBeUndefined();
    expect(newsOfStep({ action, step, run, text: '5 % to v2' }, ['step'])).toMatchObject({
      ...{ events: ['step'], verdict: 'running', severity: 'info', reasons: ['5 % to v2'] },
      title: 'eval-gate: a step in acme/llm',
    });
  });
  test('unknown news are faults', () => {
    expect(eventFaults(['fail', 'step', 'lunch'])).toEqual([
      expect.stringContaining("'lunch' is no news; use pass, fail"),
    ]);
  });
});

describe('targets', () => {
  test.each([
    ['https://hooks.slack.com/services/T/B/x', { kind: 'slack' }],
    ['https://acme.webhook.office.com/webhookb2/x', { kind: 'teams' }],
    ['https://ci.example/hook', { kind: 'webhook' }],
    ['https://hooks.slack.com.evil.example/x', { kind: 'webhook' }],
    [
      'webhook:https://ci.example/hook#s3cret',
      { kind: 'webhook', url: 'https://ci.example/hook', secret: 's3cret' },
    ],
    ['alertmanager:http://am:9093/x/', { kind: 'alertmanager', url: 'http://am:9093/x/api/v2/alerts' }],
    [`pagerduty:${KEY}`, { kind: 'pagerduty', url: 'https://events.pagerduty.com/v2/enqueue', key: KEY }],
  ])('%s', (given, expected) => expect(target(given)).toMatchObject(expected));
  test.each([
    'nonsense',
    'slack:',
    'pagerduty:short',
    'webhook:ftp://x',
    'webhook:https://x#',
    'mail:a@b.example',
  ])('%s is refused without its value', (given) => {
    const masked: string[] = [];
    expect(() => readTargets([given], ON, (secret) => masked.push(secret))).toThrow(
      /^input `notify`, entry 1, /u,
    );
    expect(() => readTargets([given], ON, (secret) => masked.push(secret))).not.toThrow('a@b.example');
  });
  test('keys, secrets and secret paths are masked', () => {
    expect(secretsOf(target('webhook:https://ci.example/hook/abcdef#s3cret'))).toContain('s3cret');
    expect(secretsOf(target('https://hooks.slack.com/services/T/B/x'))).toContain('/services/T/B/x');
    expect(secretsOf(target(`pagerduty:${KEY}`))).toEqual([KEY]);
  });
});

describe('over the wire', () => {
  let server: Server;
  let base = '';
  let status = 200;
  const got: { path: string; body: string; headers: NodeJS.Dict<string | string[]> }[] = [];
  const lines: string[] = [];
  const log = plainLogger((line) => lines.push(line));
  let temp: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        got.push({ path: request.url ?? '', body, headers: request.headers });
        response.writeHead(status).end('no_service');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => void server.close(() => resolve())));
  beforeEach(() => {
    got.length = 0;
    lines.length = 0;
    status = 200;
    temp = mkdtempSync(join(tmpdir(), 'sluice-notify-'));
  });
  const send = (given: string[], change: Partial<Ended> = {}): Promise<void> => {
    const targets = readTargets(given, ON, () => undefined);
    return notify(targets, ON, { ...ended, ...change }, { env: { RUNNER_TEMP: temp }, log });
  };

  test('each receiver once, a webhook signed over its very bytes', async () => {
    const hook = `webhook:${base}/hook#s3cret`;
    await send([hook, hook, `slack:${base}/slack`]);
    expect(got.map(({ path }) => path).sort()).toEqual(['/hook', '/slack']);
    const signed = got.find(({ path }) => path === '/hook');
    const wanted = createHmac('sha256', 's3cret')
      .update(signed?.body ?? '')
      .digest('hex');
    expect(signed?.headers['x-hub-signature-256']).toBe(`sha256=${wanted}`);
    rmSync(temp, { recursive: true });
  });
  test('the same news from another step of the job is told once, other news again', async () => {
    await send([`${base}/hook`]);
    await send([`${base}/hook`]);
    expect(got).toHaveLength(1);
    await send([`${base}/hook`], { reasons: ['something else'] });
    expect(got).toHaveLength(2);
    rmSync(temp, { recursive: true });
  });
  test('a refusal is a warning without the address’s secret part', async () => {
    status = 404;
    await send([`slack:${base}/services/T/B/hidden`]);
    expect(lines.join('')).toMatch(
      /warning: notify slack at 127\.0\.0\.1:\d+: it was not told: HTTP 404: no_service/u,
    );
    expect(lines.join('')).not.toContain('hidden');
    rmSync(temp, { recursive: true });
  });
});
