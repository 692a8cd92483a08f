/** Settings of a load: `warmup: 5s`, `prompt-tokens: 200 to 800`, `slo: ttft_ms <= 500 for 95%`. */
import { parseDuration } from '@sluice/runtime/units';

/** How many tokens a prompt or an answer has. */
export type Shape =
  | { kind: 'fixed'; value: number }
  | { kind: 'uniform'; low: number; high: number }
  | { kind: 'normal'; mean: number; sd: number };

export function meanOf(shape: Shape): number {
  if (shape.kind === 'fixed') return shape.value;
  return shape.kind === 'normal' ? shape.mean : (shape.low + shape.high) / 2;
}

export type SloMetric = 'ttft_ms' | 'tpot_ms' | 'inter_chunk_ms' | 'e2e_ms';

/** A bar that a share of the requests has to keep. */
export interface Slo {
  metric: SloMetric;
  /** Milliseconds. */
  most: number;
  /** 0 to 1; a request without an answer misses every bar. */
  share: number;
}

export interface LoadSettings {
  slos: Slo[];
  /** An open loop's bound: what is due beyond it is dropped and counted as an error. */
  maxInFlight: number;
  /** Before each level, at its own load; a tenth of its time (10 s at the most) when it isn't said. */
  warmupMs?: number;
  promptTokens?: Shape;
  outputTokens?: Shape;
  /** The server is told to go on after its end-of-text token (`ignore_eos`). */
  forceOutput?: boolean;
  /** Of a comparison: how often each level is run on either side. */
  runs?: number;
  /** Where the server's own metrics are. */
  metricsUrl?: string;
}

const MOST_IN_FLIGHT = 1000;
const MOST_TOKENS = 1_000_000;
const FEWEST_RUNS = 5;
const MOST_RUNS = 50;
const SHAPE_FORM = 'write it as `512`, `200 to 800` or `512 sd 100`';
const SLO =
  /^(ttft_ms|tpot_ms|inter_chunk_ms|e2e_ms)\s*<=\s*(\d+(?:\.\d+)?)(ms|s)?\s+for\s+(\d+(?:\.\d+)?)\s*%$/;

/** By key: puts the value in, or says what is wrong with it. */
export const SETTINGS: Readonly<Record<string, (text: string, load: LoadSettings) => string | undefined>> = {
  warmup: (text, load) => {
    const ms = text === '0' ? 0 : parseDuration(text);
    if (ms === undefined) return `'${text}' is no duration; write it as \`warmup: 5s\``;
    load.warmupMs = ms;
    return undefined;
  },
  'max-in-flight': (text, load) => {
    const most = wholeNumber(text, 1, MOST_IN_FLIGHT);
    if (most === undefined) return `'${text}' is no whole number from 1 to ${MOST_IN_FLIGHT}`;
    load.maxInFlight = most;
    return undefined;
  },
  runs: (text, load) => {
    const runs = wholeNumber(text, FEWEST_RUNS, MOST_RUNS);
    if (runs === undefined)
      return `'${text}' is no whole number from ${FEWEST_RUNS} to ${MOST_RUNS}; fewer runs carry no comparison`;
    load.runs = runs;
    return undefined;
  },
  'prompt-tokens': (text, load) => {
    const shape = readShape(text);
    if (typeof shape === 'string') return shape;
    load.promptTokens = shape;
    return undefined;
  },
  'output-tokens': (text, load) => {
    const forced = /\s+forced$/.exec(text);
    const shape = readShape(forced === null ? text : text.slice(0, forced.index));
    if (typeof shape === 'string') return shape;
    load.outputTokens = shape;
    if (forced !== null) load.forceOutput = true;
    return undefined;
  },
  slo: (text, load) => {
    const match = SLO.exec(text);
    if (match === null)
      return 'no bar; write it as `slo: ttft_ms <= 500 for 95%` (or `tpot_ms`, `inter_chunk_ms`, `e2e_ms`)';
    const [, metric = '', bar = '', unit, percent = ''] = match;
    const share = Number(percent) / 100;
    if (!(share > 0 && share < 1)) return `'${percent}%': the share lies between 0% and 100%, both left out`;
    load.slos.push({ metric: metric as SloMetric, most: Number(bar) * (unit === 's' ? 1000 : 1), share });
    return undefined;
  },
  metrics: (text, load) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
      return 'no address; write it as `metrics: http://host:8002/metrics`, without a user';
    load.metricsUrl = text;
    return undefined;
  },
};

function readShape(text: string): Shape | string {
  const fault = `'${text}' is no number of tokens up to ${MOST_TOKENS}; ${SHAPE_FORM}`;
  const match = /^(\d+)(?:\s+(to|sd)\s+(\d+))?$/.exec(text);
  const [first, second] = [Number(match?.[1]), Number(match?.[3])];
  if (match === null || first < 1 || first > MOST_TOKENS) return fault;
  if (match[2] === undefined) return { kind: 'fixed', value: first };
  if (second > MOST_TOKENS) return fault;
  if (match[2] === 'sd') return { kind: 'normal', mean: first, sd: second };
  return second < first
    ? `${fault}; the first is the smaller`
    : { kind: 'uniform', low: first, high: second };
}

function wholeNumber(text: string, low: number, high: number): number | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= low && value <= high ? value : undefined;
}
