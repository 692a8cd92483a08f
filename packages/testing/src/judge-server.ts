/** A judge for tests: an OpenAI chat completions server on loopback whose verdicts the test decides. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the judge is shown, read back out of the prompt. */
export interface Shown {
  question: string;
  a: string;
  b: string;
  rubric: string | undefined;
  answer: string | undefined;
}

export interface JudgeReply {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface JudgeServer {
  origin: string;
  requests: { headers: IncomingHttpHeaders; body: Record<string, unknown> }[];
  /** The message's text, another answer, or nothing: the connection breaks. */
  decide: (shown: Shown, count: number) => string | JudgeReply | undefined;
  close(): Promise<void>;
}

export const winner = (who: 'A' | 'B' | 'tie'): string => JSON.stringify({ reason: 'so', winner: who });

export async function startJudge(decide: JudgeServer['decide']): Promise<JudgeServer> {
  const judge: JudgeServer = { origin: '', requests: [], decide, close };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString();
      if (request.url === '/v1/models') {
        response.end(JSON.stringify({ object: 'list', data: [{ id: 'judge-70b', object: 'model' }] }));
        return;
      }
      const body = JSON.parse(text) as Record<string, unknown>;
      judge.requests.push({ headers: request.headers, body });
      const prompt = (body['messages'] as { content: string }[])[0]?.content ?? '';
      const said = judge.decide(shownIn(prompt), judge.requests.length);
      if (said === undefined) {
        request.socket.destroy();
        return;
      }
      if (typeof said !== 'string') {
        response.writeHead(said.status, said.headers).end(said.body ?? '');
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(completion(said, String(body['model']))));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  judge.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return judge;

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** OpenAI's `chat.completion` object. */
function completion(content: string, model: string): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 90, completion_tokens: 10, total_tokens: 100 },
  };
}

function shownIn(prompt: string): Shown {
  const text = (label: string): string | undefined => {
    const line = prompt.split('\n').find((entry) => entry.startsWith(`${label}: `));
    return line === undefined ? undefined : (JSON.parse(line.slice(label.length + 2)) as string);
  };
  return {
    question: text('Question') ?? '',
    a: text('Answer A') ?? '',
    b: text('Answer B') ?? '',
    rubric: text('Rubric'),
    answer: text('Answer'),
  };
}
