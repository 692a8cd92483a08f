/**
 * The first process of a model's pod: the engine `embedded` (llama.cpp, the committed bundle) behind a thin front that
 * measures each answer as the host's router does, under the same metric names, and can be made to misbehave:
 *
 *     SLUICE_VERSION  named in metrics and in `x-sluice-version`
 *     ERROR_RATE      share of generation requests that get 500
 *     EXTRA_TTFT_MS   added before each answer
 *     CHUNK_MS        added before each event of a stream: the tiny model alone answers in milliseconds
 *     CRASH_AFTER     exit code 1 after so many requests; 0: before it listens
 *     START_MS        time before it listens, as of a large model
 */
import { spawn } from 'node:child_process';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gaugeText } from '@sluice/host/metrics';
import { AnswerObserver } from '@sluice/host/observer';
import { Traffic } from '@sluice/host/traffic';

const { env } = process;
const number = (name: string): number => Number(env[name] ?? '0');
const PORT = Number(env['PORT'] ?? '8000');
const ENGINE_PORT = PORT + 1;
const VERSION = env['SLUICE_VERSION'] ?? 'unknown';
const MODEL = env['MODEL_NAME'] ?? 'capitals';
const CRASH_AFTER = env['CRASH_AFTER'] === undefined ? Infinity : number('CRASH_AFTER');
const TRACK = 'stable';

const traffic = new Traffic(MODEL);
let open = 0;
let asked = 0;
let isEnding = false;

if (CRASH_AFTER === 0) process.exit(1);
await sleep(number('START_MS'));
const place = ['--model', env['MODEL_PATH'] ?? '/model/model.gguf', '--model-name', MODEL];
const engine = spawn(
  process.execPath,
  ['/app/dist/inference-test/index.js', '--role=embedded-server', ...place, '--port', String(ENGINE_PORT)],
  { stdio: 'inherit', env: { ...env, SLUICE_EMBEDDED: '/engine' } },
);
engine.once('exit', (code) => process.exit(isEnding ? 0 : (code ?? 1)));

/** Passes one request on to the engine and its answer back, event by event. */
function passOn(request: IncomingMessage, response: ServerResponse): void {
  const startedAt = performance.now();
  const at = Date.now();
  const sampled = request.method === 'POST';
  // A driver that names the version looks at it: no user. As in the host's router.
  const probe = request.headers['x-sluice-version'] !== undefined;
  let observer: AnswerObserver | undefined;
  let isWhole = false;
  const upstream = ask({
    port: ENGINE_PORT,
    host: '127.0.0.1',
    method: request.method,
    path: request.url,
    headers: request.headers,
  });
  const fail = (error: unknown): void => {
    process.stderr.write(`${request.method} ${request.url} failed: ${String(error)}\n`);
    if (response.headersSent) response.destroy();
    else
      response
        .writeHead(502, { 'content-type': 'application/json' })
        .end('{"error":{"message":"the engine is gone"}}');
  };
  upstream.once('error', fail);
  upstream.once('response', (answer) => {
    const headers = {
      ...answer.headers,
      'x-sluice-version': VERSION,
      ...(isEnding ? { connection: 'close' } : {}),
    };
    response.writeHead(answer.statusCode ?? 502, headers);
    observer = new AnswerObserver(answer.headers['content-type'] ?? '', startedAt, (ms) =>
      traffic.gap(VERSION, probe ? 'probe' : TRACK, ms),
    );
    const seen = observer;
    void (async () => {
      for await (const chunk of eventsOf(answer)) {
        if (number('CHUNK_MS') > 0) await sleep(number('CHUNK_MS'));
        seen.push(chunk, performance.now());
        response.write(chunk);
      }
      isWhole = true;
      response.end();
    })().catch(fail);
  });
  response.once('close', () => {
    upstream.destroy();
    // Looks at its health and its models are no requests of users.
    if (!sampled) return;
    const status = response.headersSent ? response.statusCode : 0;
    const clientGone = !response.writableFinished && !response.errored && !isWhole;
    const seen = observer?.finish(isWhole) ?? new AnswerObserver('', startedAt).finish(isWhole);
    const complete = seen.ended === null ? response.writableFinished : seen.ended && !seen.failed;
    const e2eMs = performance.now() - startedAt;
    traffic.finished({
      ...seen,
      at,
      version: VERSION,
      track: TRACK,
      status,
      complete,
      clientGone,
      e2eMs,
      probe,
      sampled,
    });
  });
  void (async () => {
    if (sampled) await sleep(number('EXTRA_TTFT_MS'));
    if (sampled && Math.random() < number('ERROR_RATE')) {
      upstream.destroy();
      response.writeHead(500, { 'content-type': 'application/json', 'x-sluice-version': VERSION });
      response.end('{"error":{"message":"made to fail"}}');
      return;
    }
    request.pipe(upstream);
  })();
}

/** The body in whole server-sent events; what has none comes as one piece. */
async function* eventsOf(answer: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of answer) {
    const parts = (rest + chunk.toString('utf8')).split('\n\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield Buffer.from(`${part}\n\n`);
  }
  if (rest !== '') yield Buffer.from(rest);
}

const server = createServer((request, response) => {
  if (request.url === '/metrics') {
    const streams = gaugeText('sluice_open_streams', 'Requests that are being answered.', [
      [{ service: MODEL, version: VERSION, track: TRACK }, open],
    ]);
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(
      traffic.metricsText([]).replace(/^# (HELP|TYPE) sluice_(open_streams|weight|server_).*\n/gm, '') +
        streams,
    );
    return;
  }
  if (request.method === 'POST') {
    asked += 1;
    if (asked > CRASH_AFTER) process.exit(1);
    open += 1;
    response.once('close', () => {
      open -= 1;
    });
  }
  response.once('close', () => {
    if (isEnding) server.closeIdleConnections();
  });
  passOn(request, response);
});
server.keepAliveTimeout = 75_000;
for (let tries = 0; ; tries += 1) {
  if ((await fetch(`http://127.0.0.1:${ENGINE_PORT}/health`).catch(() => undefined))?.ok === true) break;
  if (tries > 600) process.exit(1);
  await sleep(50);
}
server.listen(PORT, () => process.stdout.write(`${VERSION} listens on ${PORT}\n`));

/** Open streams run to their end; the kubelet's grace time bounds it. */
process.once('SIGTERM', () => {
  isEnding = true;
  server.close(() => engine.kill('SIGTERM'));
  server.closeIdleConnections();
});
