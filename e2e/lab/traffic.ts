/**
 * Users: an open loop of streamed completions at a fixed rate, whatever the servers do, each followed to its end. Tells what
 * was lost, what was cut off, and who answered.
 *
 *     node e2e/lab/traffic.ts --url http://127.0.0.1:8080 --host llm.test --rate 20 --seconds 60
 *
 * prints the summary as JSON; exit 1 when a request was lost or a stream was cut off.
 */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { AnswerObserver } from '@sluice/host/observer';

export interface TrafficOptions {
  /** The gateway or a server: `http://host:port`. */
  url: string;
  /** Host header; default: the url's. */
  host?: string;
  /** Requests a second. */
  rate: number;
  /** Default: `SHORT`. */
  prompt?: string;
  maxTokens?: number;
  /** `model` of the requests. */
  model?: string;
  headers?: Record<string, string>;
  /** A connection for each request, as of so many users: kube-proxy chooses a pod by connection. Default: kept alive. */
  newConnections?: boolean;
  /** A request without an end after this is cut off by us and counts as cut; default 60 s. */
  timeoutMs?: number;
}

export interface TrafficSummary {
  requests: number;
  /** Whole answers: a 2xx, and a stream that came to its [DONE]. */
  whole: number;
  /** No answer at all, or 5xx: what a user sees as down. */
  lost: number;
  /** Streams that began and did not come to their end. */
  cut: number;
  /** Answers of the 4xx class. */
  refused: number;
  /** Whole answers that are empty, loop or refuse. */
  bad: number;
  /** By `x-sluice-version`; 'none' where no server answered. */
  versions: Record<string, { requests: number; whole: number; lost: number; cut: number; bad: number }>;
  /** Of whole answers, milliseconds. */
  ttftMs: { p50: number; p95: number };
  e2eMs: { p50: number; p95: number };
  /** The first reasons, each with the time of the end, for people. */
  reasons: string[];
}

export interface Traffic {
  summary(): TrafficSummary;
  /** Sends nothing more, follows what is open to its end, and tells. */
  stop(): Promise<TrafficSummary>;
}

interface Outcome {
  kind: 'whole' | 'lost' | 'cut' | 'refused';
  version: string;
  bad: boolean;
  ttftMs: number | null;
  e2eMs: number;
  reason?: string;
  /** When it ended, ISO 8601. */
  at: string;
}

/** Some eight tokens of answer: how long a stream lasts is set by the pods' CHUNK_MS, which costs no computing. */
export const SHORT = 'The capital of France is';
/** Some hundred tokens; v4 never ends it. */
export const LONG = 'Tell me about Paris:';
const KEPT_REASONS = 20;

export function startTraffic(options: TrafficOptions): Traffic {
  const agent = new Agent({ keepAlive: options.newConnections !== true, maxSockets: Infinity });
  const outcomes: Outcome[] = [];
  const open = new Set<Promise<void>>();
  let sent = 0;
  const startedAt = performance.now();
  const tick = (): void => {
    // What the clock says is due, so that a late timer does not make the rate less.
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * options.rate);
    while (sent < due) {
      sent += 1;
      const one = askOnce(options, agent).then((outcome) => {
        outcomes.push(outcome);
        open.delete(one);
      });
      open.add(one);
    }
  };
  const timer = setInterval(tick, Math.max(2, 500 / options.rate));
  return {
    summary: () => summarize(outcomes),
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return summarize(outcomes);
    },
  };
}

function askOnce(options: TrafficOptions, agent: Agent): Promise<Outcome> {
  const { url, host, model = 'capitals', prompt = SHORT, maxTokens = 20 } = options;
  const startedAt = performance.now();
  const body = JSON.stringify({ model, prompt, max_tokens: maxTokens, temperature: 0, stream: true });
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...(host === undefined ? {} : { host }),
    ...options.headers,
  };
  return new Promise((resolve) => {
    let version = 'none';
    let begun = false;
    const tell = (kind: Outcome['kind'], more: Partial<Outcome> = {}): void => {
      clearTimeout(timer);
      const e2eMs = performance.now() - startedAt;
      resolve({ kind, version, bad: false, ttftMs: null, e2eMs, at: new Date().toISOString(), ...more });
    };
    const asked = request(`${url}/v1/completions`, { method: 'POST', headers, agent }, (answer) => {
      begun = true;
      const named = answer.headers['x-sluice-version'];
      if (typeof named === 'string') version = named;
      const status = answer.statusCode ?? 0;
      const observer = new AnswerObserver(answer.headers['content-type'] ?? '', startedAt);
      answer.on('data', (chunk: Buffer) => observer.push(chunk, performance.now()));
      answer.once('error', () => undefined);
      answer.once('close', () => {
        const reason = `status ${status} of ${version}`;
        const seen = observer.finish(answer.complete);
        if (status >= 500) tell('lost', { reason });
        else if (status >= 400) tell('refused', { reason });
        else if (!answer.complete)
          tell('cut', {
            reason: `${reason}, the connection was closed after ${Math.round(performance.now() - startedAt)} ms`,
          });
        else if (seen.failed) tell('cut', { reason: `${reason}, an error in the stream` });
        else if (!observer.done) tell('cut', { reason: `${reason}, no [DONE]` });
        else tell('whole', { ttftMs: seen.ttftMs, bad: seen.answer !== 'ok' });
      });
    });
    const timer = setTimeout(() => asked.destroy(new Error('no end in time')), options.timeoutMs ?? 60_000);
    asked.on('error', (error) => {
      // After the answer has begun, its own end tells.
      if (!begun) tell('lost', { reason: error.message });
    });
    asked.end(body);
  });
}

function summarize(outcomes: readonly Outcome[]): TrafficSummary {
  const summary: TrafficSummary = {
    requests: outcomes.length,
    whole: 0,
    lost: 0,
    cut: 0,
    refused: 0,
    bad: 0,
    versions: {},
    ttftMs: quantiles(outcomes.flatMap(({ ttftMs }) => ttftMs ?? [])),
    e2eMs: quantiles(outcomes.flatMap(({ kind, e2eMs }) => (kind === 'whole' ? e2eMs : []))),
    reasons: outcomes
      .flatMap(({ reason, at }) => (reason === undefined ? [] : `${at} ${reason}`))
      .slice(0, KEPT_REASONS),
  };
  for (const { kind, version, bad } of outcomes) {
    const own = (summary.versions[version] ??= { requests: 0, whole: 0, lost: 0, cut: 0, bad: 0 });
    own.requests += 1;
    summary[kind] += 1;
    if (kind !== 'refused') own[kind] += 1;
    if (bad) {
      summary.bad += 1;
      own.bad += 1;
    }
  }
  return summary;
}

function quantiles(values: number[]): { p50: number; p95: number } {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95) };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      host: { type: 'string' },
      rate: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '30' },
      prompt: { type: 'string' },
    },
  });
  const { url, host, prompt } = values;
  if (url === undefined) throw new Error('--url is missing');
  const named = { ...(host === undefined ? {} : { host }), ...(prompt === undefined ? {} : { prompt }) };
  const traffic = startTraffic({ url, rate: Number(values.rate), ...named });
  setTimeout(
    () => {
      void traffic.stop().then((summary) => {
        process.stdout.write(`${JSON.stringify(summary, undefined, 2)}\n`);
        process.exitCode = summary.lost + summary.cut > 0 ? 1 : 0;
      });
    },
    Number(values.seconds) * 1_000,
  );
}
