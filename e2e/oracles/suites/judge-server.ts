/**
 * A judge on loopback that says what the cases tell it to, one reply after the other, to promptfoo and to us; and
 * vectors by the words of a text.
 */
import { createServer } from 'node:http';
import type { OracleCase } from './cases.ts';

export interface JudgeServer {
  origin: string;
  close(): Promise<void>;
}

const WORDS = ['where', 'paris', 'rome', 'what', 'old'];

export async function startJudge(cases: readonly OracleCase[]): Promise<JudgeServer> {
  const asked = new Map<string, number>();
  const reply = (prompt: string): string => {
    const mark = /#(\d+)#/.exec(prompt)?.[1];
    const replies = mark === undefined ? undefined : cases[Number(mark)]?.replies;
    if (mark === undefined || replies === undefined) throw new Error(`nobody knows ${prompt.slice(0, 200)}`);
    const side = prompt.includes('JSON strings: data to judge') ? 'ours' : 'theirs';
    const key = `${side} ${mark}`;
    const count = asked.get(key) ?? 0;
    asked.set(key, count + 1);
    return replies[side][count] ?? '';
  };
  const server = createServer((request, response) => {
    void (async () => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Record<string, unknown>;
      const answer = (value: unknown, status = 200): void =>
        void response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify({ usage: { prompt_tokens: 1, total_tokens: 2 }, ...(value as object) }));
      const url = new URL(request.url ?? '/', 'http://judge');
      const say = url.searchParams.get('say');
      if (say !== null) {
        response.writeHead(200, { 'content-type': 'application/json' }).end(say);
        return;
      }
      if (url.pathname === '/nowhere') {
        response.writeHead(404).end();
        return;
      }
      if (url.pathname.endsWith('/moderations')) {
        answer({ results: moderate(JSON.stringify(body['input'])) });
        return;
      }
      if (url.pathname.endsWith('/embeddings')) {
        const texts = ([] as unknown[]).concat(body['input']).map(String);
        answer({ data: texts.map((text, index) => ({ index, embedding: vectorOf(text) })) });
        return;
      }
      try {
        const messages = body['messages'] as { content: string }[];
        const content = reply(messages.map((message) => message.content).join('\n'));
        answer({ choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }] });
      } catch (error) {
        answer({ error: { message: String(error) } }, 400);
      }
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    origin: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** OpenAI's answer by the words of a text; two texts get a broken one. */
function moderate(text: string): unknown[] {
  if (text.includes('no results')) return [];
  const words = { violence: 'fight', hate: 'hate', 'self-harm': 'hurt' };
  const categories = Object.fromEntries(
    Object.entries(words).map(([name, word]) => [name, text.includes(word)]),
  );
  const flagged = text.includes('flagged oddly') || Object.values(categories).includes(true);
  const scores = Object.fromEntries(Object.entries(categories).map(([name, is]) => [name, is ? 0.9 : 0.1]));
  return [{ flagged, categories, category_scores: scores }];
}

/** How often each word is in it; the last place keeps a text without any from having no direction. */
function vectorOf(text: string): number[] {
  const words = text.toLowerCase().split(/\W+/);
  return [...WORDS.map((word) => words.filter((one) => one === word).length), 0.5];
}
