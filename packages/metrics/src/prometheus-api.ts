/**
 * Prometheus' HTTP API (`/api/v1/query`, `/api/v1/query_range`), as Thanos, Mimir, Cortex and VictoriaMetrics have it too.
 * Asked by POST, because the expressions are longer than some proxies' longest address.
 */
import { request, shownUrl } from '@sluice/http/client';
import { ConfigError, InfraError } from '@sluice/runtime/errors';
import { BadQueryError } from './query-source.ts';

/** One series: its labels, the name as `__name__`, and samples as [epoch seconds, value] in ascending order. */
export interface Series {
  labels: Record<string, string>;
  samples: [number, number][];
}

export interface PrometheusOptions {
  /** As users write it, with or without a path before `/api/v1`: `http://prometheus:9090`, `https://mimir/prometheus`. */
  url: string;
  /** `Authorization: Bearer`; sent to this origin only. */
  token?: string | undefined;
  basic?: { user: string; password: string } | undefined;
  /** Of Mimir, Cortex and Thanos: `X-Scope-OrgID`. */
  tenant?: string | undefined;
  signal?: AbortSignal;
  /** Longest silence of the server, milliseconds; 10 s by default: the next look asks again. */
  timeoutMs?: number;
}

/**
 * Address and credentials of an input: `PROMETHEUS_TOKEN`, or `PROMETHEUS_USER` with `PROMETHEUS_PASSWORD`, and
 * `PROMETHEUS_TENANT`. Throws ConfigError for an address that is none, or that holds credentials.
 */
export function prometheusFromEnv(
  url: string,
  env: NodeJS.ProcessEnv,
  addSecret: (value: string) => void,
): PrometheusOptions {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new ConfigError(`input \`prometheus\`: '${url}' is no address; write it as http://prometheus:9090`);
  if (parsed.username !== '' || parsed.password !== '')
    throw new ConfigError(
      'input `prometheus`: credentials do not belong into an address; give PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD, as environment variables',
    );
  const of = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const token = of('PROMETHEUS_TOKEN');
  const user = of('PROMETHEUS_USER');
  const password = of('PROMETHEUS_PASSWORD');
  for (const secret of [token, password]) if (secret !== undefined) addSecret(secret);
  if (token !== undefined && user !== undefined)
    throw new ConfigError('PROMETHEUS_TOKEN and PROMETHEUS_USER are both given: one of them');
  const basic = user === undefined ? undefined : { user, password: password ?? '' };
  return { url, token, basic, tenant: of('PROMETHEUS_TENANT') };
}

export class PrometheusApi {
  readonly #o: PrometheusOptions;
  readonly #base: string;

  constructor(options: PrometheusOptions) {
    this.#o = options;
    this.#base = options.url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  }

  /** How it is named in messages. */
  get name(): string {
    return shownUrl(this.#base);
  }

  /** An expression at a moment (epoch seconds): one sample a series; of a range selector all samples in it. */
  query(promql: string, at: number): Promise<Series[]> {
    return this.#ask('query', { query: promql, time: at.toFixed(3) });
  }

  /** An expression at every step (seconds) from start to end, both included. */
  queryRange(promql: string, start: number, end: number, step: number): Promise<Series[]> {
    const range = { start: start.toFixed(3), end: end.toFixed(3), step: String(step) };
    return this.#ask('query_range', { query: promql, ...range });
  }

  async #ask(path: string, parameters: Record<string, string>): Promise<Series[]> {
    const { token, basic, tenant, signal } = this.#o;
    const url = new URL(`${this.#base}/api/v1/${path}`);
    // Of Thanos: rather no answer than half of one. Others don't know it.
    const body = new URLSearchParams({ ...parameters, partial_response: 'false' }).toString();
    const response = await request(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }),
        ...(basic === undefined ? {} : { authorization: basicHeader(basic) }),
      },
      ...(token === undefined ? {} : { token: { value: token, origin: url.origin } }),
      ...(signal === undefined ? {} : { signal }),
      retries: 1,
      stallTimeoutMs: this.#o.timeoutMs ?? 10_000,
    });
    const text = await response.text();
    const answer = parseAnswer(text);
    if (response.status === 200 && answer.status === 'success') return readData(answer['data'], this.name);
    const said = typeof answer.error === 'string' ? answer.error.slice(0, 300) : '';
    if (answer.errorType === 'bad_data') throw new BadQueryError(said);
    const mend =
      response.status === 401 || response.status === 403
        ? ': give PROMETHEUS_TOKEN, or user and password'
        : '';
    throw new InfraError(`${this.name} answered ${response.status}${said === '' ? '' : ` (${said})`}${mend}`);
  }
}

function basicHeader({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

interface Answer {
  status?: unknown;
  error?: unknown;
  errorType?: unknown;
  data?: unknown;
}

function parseAnswer(text: string): Answer {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** `{resultType: vector | matrix | scalar, result}`; throws InfraError for anything else. */
function readData(data: unknown, name: string): Series[] {
  const { resultType, result } = (data ?? {}) as { resultType?: unknown; result?: unknown };
  if (resultType === 'scalar') return [{ labels: {}, samples: [readSample(result, name)] }];
  if ((resultType !== 'vector' && resultType !== 'matrix') || !Array.isArray(result))
    throw new InfraError(`${name} answered no series; is it Prometheus' API?`);
  return (result as unknown[]).map((entry) => {
    const { metric, value, values } = entry as { metric?: unknown; value?: unknown; values?: unknown };
    const raw = resultType === 'vector' ? [value] : Array.isArray(values) ? (values as unknown[]) : [];
    return { labels: readLabels(metric), samples: raw.map((sample) => readSample(sample, name)) };
  });
}

function readLabels(metric: unknown): Record<string, string> {
  const entries = Object.entries((metric ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

const SPECIAL: Readonly<Record<string, number>> = { '+Inf': Infinity, '-Inf': -Infinity, NaN: NaN };

function readSample(sample: unknown, name: string): [number, number] {
  const [at, value] = Array.isArray(sample) ? (sample as unknown[]) : [];
  if (typeof at !== 'number' || typeof value !== 'string')
    throw new InfraError(`${name} answered a sample that is none: ${JSON.stringify(sample).slice(0, 100)}`);
  return [at, SPECIAL[value] ?? Number(value)];
}
