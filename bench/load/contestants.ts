/** Load generators as their users start them, and what each says of its requests. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

/** NVIDIA's aiperf, from PyPI into a virtual environment that is kept. */
export async function aiperf(version: string): Promise<Generator> {
  const cache = process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache/sluice');
  const venv = join(cache, `bench-aiperf-${version}`);
  const program = join(venv, 'bin/aiperf');
  if (!existsSync(join(venv, '.ready'))) {
    await run('python3', ['-m', 'venv', '--clear', venv]);
    await run(join(venv, 'bin/pip'), [
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `aiperf==${version}`,
    ]);
    await run('touch', [join(venv, '.ready')]);
  }
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
