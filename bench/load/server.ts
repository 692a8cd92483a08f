/**
 * A model server that answers OpenAI's chat stream at a pace of its own, and stamps when it did what: the truth that load
 * generators are held against. A program of its own, so that it shares no event loop with whom it judges.
 * `node bench/load/server.ts`; prints its port. `GET /truth` gives what was stamped since the last time and forgets it.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of one request; milliseconds of the machine's monotonic clock. */
export interface Stamps {
  /** `x-request-id`, or the number in a prompt's mark `(…-17)`. */
  key: string;
  /** Of the answer, for generators that tell only that. */
  id: string;
  received: number;
  /** Each content chunk, when it was written. */
  written: number[];
}

const FIRST_MS = 40;
const GAP_MS = 10;
const CHUNKS = 9;

let truth: Stamps[] = [];
let answers = 0;

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const received = now();
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const body = Buffer.concat(parts).toString('utf8');
  const id = request.headers['x-request-id'];
  const key = typeof id === 'string' ? id : (/\([0-9a-f]+-(\d+)\)/.exec(body)?.[1] ?? '');
  const answerId = `chatcmpl-${(answers += 1)}`;
  const stamps: Stamps = { key, id: answerId, received, written: [] };
  truth.push(stamps);
  response.socket?.setNoDelay(true);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const say = (value: object): boolean =>
    response.write(
      `data: ${JSON.stringify({ id: answerId, object: 'chat.completion.chunk', created: 1, model: 'm', ...value })}\n\n`,
    );
  say({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] });
  await sleep(FIRST_MS);
  for (let i = 0; i < CHUNKS; i += 1) {
    if (i > 0) await sleep(GAP_MS);
    stamps.written.push(now());
    say({ choices: [{ index: 0, delta: { content: `word${i} ` }, finish_reason: null }] });
  }
  say({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
  say({ choices: [], usage: { prompt_tokens: 20, completion_tokens: CHUNKS, total_tokens: 20 + CHUNKS } });
  response.end('data: [DONE]\n\n');
}

const server = createServer((request, response) => {
  if (request.url === '/truth') {
    response.end(JSON.stringify(truth));
    truth = [];
  } else if (request.method === 'POST') void answer(request, response);
  else if (request.url === '/v1/models') response.end(JSON.stringify({ data: [{ id: 'm' }] }));
  else response.writeHead(request.url === '/health' ? 200 : 404).end();
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? (address?.port ?? 0) : 0}\n`);
});
