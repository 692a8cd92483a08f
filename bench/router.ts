/**
 * What the router costs: requests per second and time per request, direct to a model server and through the
 * router, at 1 and 16 in parallel, and the supervisor's memory. Prints ratios.
 * `node packages/host/bench/router.ts [seconds per measurement]`
 */
import { readFile } from 'node:fs/promises';
import { Agent, request as httpRequest } from 'node:http';
import { specOf, TestHost } from '../packages/host/test/support.ts';

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const seconds = Number(process.argv[2] ?? '3');
const json = JSON.stringify({ messages: [{ role: 'user', content: 'The capital of France is' }] });
const stream = JSON.stringify({
  stream: true,
  messages: [{ role: 'user', content: 'The capital of France is' }],
});

function ask(port: number, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/v1/chat/completions' };
    const request = httpRequest(
      { ...options, headers: { 'content-type': 'application/json' } },
      (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Requests per second and median milliseconds with `parallel` clients that keep their connections. */
async function measure(
  port: number,
  parallel: number,
  body: string,
): Promise<{ rate: number; median: number }> {
  const agent = new Agent({ keepAlive: true });
  const times: number[] = [];
  const until = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (performance.now() < until) {
        const begun = performance.now();
        await ask(port, agent, body);
        times.push(performance.now() - begun);
      }
    }),
  );
  agent.destroy();
  times.sort((a, b) => a - b);
  return { rate: times.length / seconds, median: times[Math.floor(times.length / 2)] ?? 0 };
}

async function memoryOf(pid: number): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return /VmRSS:\s+(\d+)/.exec(status)?.[1] ?? '0';
}

const host = await TestHost.make();
try {
  await host.ensure();
  const server = await host.client.startServer(specOf('v1', '--chunks=50'), 'stable');
  await host.client.setWeights({ v1: 1 });
  const { supervisor } = await host.client.status();
  print(`supervisor at rest: ${Math.round(Number(await memoryOf(supervisor.pid)) / 1024)} MiB`);
  for (const [what, body] of [
    ['JSON', json],
    ['50-chunk stream', stream],
  ] as const) {
    for (const parallel of [1, 16]) {
      await measure(host.port, parallel, body);
      const direct = await measure(server.port ?? 0, parallel, body);
      const routed = await measure(host.port, parallel, body);
      print(
        `${what}, ${parallel} parallel: direct ${direct.rate.toFixed(0)}/s ${direct.median.toFixed(2)} ms, ` +
          `routed ${routed.rate.toFixed(0)}/s ${routed.median.toFixed(2)} ms, ` +
          `added ${(routed.median - direct.median).toFixed(2)} ms, ratio ${(routed.rate / direct.rate).toFixed(2)}`,
      );
    }
  }
  const totals = (await host.client.status()).totals['v1'];
  print(
    `supervisor after ${totals?.requests ?? 0} requests (${totals?.lost ?? 0} lost): ${Math.round(Number(await memoryOf(supervisor.pid)) / 1024)} MiB`,
  );
} finally {
  await host.dispose();
}
