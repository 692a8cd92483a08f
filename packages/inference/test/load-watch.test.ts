/** What is read beside the load, and what is written of it. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parsePrometheusText } from '@sluice/metrics/prometheus-text';
import { parseReading } from '@sluice/fit/gpu-readings';
import { benchLines, writeSamples } from '../src/load/files.ts';
import { summarizeGpus, watchGpus } from '../src/load/gpu-watch.ts';
import type { LoadLevel } from '../src/load/level.ts';
import { computeLoadMetrics } from '../src/load/metrics.ts';
import { makeObserver, readServerMetrics, type Observed } from '../src/load/observe.ts';
import { readRapl } from '../src/load/rapl.ts';
import type { LoadSample } from '../src/load/sample.ts';
import { startHostile, type HostileServer } from './hostile-server.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-watch-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sample = (fields: Partial<LoadSample> = {}): LoadSample => ({
  number: 1,
  turn: 1,
  run: 0,
  sentMs: 10,
  lateMs: null,
  complete: true,
  error: null,
  errorKind: null,
  promptTokens: 7,
  outputTokens: 10,
  ttfbMs: 4,
  ttftMs: 5,
  e2eMs: 20,
  chunksMs: Float32Array.from([5, 10, 14]),
  began: true,
  ended: true,
  ...fields,
});
const failed = {
  complete: false,
  error: 'no <b>',
  errorKind: 'http_5xx' as const,
  ttftMs: null,
  outputTokens: null,
};
const levelOf = (samples: LoadSample[], fields: Partial<LoadLevel> = {}): LoadLevel => ({
  name: 'c4',
  turns: 1,
  said: '4 at a time',
  value: 4,
  open: false,
  slos: [],
  runs: [{ startedAt: 0, durationMs: 2_000, samples }],
  samples,
  durationMs: 2_000,
  observed: [],
  ...fields,
});

describe('numbers of a level', () => {
  test('what ended in time per second, what began in it for times and errors', () => {
    const samples = [
      sample({ e2eMs: 10, began: false }),
      ...Array.from({ length: 6 }, () => sample()),
      sample({ e2eMs: 900, ended: false }),
      sample({ ...failed, e2eMs: 3 }),
    ];
    const slos = [{ metric: 'e2e_ms' as const, most: 100, share: 0.9 }];
    expect(computeLoadMetrics([levelOf(samples, { slos })], { pricePerHour: 3.6 })).toMatchObject({
      'load.c4.requests': { value: 8 },
      'load.c4.requests_per_second': { value: 3.5, n: 7 },
      'load.c4.tokens_per_second': { value: 35 },
      'load.c4.tokens_per_second_per_user': { value: 1000, n: 7 },
      'load.c4.error_rate': { value: 1 / 8, n: 8 },
      'load.c4.errors.http_5xx': { value: 1 },
      'load.c4.errors.timeout': { value: 0 },
      'load.c4.e2e_ms.mean': { value: (6 * 20 + 900) / 7, n: 7 },
      'load.c4.ttft_ms.p50': { value: 5 },
      'load.c4.ttft_ms.p95': { value: null, insufficient: true },
      'load.c4.tpot_ms.mean': { value: 1 },
      'load.c4.inter_chunk_ms.mean': { value: 4.5, n: 14 },
      'load.c4.goodput_share': { value: 6 / 8 },
      'load.c4.goodput': { value: 3 },
      'load.c4.cost.per_mtok': { value: (3.6 / 3600 / 35) * 1e6 },
      'load.c4.energy.j_per_token': { value: null },
      'load.c4.gpu_memory_gb.max': { value: null },
    });
  });

  test('nothing measured is null, not 0', () => {
    const metrics = computeLoadMetrics([levelOf([sample(failed), sample(failed)])], { pricePerHour: 1 });
    const zeros = Object.entries(metrics).filter(
      ([name, { value }]) => value === 0 && !name.includes('.errors.'),
    );
    expect(zeros).toEqual([]);
    expect(metrics['load.c4.error_rate']).toMatchObject({ value: 1 });
  });

  test('a server that does not count tokens has no tokens per second', () => {
    const metrics = computeLoadMetrics([levelOf([sample(), sample({ outputTokens: null })])]);
    expect(metrics['load.c4.tokens_per_second']?.value).toBeNull();
    expect(metrics['load.c4.cost.per_mtok']?.value).toBeNull();
  });

  test('energy of the GPUs over the tokens, and only where every run has it', () => {
    const seen = (joules: number | null): Observed => ({
      seconds: 4,
      server: null,
      queueMax: 3,
      runningMax: null,
      kvCacheMax: null,
      prefixHitRate: null,
      outputTokens: null,
      gpu: { memoryMaxBytes: 2e9, utilizationMean: 0.5, joules },
      cpuJoules: null,
    });
    const of = (observed: Observed[]): ReturnType<typeof computeLoadMetrics> =>
      computeLoadMetrics([levelOf([sample()], { observed })]);
    // 100 W, 10 tokens in 2 s.
    expect(of([seen(400)])).toMatchObject({
      'load.c4.energy.j_per_token': { value: 20 },
      'load.c4.gpu_memory_gb.max': { value: 2 },
      'load.c4.gpu_utilization': { value: 0.5 },
      'load.c4.queue.max': { value: 3 },
    });
    expect(of([seen(400), seen(null)])['load.c4.energy.j_per_token']?.value).toBeNull();
  });
});

describe('files', () => {
  test('samples line by line, with the words of the server only redacted and where they may be told, and a line per level as vLLM has it', async () => {
    const samples = [sample({ lateMs: 2, sentMs: 12 }), sample({ ...failed, number: 2 })];
    const level = levelOf(samples, { name: 'r5', open: true, value: 5 });
    const path = join(folder, 'deep/results.samples.jsonl');
    const redact = (text: string): string => text.replaceAll('<b>', '[redacted]').replaceAll('m', 'x');
    const result = { levels: [level], baseline: [], partial: true };
    await writeSamples(path, result, { redact, told: false });
    expect(readFileSync(path, 'utf8')).not.toContain('error_text');
    await writeSamples(path, result, { redact, told: true });
    const text = readFileSync(path, 'utf8');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines[0]).toMatchObject({ format: 'sluice-load-samples', partial: true });
    expect(lines[1]).toMatchObject({
      level: 'r5',
      due: 10,
      sent: 12,
      ttft: 5,
      chunks: [5, 10, 14],
      error: null,
    });
    expect(lines[2]).toMatchObject({ number: 2, complete: false, error: 'http_5xx', due: null });
    expect(lines[2]?.['error_text']).toContain('[redacted]');
    expect(text).not.toContain('<b>');
    const bench = JSON.parse(
      benchLines([level], { modelName: 'm', protocol: 'openai-chat', redact }),
    ) as Record<string, unknown>;
    expect(bench).toMatchObject({
      model_id: 'x',
      request_rate: 5,
      completed: 1,
      failed: 1,
      duration: 2,
      total_output_tokens: 10,
      mean_ttft_ms: 7,
      p99_ttft_ms: null,
      std_ttft_ms: 0,
      mean_itl_ms: 4.5,
      median_itl_ms: null,
    });
  });
});

describe('servers', () => {
  test.each([
    [
      'vllm',
      'vllm:num_requests_waiting{e="0"} 2\nvllm:gpu_cache_usage_perc 0.5\nvllm:generation_tokens_total 9',
    ],
    ['tgi', 'tgi_queue_size 2\ntgi_batch_current_size 1\ntgi_request_generated_tokens_sum 9'],
    ['llama.cpp', 'llamacpp:requests_deferred 2\nllamacpp:tokens_predicted_total 9'],
    [
      'sglang',
      'sglang:num_queue_reqs{tp_rank="0"} 2\nsglang:token_usage 0.5\nsglang:generation_tokens_total 9',
    ],
    ['triton', 'nv_inference_pending_request_count{model="a"} 2\nnv_gpu_utilization 0.1'],
  ])('%s is known by its names', (name, text) => {
    expect(readServerMetrics(parsePrometheusText(text))).toMatchObject({ server: name, queue: 2 });
  });

  test('one that tells nothing, and one that tells nonsense once', async () => {
    const server: HostileServer = await startHostile();
    const warnings: string[] = [];
    const observe = makeObserver({
      url: `${server.origin}/metrics`,
      isLocal: false,
      env: {},
      signal: new AbortController().signal,
      warn: (text) => void warnings.push(text),
    });
    let text =
      'vllm:num_requests_waiting 1\nvllm:generation_tokens_total 100\nvllm:prefix_cache_hits_total 5\nvllm:prefix_cache_queries_total 10\n';
    server.reply((response) => void response.end(text));
    const first = observe();
    await sleep(200);
    text =
      'vllm:num_requests_waiting 4\nvllm:generation_tokens_total 160\nvllm:prefix_cache_hits_total 6\nvllm:prefix_cache_queries_total 20\n';
    expect(await first.stop()).toMatchObject({
      server: 'vllm',
      queueMax: 4,
      outputTokens: 60,
      prefixHitRate: 0.1,
      kvCacheMax: null,
      gpu: null,
      cpuJoules: null,
    });
    text = '<html>';
    expect(await observe().stop()).toMatchObject({ server: null, queueMax: null, outputTokens: null });
    expect(await observe().stop()).toMatchObject({ server: null });
    expect(warnings).toHaveLength(1);
    await server.close();
  });
});

describe('the machine', () => {
  test('readings of nvidia-smi; what a GPU does not tell is missing', () => {
    expect(parseReading('GPU-1, 1024, 50, 100.50', 1)).toEqual({
      at: 1,
      uuid: 'GPU-1',
      memoryBytes: 2 ** 30,
      utilization: 0.5,
      watts: 100.5,
    });
    expect(parseReading('GPU-1, [N/A], [N/A], [Not Supported]', 1)).toMatchObject({
      memoryBytes: null,
      utilization: null,
      watts: null,
    });
    expect(parseReading('NVIDIA-SMI has failed', 1)).toBeUndefined();
    const at = (ms: number, watts: number | null): NonNullable<ReturnType<typeof parseReading>> => ({
      at: ms,
      uuid: 'GPU-1',
      memoryBytes: ms,
      utilization: 0.5,
      watts,
    });
    // 100 W for a second, rising to 200 W within a second, 200 W for a second.
    expect(summarizeGpus([at(1_000, 100), at(2_000, 200)], 0, 3_000)).toEqual({
      memoryMaxBytes: 2_000,
      utilizationMean: 0.5,
      joules: 450,
    });
    expect(summarizeGpus([at(1_000, 100), at(2_000, null)], 0, 3_000)?.joules).toBeNull();
    expect(summarizeGpus([], 0, 1)).toBeUndefined();
  });

  test('nvidia-smi is asked once for the whole time, ended after it, and its GPUs are those of the job', async () => {
    const bin = join(folder, 'bin');
    await mkdir(bin);
    const gpu = (index: number): string =>
      `<gpu id="${index}"><product_name>L4</product_name><uuid>GPU-${index}</uuid><fb_memory_usage><total>100 MiB</total><free>50 MiB</free></fb_memory_usage></gpu>`;
    writeFileSync(
      join(bin, 'nvidia-smi'),
      `#!/bin/sh\ncase "$*" in *-x*) echo '${gpu(0)}${gpu(1)}';; *) echo $$ > '${folder}/pid'; while :; do echo 'GPU-0, 10, 20, 30.0'; echo 'GPU-1, 99, 99, 99.0'; sleep 0.1; done;; esac\n`,
    );
    chmodSync(join(bin, 'nvidia-smi'), 0o755);
    const before = process.env['PATH'];
    process.env['PATH'] = `${bin}:${before}`;
    try {
      const env = { ...process.env, CUDA_VISIBLE_DEVICES: '0' };
      const watch = watchGpus(env, new AbortController().signal);
      await sleep(400);
      const use = await watch.stop();
      expect(use).toMatchObject({ memoryMaxBytes: 10 * 2 ** 20, utilizationMean: 0.2 });
      expect(use?.joules).toBeGreaterThan(5);
      const pid = Number(readFileSync(join(folder, 'pid'), 'utf8'));
      expect(() => process.kill(pid, 0)).toThrow();
    } finally {
      process.env['PATH'] = before;
    }
    const none = watchGpus({ PATH: folder }, new AbortController().signal);
    expect(await none.stop()).toBeUndefined();
  });

  test("the processor's counters, over the turn of one; without them nothing", async () => {
    const write = async (name: string, at: number): Promise<void> => {
      await mkdir(join(folder, 'rapl', name), { recursive: true });
      writeFileSync(join(folder, 'rapl', name, 'energy_uj'), `${at}\n`);
      writeFileSync(join(folder, 'rapl', name, 'max_energy_range_uj'), '10000000\n');
    };
    await write('intel-rapl:0', 9_000_000);
    await write('intel-rapl:1', 1_000_000);
    await write('intel-rapl:0:0', 1);
    const before = await readRapl(join(folder, 'rapl'));
    await write('intel-rapl:0', 1_000_000);
    await write('intel-rapl:1', 4_000_000);
    const after = await readRapl(join(folder, 'rapl'));
    if (before === undefined || after === undefined) throw new Error('no counters');
    expect(before.since(after)).toBe(5);
    expect(await readRapl(join(folder, 'none'))).toBeUndefined();
  });
});
