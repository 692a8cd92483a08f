/** Looks at the server and the machine while a load runs: the server's own metrics, the GPUs, the processor's energy. */
import { request } from '@sluice/http/client';
import {
  largestOf,
  parsePrometheusText,
  sumOf,
  type PrometheusSample,
} from '@sluice/metrics/prometheus-text';
import { watchGpus, type GpuUse } from './gpu-watch.ts';
import { readRapl } from './rapl.ts';

/** Null or absent is what nobody told. */
export interface Observed {
  /** How long was looked, warm-up and what was waited for at the end with it. */
  seconds: number;
  /** Which server's names were found: `vllm`, `tgi`, `llama.cpp`, `sglang`, `triton`. */
  server: string | null;
  /** Requests that waited, and that were worked on, at the most. */
  queueMax: number | null;
  runningMax: number | null;
  /** Share of the KV cache in use, at the most. */
  kvCacheMax: number | null;
  /** Share of the prompts' tokens that the server had computed before. */
  prefixHitRate: number | null;
  /** By the server's own counters, from the start to the end. */
  outputTokens: number | null;
  gpu: GpuUse | null;
  /** Of the processor packages; the load generator's share is in it. */
  cpuJoules: number | null;
}

export interface Observation {
  stop(): Promise<Observed>;
}
export type Observe = () => Observation;

interface Names {
  server: string;
  queue: readonly string[];
  running: readonly string[];
  kvCache: readonly string[];
  outputTokens: readonly string[];
  /** Counters of cached and of all prompt tokens, or one gauge of their share. */
  prefix?: { hits: string; queries: string } | { rate: string };
}

/** Names as the servers' own documents have them; what they were called before stands behind. */
const SERVERS: readonly Names[] = [
  {
    server: 'vllm',
    queue: ['vllm:num_requests_waiting'],
    running: ['vllm:num_requests_running'],
    kvCache: ['vllm:kv_cache_usage_perc', 'vllm:gpu_cache_usage_perc'],
    outputTokens: ['vllm:generation_tokens_total'],
    prefix: { hits: 'vllm:prefix_cache_hits_total', queries: 'vllm:prefix_cache_queries_total' },
  },
  {
    server: 'tgi',
    queue: ['tgi_queue_size'],
    running: ['tgi_batch_current_size'],
    kvCache: [],
    outputTokens: ['tgi_request_generated_tokens_sum'],
  },
  {
    server: 'llama.cpp',
    queue: ['llamacpp:requests_deferred'],
    running: ['llamacpp:requests_processing'],
    kvCache: ['llamacpp:kv_cache_usage_ratio'],
    outputTokens: ['llamacpp:tokens_predicted_total'],
  },
  {
    server: 'sglang',
    queue: ['sglang:num_queue_reqs'],
    running: ['sglang:num_running_reqs'],
    kvCache: ['sglang:token_usage'],
    outputTokens: ['sglang:generation_tokens_total'],
    prefix: { rate: 'sglang:cache_hit_rate' },
  },
  {
    server: 'triton',
    queue: ['nv_inference_pending_request_count'],
    running: [],
    kvCache: [],
    outputTokens: [],
  },
];

export interface ServerReading {
  server: string;
  queue: number | undefined;
  running: number | undefined;
  kvCache: number | undefined;
  outputTokens: number | undefined;
  hits: number | undefined;
  queries: number | undefined;
  rate: number | undefined;
}

