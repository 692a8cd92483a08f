/** What of a load is kept in files: every sample, and a line per level as vLLM's benchmark writes it. */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { moments } from '@sluice/statistics/mean';
import { percentile, samplesForPercentile } from '@sluice/statistics/percentile';
import type { LoadLevel } from './level.ts';
import type { LoadResult } from './run-load.ts';
import { chunkGaps, sinceDue, timePerToken, type LoadSample } from './sample.ts';
import { isGood } from './slo.ts';

export interface Words {
  /** Blacks out what the user's patterns match in a text from outside. */
  redact: (text: string) => string;
  /** Whether the server's own words may be told, which `texts` can withhold. */
  told: boolean;
}

/** Of an error, which may quote a whole page. */
const LONGEST_ERROR = 300;

/** Line by line, since the whole may be longer than a string can be; under its name only when it is complete. */
export async function writeSamples(path: string, result: LoadResult, words: Words): Promise<void> {
  const partial = `${path}.part`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await pipeline(Readable.from(sampleLines(result, words)), createWriteStream(partial));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** JSON lines: first a description of the fields, then a line per request that counts; of a sweep those of all its tries. */
function* sampleLines({ levels, baseline, partial }: LoadResult, words: Words): Generator<string> {
  const line = (value: object): string => `${JSON.stringify(value)}\n`;
  yield line({
    format: 'sluice-load-samples',
    version: 1,
    ...(partial ? { partial: true } : {}),
    fields:
      'times are ms; due and sent from the start of the measured time of the run, ttfb, ttft, e2e and chunks from the sending; due is null in a closed loop',
  });
  for (const [side, list] of [
    ['candidate', levels],
    ['baseline', baseline],
  ] as const) {
    for (const level of list) {
      const stages =
        level.sweep === undefined
          ? level.runs.map((stage) => ({ stage, rate: undefined }))
          : level.sweep.all.map(({ stage, rate }) => ({ stage, rate }));
      for (const { stage, rate } of stages) {
        const about = {
          level: level.name,
          ...(baseline.length === 0 ? {} : { side }),
          ...(rate === undefined ? {} : { rate }),
        };
        for (const sample of stage.samples) yield line({ ...about, ...toLine(sample, words) });
      }
    }
  }
}

/** Microseconds are as fine as the clock means anything. */
function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function toLine(sample: LoadSample, { redact, told }: Words): Record<string, unknown> {
  const { number, turn, run, sentMs, lateMs, complete, errorKind, promptTokens, outputTokens, began, ended } =
    sample;
  const maybe = (ms: number | null): number | null => (ms === null ? null : round(ms));
  return {
    run,
    number,
    turn,
    due: lateMs === null ? null : round(sentMs - lateMs),
    sent: round(sentMs),
    ttfb: maybe(sample.ttfbMs),
    ttft: maybe(sample.ttftMs),
    e2e: round(sample.e2eMs),
    chunks: Array.from(sample.chunksMs, round),
    prompt_tokens: promptTokens,
    output_tokens: outputTokens,
    complete,
    error: errorKind,
    ...(told && sample.error !== null ? { error_text: redact(sample.error).slice(0, LONGEST_ERROR) } : {}),
    began,
    ended,
  };
}

/**
 * A flat object per level and line, with the keys of `vllm bench serve --save-result --append-result`. Times of an open loop
 * are from the moment a request was due, where vLLM's are from the sending; what has too few samples is null, never 0.
 */
export function benchLines(
  levels: readonly LoadLevel[],
  { modelName, protocol, redact }: { modelName: string; protocol: string; redact: Words['redact'] },
): string {
  return levels
    .filter(({ samples }) => samples.length > 0)
    .map((level) => `${JSON.stringify(benchLine(level, redact(modelName), protocol))}\n`)
    .join('');
}

function benchLine(level: LoadLevel, modelName: string, protocol: string): Record<string, unknown> {
  const { name, open, value, slos, durationMs, runs } = level;
  const began = level.samples.filter((sample) => sample.began);
  const complete = began.filter((sample) => sample.complete);
  const seconds = durationMs / 1000;
  const total = (of: (sample: LoadSample) => number | null): number | null => {
    const known = complete.map(of).filter((count) => count !== null);
    return known.length < complete.length || known.length === 0
      ? null
      : known.reduce((sum, count) => sum + count, 0);
  };
  const [input, output] = [
    total(({ promptTokens }) => promptTokens),
    total(({ outputTokens }) => outputTokens),
  ];
  const perSecond = (count: number | null): number | null =>
    count === null || complete.length === 0 || seconds === 0 ? null : count / seconds;
  const good = began.filter((sample) => isGood(sample, slos)).length;
  return {
    date: new Date(runs[0]?.startedAt ?? 0).toISOString(),
    backend: protocol,
    label: name,
    model_id: modelName,
    num_prompts: began.length,
    request_rate: open ? value : 'inf',
    max_concurrency: open ? null : value,
    duration: seconds,
    completed: complete.length,
    failed: began.length - complete.length,
    total_input_tokens: input,
    total_output_tokens: output,
    request_throughput: perSecond(complete.length),
    request_goodput: slos.length === 0 ? null : perSecond(good),
    output_throughput: perSecond(output),
    total_token_throughput: input === null || output === null ? null : perSecond(input + output),
    ...spread(
      'ttft',
      complete.map((sample) => sinceDue(sample, sample.ttftMs)),
    ),
    ...spread('tpot', complete.map(timePerToken)),
    ...spread('itl', complete.flatMap(chunkGaps)),
    ...spread(
      'e2el',
      complete.map((sample) => sinceDue(sample, sample.e2eMs)),
    ),
  };
}

/** vLLM's standard deviation is numpy's, of the population. */
function spread(name: string, measured: readonly (number | null)[]): Record<string, number | null> {
  const values = measured.filter((value) => value !== null);
  const { mean, sd } = moments(values);
  const n = values.length;
  const at = (p: number): number | null =>
    n < samplesForPercentile(p, 0.95) ? null : (percentile(values, p) ?? null);
  return {
    [`mean_${name}_ms`]: n === 0 ? null : mean,
    [`median_${name}_ms`]: at(50),
    [`std_${name}_ms`]: n === 0 ? null : sd * Math.sqrt((n - 1) / n),
    [`p99_${name}_ms`]: at(99),
  };
}
