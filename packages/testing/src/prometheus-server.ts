/**
 * Prometheus' HTTP API over recorded series, on a port of its own: instant and range queries, selectors with all four
 * matchers, raw samples of a range, and the aggregations that the tests need. Anything else is `bad_data`, as from the real
 * one; what is computed here is held against the real server by e2e/oracles/metrics.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

type Labels = Record<string, string>;
type Sample = [number, number];

export interface RecordedSeries {
  /** The name as `__name__`. */
  labels: Labels;
  /** [epoch seconds, value], ascending. */
  samples: Sample[];
}

export interface PrometheusServer extends AsyncDisposable {
  url: string;
  /** What is there; tests push to it. */
  series: RecordedSeries[];
  /** Answers with this status instead, while set; 0: the connection is closed. */
  broken: number | undefined;
  /** Of each request: expression and headers. */
  asked: { query: string; path: string; headers: IncomingMessage['headers'] }[];
}

/** Seconds that an instant query looks back, as in Prometheus. */
const STALE = 300;

/** @param token when given, every other bearer is refused with 401 */
export async function startPrometheus(token?: string): Promise<PrometheusServer> {
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const path = (request.url ?? '').replace(/\?.*/, '');
      const form = new URLSearchParams(body);
      const query = form.get('query') ?? '';
      self.asked.push({ query, path, headers: request.headers });
      const send = (status: number, value: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(value));
      };
      if (self.broken === 0) {
        request.socket.destroy();
        return;
      }
      if (self.broken !== undefined) send(self.broken, 'unavailable');
      else if (token !== undefined && request.headers.authorization !== `Bearer ${token}`)
        send(401, { status: 'error', errorType: 'unauthorized', error: 'no token' });
      else {
        try {
          send(200, { status: 'success', data: answer(self.series, path, query, form) });
        } catch (error) {
          send(400, { status: 'error', errorType: 'bad_data', error: (error as Error).message });
        }
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const self: PrometheusServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    series: [],
    broken: undefined,
    asked: [],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return self;
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function answer(series: RecordedSeries[], path: string, query: string, form: URLSearchParams): unknown {
  const plan = parse(query);
  if (path === '/api/v1/query') {
    const at = Number(form.get('time'));
    if (plan.rangeSeconds !== undefined) return matrix(rawSamples(series, plan, at));
    const result = evaluate(series, plan, at).map(({ labels, value }) => ({
      metric: labels,
      value: [at, text(value)],
    }));
    return { resultType: 'vector', result };
  }
  if (path !== '/api/v1/query_range') throw new Error(`no such path: ${path}`);
  const [start, end, step] = ['start', 'end', 'step'].map((name) => Number(form.get(name)));
  const found = new Map<string, RecordedSeries>();
  for (let at = start ?? 0; at <= (end ?? 0); at += step ?? 1) {
    for (const { labels, value } of evaluate(series, plan, at)) {
      const key = JSON.stringify(labels);
      let entry = found.get(key);
      if (entry === undefined) found.set(key, (entry = { labels, samples: [] }));
      entry.samples.push([at, value]);
    }
  }
  return matrix([...found.values()]);
}

function matrix(series: readonly RecordedSeries[]): unknown {
  const result = series.map(({ labels, samples }) => ({
    metric: labels,
    values: samples.map(([at, value]) => [at, text(value)]),
  }));
  return { resultType: 'matrix', result };
}

function text(value: number): string {
  return value === Infinity ? '+Inf' : String(value);
}

interface Plan {
  fold: string | undefined;
  matches: (labels: Labels) => boolean;
  rangeSeconds: number | undefined;
  scale: number;
}

const QUERY =
  /^(?:(count|sum|avg|max|group by \(__name__\)) ?\()?([a-zA-Z_:][\w:]*)?(?:\{(.*?)\})?(?:\[(\d+)s\])?\)?(?: \/ (\d+))?$/s;
const MATCHER = /\s*(\w+)(=~|!~|!=|=)"((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;

function parse(query: string): Plan {
  if (query === 'vector(1)') return { fold: 'one', matches: () => false, rangeSeconds: undefined, scale: 1 };
  const match = QUERY.exec(query);
  if (match === null) throw new Error(`parse error: unexpected character in: ${query}`);
  const [, fold, name, inner = '', range, divisor] = match;
  const tests: ((labels: Labels) => boolean)[] = [];
  if (name !== undefined) tests.push((labels) => labels['__name__'] === name);
  for (let at = 0; at < inner.length; at = MATCHER.lastIndex) {
    MATCHER.lastIndex = at;
    const [, label = '', operator, raw = ''] = MATCHER.exec(inner) ?? [];
    if (operator === undefined) throw new Error(`parse error: bad matchers: ${inner}`);
    const wanted = raw.replace(/\\(.)/g, '$1');
    const pattern = operator.endsWith('~') ? new RegExp(`^(?:${wanted})$`) : undefined;
    const hit = (labels: Labels): boolean =>
      pattern === undefined ? (labels[label] ?? '') === wanted : pattern.test(labels[label] ?? '');
    tests.push(operator.startsWith('!') ? (labels) => !hit(labels) : hit);
  }
  const rangeSeconds = range === undefined ? undefined : Number(range);
  const matches = (labels: Labels): boolean => tests.every((test) => test(labels));
  return { fold, matches, rangeSeconds, scale: divisor === undefined ? 1 : 1 / Number(divisor) };
}

function rawSamples(series: readonly RecordedSeries[], plan: Plan, at: number): RecordedSeries[] {
  const from = at - (plan.rangeSeconds ?? 0);
  return series
    .filter(({ labels }) => plan.matches(labels))
    .map(({ labels, samples }) => ({
      labels,
      samples: samples.filter(([time]) => time > from && time <= at),
    }))
    .filter(({ samples }) => samples.length > 0);
}

function evaluate(
  series: readonly RecordedSeries[],
  plan: Plan,
  at: number,
): { labels: Labels; value: number }[] {
  if (plan.fold === 'one') return [{ labels: {}, value: 1 }];
  const now = rawSamples(series, { ...plan, rangeSeconds: STALE }, at).map(({ labels, samples }) => ({
    labels,
    value: (samples.at(-1)?.[1] ?? 0) * plan.scale,
  }));
  if (plan.fold === undefined || now.length === 0) return now;
  if (plan.fold.startsWith('group'))
    return [...new Set(now.map(({ labels }) => labels['__name__'] ?? ''))].map((name) => ({
      labels: { __name__: name },
      value: 1,
    }));
  const values = now.map(({ value }) => value);
  const sum = values.reduce((all, value) => all + value, 0);
  const folds: Record<string, number> = {
    ...{ count: values.length, sum, avg: sum / values.length, max: Math.max(...values) },
  };
  return [{ labels: {}, value: folds[plan.fold] ?? NaN }];
}
