/** Datadog, CloudWatch, InfluxDB and a web hook, each against a server on loopback that answers as its reference says. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { foreignQuery, openSource, type Foreign } from '@sluice/metrics/open-source';
import { onGrid, type Points } from '@sluice/metrics/query-source';
import { quietLog } from '@sluice/testing/quiet-log';

interface Seen {
  url: URL;
  headers: IncomingMessage['headers'];
  body: string;
}

let server: Server;
let base: string;
let seen: Seen[];
let answer: (asked: Seen) => { status?: number; body: string };
beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const asked = { url: new URL(request.url ?? '/', base), headers: request.headers, body };
      seen.push(asked);
      const { status = 200, body: text } = answer(asked);
      response.writeHead(status).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => void server.close());

const FROM = 1_700_000_000;
const SPAN = { from: FROM, to: FROM + 60, step: 15 };
const ABOUT = { metric: 'p95', version: 'v2' };
const secrets: string[] = [];

async function read(source: Foreign, query: string, env: NodeJS.ProcessEnv): Promise<Points[]> {
  const context = {
    env,
    log: quietLog,
    signal: new AbortController().signal,
    addSecret: (s: string) => void secrets.push(s),
  };
  return (await openSource(source, context)).read(query, SPAN, ABOUT);
}

describe('Datadog', () => {
  const env = (): NodeJS.ProcessEnv => ({ DD_API_URL: base, DD_API_KEY: 'api-key', DD_APP_KEY: 'app-key' });

  test('points of each series, in milliseconds there and in seconds here; missing values are left out', async () => {
    const pointlist = [[FROM * 1000, 1.5], [(FROM + 15) * 1000, null], [(FROM + 30) * 1000, 2]]; // prettier-ignore
    answer = () => ({ body: JSON.stringify({ status: 'ok', series: [{ metric: 'm', pointlist }] }) });
    const query = 'avg:trace.fastapi.request.duration{version:v2}';
    expect(await read('datadog', query, env())).toEqual([[[FROM, 1.5], [FROM + 30, 2]]]); // prettier-ignore
    const [asked] = seen;
    expect(asked?.url.pathname).toBe('/api/v1/query');
    expect(Object.fromEntries(asked?.url.searchParams ?? [])).toEqual({
      from: `${FROM}`,
      to: `${FROM + 60}`,
      query,
    });
    expect(asked?.headers).toMatchObject({ 'dd-api-key': 'api-key', 'dd-application-key': 'app-key' });
    expect(secrets).toEqual(expect.arrayContaining(['api-key', 'app-key']));
  });

  test('keys that are missing or refused, and a query that is wrong, are told as such', async () => {
    await expect(read('datadog', 'q', {})).rejects.toThrow(/`DD_API_KEY` and `DD_APP_KEY`/);
    answer = () => ({ status: 403, body: '{"errors":["Forbidden"]}' });
    await expect(read('datadog', 'q', env())).rejects.toThrow(
      /refuses the keys \(403: "Forbidden"\).*DD_SITE/,
    );
    answer = () => ({ status: 400, body: '{"errors":["Error parsing query"]}' });
    await expect(read('datadog', 'q', env())).rejects.toMatchObject({ name: 'BadQueryError', message: expect.stringContaining('Error parsing') }); // prettier-ignore
    answer = () => ({ body: '{"status":"error","error":"no such metric","series":[]}' });
    await expect(read('datadog', 'q', env())).rejects.toMatchObject({ name: 'BadQueryError' });
  });
});

describe('CloudWatch', () => {
  const env = (): NodeJS.ProcessEnv => ({
    ...{ AWS_ENDPOINT_URL_MONITORING: base, AWS_REGION: 'eu-west-1', AWS_CONFIG_FILE: '/nowhere' },
    ...{
      AWS_ACCESS_KEY_ID: 'AKID',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    },
  });

  test('GetMetricData, signed, page by page', async () => {
    answer = ({ body }) => {
      const next = (JSON.parse(body) as { NextToken?: string }).NextToken;
      const at = next === undefined ? FROM : FROM + 60;
      const result = { Id: 'q', Label: 'x', Timestamps: [at], Values: [at - FROM], StatusCode: 'Complete' };
      return {
        body: JSON.stringify({ MetricDataResults: [result], ...(next === undefined && { NextToken: 't' }) }),
      };
    };
    const query = `SELECT AVG(Latency) FROM "LLM" WHERE version = 'v2'`;
    expect(await read('cloudwatch', query, env())).toEqual([[[FROM, 0], [FROM + 60, 60]]]); // prettier-ignore
    expect(seen[0]?.headers).toMatchObject({
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
      'content-type': 'application/x-amz-json-1.0',
      authorization: expect.stringMatching(/Credential=AKID\/\d{8}\/eu-west-1\/monitoring\/aws4_request/),
    });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({
      MetricDataQueries: [{ Id: 'q', Expression: query, Period: 60 }],
      StartTime: FROM,
    });
  });

  test('a refusal names the right that is missing; an expression that is wrong is told', async () => {
    answer = () => ({ status: 400, body: '{"__type":"AccessDenied","message":"no"}' });
    await expect(read('cloudwatch', 'q', env())).rejects.toThrow(/monitoring:GetMetricData/);
    answer = () => ({
      status: 400,
      body: '{"__type":"ValidationError","message":"Error in expression \'q\'"}',
    });
    await expect(read('cloudwatch', 'q', env())).rejects.toThrow(/Error in expression/);
  });
});

describe('InfluxDB', () => {
  const env = (): NodeJS.ProcessEnv => ({
    INFLUX_HOST: base,
    INFLUX_TOKEN: 'tok',
    INFLUX_ORG: 'o',
    INFLUX_DATABASE: 'd',
  });

  test('Flux: the span as Grafana names it, tables as series', async () => {
    const rows = ['2023-11-14T22:13:20Z,1', '2023-11-14T22:13:35Z,', '2023-11-14T22:13:50Z,3'].map(
      (row) => `,_result,0,${row}`,
    );
    answer = () => ({
      body: [',result,table,_time,_value', ...rows, ',_result,1,2023-11-14T22:13:20Z,9', '', ''].join('\r\n'),
    });
    const query = 'import "math" from(bucket: "b") |> range(start: v.timeRangeStart) |> mean()';
    const series = await read('influxdb', query, env());
    expect(series).toEqual([[[FROM, 1], [FROM + 30, 3]], [[FROM, 9]]]); // prettier-ignore
    const sent = (JSON.parse(seen[0]?.body ?? '') as { query: string }).query;
    expect(sent).toMatch(
      /^import "math"\s*\noption v = \{timeRangeStart: 2023-11-14T22:13:20.000Z, .*windowPeriod: 15s\}\n\s*from/,
    );
    expect(seen[0]?.headers['authorization']).toBe('Token tok');
    answer = () => ({ status: 400, body: '{"code":"invalid","message":"undefined identifier"}' });
    await expect(read('influxdb', query, env())).rejects.toThrow(/undefined identifier/);
  });

  test('InfluxQL: the time filter is put in; an error in the answer is one', async () => {
    answer = () => ({ body: JSON.stringify({ results: [{ series: [{ columns: ['time', 'mean'], values: [[FROM, 2], [FROM + 15, null]] }] }] }) }); // prettier-ignore
    const query = `SELECT mean(x) FROM y WHERE version='v2' AND $timeFilter GROUP BY time($__interval)`;
    expect(await read('influxdb', query, env())).toEqual([[[FROM, 2]]]);
    expect(seen[0]?.url.searchParams.get('q')).toBe(
      `SELECT mean(x) FROM y WHERE version='v2' AND time >= ${FROM}s AND time < ${FROM + 60}s GROUP BY time(15s)`,
    );
    answer = () => ({ body: '{"results":[{"error":"database not found"}]}' });
    await expect(read('influxdb', query, env())).rejects.toThrow(/database not found/);
  });
});

describe('a web hook', () => {
  test('gets the question as JSON, and may answer points or a value of now', async () => {
    answer = () => ({ body: JSON.stringify({ points: [[FROM, 1], [FROM + 15, 'x']] }) }); // prettier-ignore
    expect(await read('webhook', `${base}/how`, { METRICS_TOKEN: 'hook' })).toEqual([[[FROM, 1]]]);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ ...ABOUT, ...SPAN });
    expect(seen[0]?.headers['authorization']).toBe('Bearer hook');
    answer = () => ({ body: '{"value": 0.5}' });
    expect(await read('webhook', `${base}/how`, {})).toEqual([[[FROM + 60, 0.5]]]);
    answer = () => ({ body: '{"ok": true}' });
    await expect(read('webhook', `${base}/how`, {})).rejects.toThrow(/neither `points` nor `value`/);
    await expect(read('webhook', 'http://u:p@host/', {})).rejects.toThrow(/without credentials/);
  });
});

test('a system is named with a colon and a space; PromQL with colons stays PromQL', () => {
  expect(foreignQuery('datadog: avg:x{*}')).toEqual({ source: 'datadog', query: 'avg:x{*}' });
  expect(foreignQuery('datadog:requests:rate5m{version="v2"}')).toBeUndefined();
  expect(foreignQuery('graphite: x')).toBeUndefined();
});

test('values fall on one grid, and a step that is not over waits', () => {
  const points: Points = [[FROM - 1, 9], [FROM + 1, 1], [FROM + 14, 3], [FROM + 20, 5], [FROM + 50, 7]]; // prettier-ignore
  expect(onGrid(points, { from: FROM, to: FROM + 44, step: 15 })).toEqual([[FROM, 2], [FROM + 15, 5]]); // prettier-ignore
});
