/**
 * The demo's users: workers that keep sending real prompts to the service and write one JSON line per request.
 * Usage: node client.ts --url http://127.0.0.1:8080 --facts facts.json --out requests.jsonl --workers 4 --pause 60
 * SIGTERM: no new request is sent, the open ones are finished, then it leaves.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request as its user saw it. Times in milliseconds since the epoch or of duration. */
export interface UserRequest {
  at: number;
  kind: 'short' | 'long';
  prompt: string;
  /** By the answer's `x-sluice-version`; empty when no answer came. */
  version: string;
  status: number;
  /** A complete answer within the time limit. Everything else is lost. */
  complete: boolean;
  /** It ended by itself and not at the token limit. */
  ended: boolean;
  ttftMs: number | null;
  ms: number;
  error: string;
}

/** "Lost" means: no complete answer within this time. */
const LIMIT_MS = 30_000;
const MAX_TOKENS = 140;

interface Facts {
  base: [string, string][];
  forms: string[];
  long_prompts: string[];
}

const { values: options } = parseArgs({
  options: {
    url: { type: 'string' },
    facts: { type: 'string' },
    out: { type: 'string' },
    workers: { type: 'string', default: '4' },
    pause: { type: 'string', default: '60' },
  },
});
const url = options.url ?? '';
const out = options.out ?? '';
const facts = JSON.parse(readFileSync(options.facts ?? '', 'utf8')) as Facts;
let stopping = false;
process.on('SIGTERM', () => (stopping = true));

async function work(worker: number): Promise<void> {
  for (let i = 0; !stopping; i += 1) {
    appendFileSync(out, `${JSON.stringify(await ask(choosePrompt(worker * 7919 + i)))}\n`);
    await sleep(Number(options.pause));
  }
}

/** Three short questions, then a long one; which country is spread evenly, without chance. */
function choosePrompt(n: number): { kind: 'short' | 'long'; prompt: string } {
  if (n % 4 === 3) return { kind: 'long', prompt: facts.long_prompts[n % facts.long_prompts.length] ?? '' };
  const [country] = facts.base[(n * 13) % facts.base.length] ?? ['France'];
  const form = facts.forms[n % facts.forms.length] ?? '{country}';
  return { kind: 'short', prompt: form.replace('{country}', country) };
}

async function ask({ kind, prompt }: { kind: 'short' | 'long'; prompt: string }): Promise<UserRequest> {
  const at = Date.now();
  const seen: UserRequest = {
    at,
    kind,
    prompt,
    version: '',
    status: 0,
    complete: false,
    ended: false,
    ttftMs: null,
    ms: 0,
    error: '',
  };
  try {
    const response = await fetch(`${url}/v1/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'capitals',
        prompt,
        max_tokens: MAX_TOKENS,
        temperature: 0,
        stream: true,
      }),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    seen.version = response.headers.get('x-sluice-version') ?? '';
    seen.status = response.status;
    await readAnswer(response, seen);
  } catch (error) {
    seen.error =
      error instanceof Error ? `${error.message} ${String(error.cause ?? '')}`.trim() : String(error);
  }
  seen.ms = Date.now() - at;
  return seen;
}

/** Complete: HTTP 200 and a stream that closes with [DONE]. */
async function readAnswer(response: Response, seen: UserRequest): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    const lines = (rest + decoder.decode(bytes as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: ')) continue;
      if (line === 'data: [DONE]') {
        seen.complete = response.status === 200;
        continue;
      }
      const chunk = JSON.parse(line.slice(6)) as {
        choices?: { text?: string; finish_reason?: string | null }[];
      };
      const choice = chunk.choices?.[0];
      if (choice?.text !== undefined && choice.text !== '') seen.ttftMs ??= Date.now() - seen.at;
      if (choice?.finish_reason === 'stop') seen.ended = true;
    }
  }
  if (!seen.complete) seen.error = `HTTP ${response.status}, the answer broke off`;
}

await Promise.all(Array.from({ length: Number(options.workers) }, (_, worker) => work(worker)));
