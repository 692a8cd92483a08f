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
      if (request.url?.endsWith('/embeddings') === true) {
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

/** How often each word is in it; the last place keeps a text without any from having no direction. */
function vectorOf(text: string): number[] {
  const words = text.toLowerCase().split(/\W+/);
  return [...WORDS.map((word) => words.filter((one) => one === word).length), 0.5];
}