/** The server's metrics; undefined when no name is known. */
export function readServerMetrics(samples: readonly PrometheusSample[]): ServerReading | undefined {
  const first = (
    names: readonly string[],
    of: (list: readonly PrometheusSample[], name: string) => number | undefined,
  ): number | undefined => names.map((name) => of(samples, name)).find((value) => value !== undefined);
  for (const { server, queue, running, kvCache, outputTokens, prefix } of SERVERS) {
    const read = {
      server,
      queue: first(queue, sumOf),
      running: first(running, sumOf),
      kvCache: first(kvCache, largestOf),
      outputTokens: first(outputTokens, sumOf),
      hits: prefix !== undefined && 'hits' in prefix ? sumOf(samples, prefix.hits) : undefined,
      queries: prefix !== undefined && 'hits' in prefix ? sumOf(samples, prefix.queries) : undefined,
      rate: prefix !== undefined && 'rate' in prefix ? largestOf(samples, prefix.rate) : undefined,
    };
    if (Object.entries(read).some(([key, value]) => key !== 'server' && value !== undefined)) return read;
  }
  return undefined;
}

const INTERVAL_MS = 1_000;
const SCRAPE_TIMEOUT_MS = 5_000;

export interface ObserveOptions {
  /** Address of the server's metrics. */
  url: string;
  token?: { value: string; origin: string };
  /** The server runs on this machine, so that its GPUs and its processor are meant. */
  isLocal: boolean;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Told once, when the metrics can't be read although the server has them. */
  warn: (text: string) => void;
}

/** Makes an observer; each call of it looks once a second until it is stopped. A server without metrics is no fault. */
export function makeObserver(options: ObserveOptions): Observe {
  let broken = false;
  const scrape = async (): Promise<ServerReading | undefined> => {
    if (broken) return undefined;
    try {
      const timeout = AbortSignal.timeout(SCRAPE_TIMEOUT_MS);
      const response = await request(options.url, {
        retries: 0,
        signal: AbortSignal.any([options.signal, timeout]),
        ...(options.token === undefined ? {} : { token: options.token }),
      });
      const text = await response.text();
      if (response.status !== 200) {
        broken = true;
        return undefined;
      }
      return readServerMetrics(parsePrometheusText(text));
    } catch (error) {
      // A busy server that doesn't answer now may do so a second later; one that talks nonsense won't.
      if (!/text format/.test(String(error))) return undefined;
      broken = true;
      options.warn(`the server's metrics at ${options.url} can't be read: ${String(error).slice(0, 200)}`);
      return undefined;
    }
  };
  return () => observeOnce(options, scrape);
}

function observeOnce(options: ObserveOptions, scrape: () => Promise<ServerReading | undefined>): Observation {
  const startedAt = performance.now();
  const seen: ServerReading[] = [];
  const look = async (): Promise<void> => {
    const read = await scrape();
    if (read !== undefined) seen.push(read);
  };
  const gpus = options.isLocal ? watchGpus(options.env, options.signal) : undefined;
  const energy = options.isLocal ? readRapl() : undefined;
  let running = look();
  const timer = setInterval(() => void (running = running.then(look)), INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      await running;
      await look();
      const after = options.isLocal ? await readRapl() : undefined;
      const most = (values: (number | undefined)[]): number | null => {
        const known = values.filter((value) => value !== undefined);
        return known.length === 0 ? null : Math.max(...known);
      };
      const [first, last] = [seen[0], seen.at(-1)];
      const grown = (key: 'outputTokens' | 'hits' | 'queries'): number | null => {
        const [from, to] = [first?.[key], last?.[key]];
        // A counter that fell was set back: the server began anew.
        return from === undefined || to === undefined || to < from ? null : to - from;
      };
      const [hits, queries] = [grown('hits'), grown('queries')];
      return {
        seconds: (performance.now() - startedAt) / 1000,
        server: first?.server ?? null,
        queueMax: most(seen.map(({ queue }) => queue)),
        runningMax: most(seen.map((read) => read.running)),
        kvCacheMax: most(seen.map(({ kvCache }) => kvCache)),
        prefixHitRate:
          hits !== null && queries !== null && queries > 0 ? hits / queries : (last?.rate ?? null),
        outputTokens: grown('outputTokens'),
        gpu: (await gpus?.stop()) ?? null,
        cpuJoules: after === undefined ? null : ((await energy)?.since(after) ?? null),
      };
    },
  };
}
