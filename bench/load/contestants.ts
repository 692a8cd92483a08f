/** Load generators as their users start them, and what each says of its requests. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '@sluice/process/run';
import type { Told } from './truth.ts';

export interface Course {
  origin: string;
  rate: number;
  seconds: number;
  /** An empty folder. */
  folder: string;
}

export interface Generator {
  name: string;
  /** What a reader of its numbers has to know. */
  note?: string;
  command(course: Course): { command: string; args: string[]; env: NodeJS.ProcessEnv };
  read(course: Course): Promise<Told[]>;
}

async function jsonLines(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export const OURS: Generator = {
  name: 'ours',
  command: ({ origin, rate, seconds, folder }) => ({
    command: process.execPath,
    args: [
      join(import.meta.dirname, 'ours.ts'),
      origin,
      String(rate),
      String(seconds),
      join(folder, 's.jsonl'),
    ],
    env: {},
  }),
  read: async ({ folder }) =>
    (await jsonLines(join(folder, 's.jsonl')))
      .filter((line) => line['complete'] === true && line['began'] === true)
      .map((line) => {
        const chunks = line['chunks'] as number[];
        return {
          key: String(line['number']),
          sent: Number(line['sent']),
          ttft: Number(line['ttft']),
          gaps: chunks.slice(1).map((at, i) => at - (chunks[i] ?? NaN)),
        };
      }),
};

/** A program of a package from PyPI, in a virtual environment that is kept. */
async function fromPyPI(name: string, version: string): Promise<string> {
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache/sluice');
  const venv = join(cache, `bench-${name}-${version}`);
  if (!existsSync(join(venv, '.ready'))) {
    await run('python3', ['-m', 'venv', '--clear', venv]);
    const flags = ['--quiet', '--no-cache-dir', '--disable-pip-version-check'];
    await run(join(venv, 'bin/pip'), ['install', ...flags, `${name}==${version}`]);
    await run('touch', [join(venv, '.ready')]);
  }
  return join(venv, 'bin', name);
}

/** NVIDIA's aiperf. */
export async function aiperf(version: string): Promise<Generator> {
  const program = await fromPyPI('aiperf', version);
  return {
    name: `aiperf ${version}`,
    command: ({ origin, rate, seconds, folder }) => ({
      command: program,
      args: [
        ...['profile', '--model', 'm', '--url', origin, '--endpoint-type', 'chat', '--streaming'],
        ...['--request-rate', String(rate), '--arrival-pattern', 'constant'],
        ...[
          '--warmup-request-count',
          String(rate),
          '--request-count',
          String(rate * seconds),
          '--isl',
          '16',
          '--osl',
          '9',
        ],
        // Its own counting of tokens would cost it what ours doesn't do either.
        ...['--tokenizer', 'fixtures/models/v1', '--use-server-token-count'],
        ...['--ui', 'none', '--no-gpu-telemetry', '--no-server-metrics', '--output-artifact-dir', folder],
      ],
      env: { HOME: folder },
    }),
    read: async ({ folder }) =>
      (await jsonLines(join(folder, 'profile_export.jsonl'))).flatMap((line) => {
        const metadata = line['metadata'] as Record<string, unknown>;
        const metrics = line['metrics'] as Record<string, { value: number | number[] } | undefined>;
        const ttft = metrics['time_to_first_token']?.value;
        const gaps = metrics['inter_chunk_latency']?.value;
        if (typeof ttft !== 'number' || metadata['benchmark_phase'] !== 'profiling') return [];
        return [
          {
            key: String(metadata['x_request_id']),
            sent: Number(metadata['request_start_ns']) / 1e6,
            ttft,
            gaps: Array.isArray(gaps) ? gaps : [],
          },
        ];
      }),
  };
}

/**
 * Red Hat's GuideLLM (some 6 GB: its requirements hold PyTorch with CUDA). It tells the mean gap of a request only, and
 * names no request: the answer's id does.
 */
export async function guidellm(version: string): Promise<Generator> {
  const program = await fromPyPI('guidellm', version);
  const report = (folder: string): string => join(folder, 'guidellm.json');
  // Its first second is warm-up, which it has no flag for that leaves requests out of what it tells.
  const warmUp = (rate: number): number => rate;
  return {
    name: `guidellm ${version}`,
    note: 'tells the mean gap of each request only, so its gap error is that of the mean',
    command: ({ origin, rate, seconds, folder }) => ({
      command: program,
      args: [
        'run',
        ...['--backend', `kind=openai_http,target=${origin},model=m,request_format=/v1/chat/completions`],
        ...['--profile', `kind=constant,rate=${rate}`],
        ...['--constraint', `kind=max_requests,count=${rate * seconds + warmUp(rate)}`],
        ...['--data', 'kind=synthetic_text,prompt_tokens=16,output_tokens=9'],
        ...['--tokenizer', `kind=hf_auto,model=${resolve('fixtures/models/v1')}`],
        ...['--output', `kind=json,path=${report(folder)}`, '--disable-console'],
      ],
      env: { HOME: folder, HF_HUB_OFFLINE: '1' },
    }),
    read: async ({ folder, rate }) => {
      const told = JSON.parse(await readFile(report(folder), 'utf8')) as {
        benchmarks: { requests: { successful: Record<string, unknown>[] } }[];
      };
      const requests = (told.benchmarks[0]?.requests.successful ?? []).map((one): Told => ({
        key: String(one['response_id']),
        sent: Number(one['request_start_time']) * 1000,
        ttft: Number(one['time_to_first_token_ms']),
        gaps: { mean: Number(one['inter_token_latency_ms']) },
      }));
      return requests.sort((a, b) => a.sent - b.sent).slice(warmUp(rate));
    },
  };
}
