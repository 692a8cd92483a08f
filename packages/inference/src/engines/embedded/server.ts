/**
 * The server of the engine `embedded`: OpenAI's completions and chat over llama.cpp, on node:http.
 * Health, models, answers whole or streamed, 400 with an error body for what it can't do, and an end on
 * SIGTERM that first finishes the open streams.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { sendError, sendJson, streamedAnswer, wholeAnswer } from './answer.ts';
import { readServerFlags, type ServerFlags } from './flags.ts';
import { generateAnswer, tokenizeRequest } from './generate.ts';
import { loadLlama, type LlamaEngine } from './llama.ts';
import { BadRequest, readCompletionRequest, type CompletionRequest } from './request.ts';
import { Slots } from './slots.ts';

const MAX_BODY_BYTES = 16 * 1024 * 1024;

interface Service {
  engine: LlamaEngine;
  flags: ServerFlags;
  slots: Slots;
  counts: { requests: number; refused: number; aborted: number; promptTokens: number; answerTokens: number };
  startedAt: number;
  isEnding: boolean;
}

/** Runs the server until SIGTERM or SIGINT; exits the process with 1 when it can't start. */
export async function serve(argv: string[]): Promise<void> {
  let service: Service;
  try {
    const flags = readServerFlags(argv);
    const folder = process.env['SLUICE_EMBEDDED'] ?? '';
    if (folder === '') throw new Error('SLUICE_EMBEDDED names no folder of the engine');
    const engine = await loadLlama(folder, flags);
    service = {
      engine,
      flags,
      slots: new Slots(flags.parallel, flags.queue),
      counts: { requests: 0, refused: 0, aborted: 0, promptTokens: 0, answerTokens: 0 },
      startedAt: Date.now(),
      isEnding: false,
    };
    const server = createServer((request, response) => {
      // A connection that is kept alive would hold the end up until it times out.
      response.once('close', () => {
        if (service.isEnding) server.closeIdleConnections();
      });
      void answer(service, request, response);
    });
    await listen(server, flags);
    const end = (): void => endServer(service, server);
    process.once('SIGTERM', end).once('SIGINT', end);
  } catch (error) {
    process.stderr.write(
      `the embedded server can't start: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    process.exit(1);
  }
}

function listen(server: Server, flags: ServerFlags): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(flags.port, flags.host, () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : flags.port;
      process.stdout.write(`listening on http://${flags.host}:${port}\n`);
      resolve();
    });
  });
}

/** No new connections; open answers run to their end, then the process goes. */
function endServer(service: Service, server: Server): void {
  service.isEnding = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  // A second signal doesn't wait.
  process.once('SIGTERM', () => process.exit(0)).once('SIGINT', () => process.exit(0));
}

async function answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (service.isEnding) response.setHeader('connection', 'close');
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const route = ROUTES[path];
  if (route === undefined) {
    sendError(response, 404, `there is no ${path}`, { code: 'not_found' });
    return;
  }
  if (request.method !== route.method) {
    sendError(response, 405, `${path} takes ${route.method}`, {}, { allow: route.method });
    return;
  }
  try {
    await route.answer(service, request, response);
  } catch (error) {
    if (error instanceof BadRequest) {
      service.counts.refused += 1;
      sendError(response, 400, error.message, { param: error.param, code: error.code });
    } else if (!response.headersSent) {
      sendError(response, 500, error instanceof Error ? error.message : String(error));
    } else {
      response.destroy();
    }
  }
}

interface Route {
  method: 'GET' | 'POST';
  answer(service: Service, request: IncomingMessage, response: ServerResponse): Promise<void> | void;
}

const ROUTES: Readonly<Record<string, Route>> = {
  '/health': {
    method: 'GET',
    answer: (_service, _request, response) => sendJson(response, 200, { status: 'ok' }),
  },
  '/v1/models': { method: 'GET', answer: answerModels },
  '/metrics': { method: 'GET', answer: answerMetrics },
  '/v1/completions': { method: 'POST', answer: (...all) => answerCompletion('completion', ...all) },
  '/v1/chat/completions': { method: 'POST', answer: (...all) => answerCompletion('chat', ...all) },
};

function answerModels(service: Service, _request: IncomingMessage, response: ServerResponse): void {
  const { flags, engine, startedAt } = service;
  const entry = {
    id: flags.modelName,
    object: 'model',
    created: Math.floor(startedAt / 1000),
    owned_by: 'sluice',
    max_model_len: engine.contextSize,
    capabilities: engine.hasChatTemplate ? ['completion', 'chat'] : ['completion'],
  };
  sendJson(response, 200, { object: 'list', data: [entry] });
}

async function answerCompletion(
  kind: 'completion' | 'chat',
  service: Service,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { engine, slots, flags, counts } = service;
  const request = readCompletionRequest(await readJson(incoming), kind);
  checkModel(request, flags);
  const tokens = tokenizeRequest(engine, request);
  if (slots.isFull) {
    sendError(
      response,
      503,
      `${flags.queue} requests wait already`,
      { type: 'overloaded' },
      { 'retry-after': '1' },
    );
    return;
  }
  const gone = new AbortController();
  response.once('close', () => {
    if (response.writableFinished) return;
    counts.aborted += 1;
    gone.abort();
  });
  const shape = { kind, model: flags.modelName, includeUsage: request.includeUsage };
  const sink = request.stream ? streamedAnswer(response, shape) : wholeAnswer(response, shape);
  counts.requests += 1;
  counts.promptTokens += tokens.length;
  counts.answerTokens += await generateAnswer(engine, slots, request, tokens, sink, gone.signal);
}

function checkModel(request: CompletionRequest, flags: ServerFlags): void {
  if (request.model === flags.modelName) return;
  throw new BadRequest(
    `the model '${request.model}' isn't served here; '${flags.modelName}' is`,
    'model',
    'model_not_found',
  );
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes <= MAX_BODY_BYTES) parts.push(part);
  }
  if (bytes > MAX_BODY_BYTES) throw new BadRequest(`the body has more than ${MAX_BODY_BYTES} bytes`);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))) as unknown;
  } catch {
    throw new BadRequest('the body is no JSON', null, 'invalid_json');
  }
}

/** A few numbers in Prometheus' text format, named as llama.cpp names them. */
function answerMetrics(service: Service, _request: IncomingMessage, response: ServerResponse): void {
  const { counts, slots } = service;
  const rows: [string, string, number][] = [
    ['llamacpp:prompt_tokens_total', 'counter', counts.promptTokens],
    ['llamacpp:tokens_predicted_total', 'counter', counts.answerTokens],
    ['llamacpp:requests_processing', 'gauge', slots.busy],
    ['llamacpp:requests_deferred', 'gauge', slots.waiting],
    ['sluice_requests_total', 'counter', counts.requests],
    ['sluice_requests_refused_total', 'counter', counts.refused],
    ['sluice_requests_aborted_total', 'counter', counts.aborted],
  ];
  const text = rows.map(([name, type, value]) => `# TYPE ${name} ${type}\n${name} ${value}\n`).join('');
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
  response.end(text);
}
