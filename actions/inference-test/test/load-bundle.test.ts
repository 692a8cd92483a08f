/** The load through the committed bundle: cancelled in its middle, and beside a baseline. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import validateResults from '@sluice/inference/runs/results-schema.gen';
import type { Results } from '@sluice/inference/runs/results';
import { isVllmBench, readVllmBench } from '@sluice/evaluation/readers/vllm-bench';
import { processStartTime } from '@sluice/runtime/files';
import { runAction } from '@sluice/testing/runner';

const MODEL = resolve(import.meta.dirname, '../../../fixtures/models/v1');
const SUITE = `prompts: ['The capital of {{country}} is']
defaultTest: {options: {protocol: openai-completions, max_tokens: 20, temperature: 0, seed: 1}, assert: [{type: ends}]}
tests: [{vars: {country: France}}, {vars: {country: Peru}}]
`;
let folder: string;
const servers: Server[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-bundle-'));
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

function workspace(): string {
  const path = mkdtempSync(join(folder, 'w-'));
  writeFileSync(join(path, 's.yaml'), SUITE);
  return path;
}
const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test.concurrent(
  'SIGTERM in the middle: the server ends, what was measured is written and called a part',
  async () => {
    const cwd = workspace();
    const inputs = {
      engine: 'embedded',
      'model-path': MODEL,
      suite: 's.yaml',
      load: 'concurrency: 1 for 1s\nrate: 2/s for 120s',
    };
    const ran = await runAction('inference-test', {
      inputs,
      cwd,
      killWhen: /load of 1 at a time/,
      killSignal: 'SIGTERM',
    });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'error', outcome: 'infra-error' } });
    expect(ran.stdout).toContain('cancelled by SIGTERM');
    expect(ran.wallMs).toBeLessThan(60_000);
    const results = JSON.parse(readFileSync(join(cwd, 'sluice-run/results.json'), 'utf8')) as Results;
    expect(validateResults(results) ? [] : validateResults.errors).toEqual([]);
    expect(results.partial).toBe(true);
    expect(results.metrics['load.c1.requests']?.value).toBeGreaterThan(0);
    const samples = linesOf(join(cwd, 'sluice-run/results.samples.jsonl'));
    expect(samples[0]).toMatchObject({ partial: true });
    expect(samples.filter(({ level }) => level === 'c1')).toHaveLength(
      samples.filter(({ level, complete }) => level === 'c1' && complete === true).length,
    );
    const { pid, startTime } = JSON.parse(ran.state['sluice_server'] ?? '{}') as {
      pid: number;
      startTime: string;
    };
    expect(startTime).not.toBe('');
    expect(await processStartTime(pid)).not.toBe(startTime);
  },
  90_000,
);

/** Streams three tokens after the given time. */
async function serve(ms: number): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      request.resume();
      await once(request, 'end');
      if (request.url === '/health') return void response.end('ok');
      if (request.url === '/metrics') return void response.end('vllm:num_requests_waiting 1\n');
      if (request.method === 'GET') return void response.end('{"data": [{"id": "m"}]}');
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      await sleep(ms);
      for (const text of ['Pa', 'ri', 's.']) {
        response.write(
          `data: ${JSON.stringify({ choices: [{ text, finish_reason: text === 's.' ? 'stop' : null }] })}\n\n`,
        );
        await sleep(5);
      }
      const usage = { prompt_tokens: 5, completion_tokens: 3 };
      response.end(`data: ${JSON.stringify({ choices: [], usage })}\n\ndata: [DONE]\n\n`);
    })();
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test.concurrent(
  'a slower release than its baseline: told with bounds, and a rule over them fails it',
  async () => {
    const cwd = workspace();
    const ran = await runAction('inference-test', {
      inputs: {
        endpoint: await serve(80),
        'baseline-endpoint': await serve(20),
        suite: 's.yaml',
        load: 'warmup: 0\nslo: e2e_ms <= 10s for 90%\nrate: 12/s poisson for 1s',
        thresholds:
          'load.r12.vs_baseline.e2e_ms.p50.high <= 1.5\nload.r12.e2e_ms.p50 <= baseline * 100\nload.r12.goodput_share >= 50%',
        seed: '1',
      },
      cwd,
    });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    const metrics = JSON.parse(ran.outputs['metrics'] ?? '{}') as Record<string, number | null>;
    expect(metrics['load.r12.vs_baseline.e2e_ms.p50']).toBeGreaterThan(1.5);
    expect(metrics['load.r12.vs_baseline.e2e_ms.p50.low']).toBeLessThanOrEqual(
      metrics['load.r12.vs_baseline.e2e_ms.p50'] ?? 0,
    );
    expect(metrics['load.r12.queue.max']).toBe(1);
    expect(metrics['load.r12.energy.j_per_token']).toBeNull();
    expect(ran.stdout.match(/on the baseline/g)).toHaveLength(5);
    expect(ran.summary).toContain('**Against the baseline**, 5 runs of each by turns');
    const samples = linesOf(join(cwd, 'sluice-run/results.samples.jsonl'));
    expect(new Set(samples.slice(1).map(({ side, run }) => `${String(side)} ${String(run)}`)).size).toBe(10);
    // What eval-gate reads as a run of vLLM's benchmark.
    const [bench = {}] = linesOf(join(cwd, 'sluice-run/results.bench.jsonl'));
    expect(bench).toMatchObject({ label: 'r12', request_rate: 12, failed: 0 });
    expect(isVllmBench(bench)).toBe(true);
    const read = readVllmBench([bench], { path: '', source: 'ours', notes: [] });
    const value = (name: string): number | null | undefined =>
      read.find((metric) => metric.name === name)?.value;
    expect(value('error_rate')).toBe(0);
    expect(value('e2e_ms.mean')).toBeCloseTo(metrics['load.r12.e2e_ms.mean'] ?? 0, 6);
    expect(value('e2e_ms.p99')).toBeNull();
    const page = readFileSync(ran.outputs['report'] ?? '', 'utf8');
    expect(page).toContain('time to the first content');
    expect(page.match(/<svg/g)?.length).toBeGreaterThanOrEqual(4);
  },
  90_000,
);
