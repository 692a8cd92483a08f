/** Carries out one attack. */
import { setTimeout } from 'node:timers/promises';
import type { Answer, Tensor } from '../clients/answer.ts';
import { ask } from '../clients/ask.ts';
import type { BuiltRequest, Target } from '../clients/openai-request.ts';
import { buildRequest } from '../clients/protocols.ts';
import type { Protocol, TestOptions } from '../suites/types.ts';
import { ofAnswer, ofReply, type Outcome } from './judge.ts';
import { open, sendRaw } from './send-raw.ts';
import type { Attack, Change } from './types.ts';

export interface AttackPlan {
  target: Target;
  protocol: Protocol;
  timeoutMs: number;
  signal: AbortSignal;
  tensors?: readonly Tensor[] | undefined;
}

/** What is asked where the question itself isn't the attack. */
export const GOOD_QUESTION = 'Hello';
const GOOD: TestOptions = { max_tokens: 8, temperature: 0 };
/** Long enough that a reader can go away in the middle. */
const LONG: TestOptions = { max_tokens: 256, temperature: 0 };
/** A body without its end is left after so long, unless the server has answered. */
const UNENDED_MS = 1_000;
const DRIP_MS = 100;
const DRIP_HEAD_START_MS = 500;
const SHOWN_BYTES = 500;
const CANCEL_WITHIN_MS = 60;

/** A good question in this protocol, as it would be sent. */
export function goodRequest(plan: AttackPlan, prompt = GOOD_QUESTION, options = GOOD): BuiltRequest {
  const { target, protocol, tensors } = plan;
  const asked = tensors?.map((tensor) => ({
    ...tensor,
    data: tensor.datatype === 'BYTES' ? tensor.data.map(() => prompt) : tensor.data,
  }));
  return buildRequest(
    target,
    protocol,
    prompt,
    asked === undefined ? options : { tensors: asked },
    undefined,
  );
}

export function askGood(plan: AttackPlan, timeoutMs = plan.timeoutMs): Promise<Answer> {
  const { target, signal } = plan;
  return ask({ ...goodRequest(plan), token: target.token, timeoutMs, signal });
}

/** The request as it is told in reports. */
export function describeAttack(attack: Attack, plan: AttackPlan): string {
  if (attack.kind === 'raw') return Buffer.from(attack.body.subarray(0, SHOWN_BYTES)).toString('utf8');
  if (attack.kind === 'ask' || attack.kind === 'begin') return shown(bodyOf(attack, plan));
  return shown(goodRequest(plan));
}

/** Reports don't hold all of a question of megabytes. */
function shown(built: BuiltRequest): string {
  const bytes = bytesOf(built);
  const head = bytes.subarray(0, SHOWN_BYTES).toString('utf8');
  return bytes.length > SHOWN_BYTES ? `${head}… (${bytes.length} bytes)` : head;
}

export async function carryOut(attack: Attack, plan: AttackPlan): Promise<Outcome> {
  const { target, timeoutMs, signal } = plan;
  switch (attack.kind) {
    case 'ask': {
      const built = bodyOf(attack, plan);
      return ofAnswer(await ask({ ...built, token: target.token, timeoutMs, signal }));
    }
    case 'begin':
      return ofReply(await sendRaw({ ...common(plan, bodyOf(attack, plan)), leaveAtBytes: true }));
    case 'raw': {
      const { url } = goodRequest(plan);
      const isUnended = attack.headers?.['content-length'] !== undefined;
      const raw = { url, body: attack.body, token: target.token, timeoutMs, signal };
      return ofReply(
        await sendRaw({
          ...raw,
          ...(attack.headers === undefined ? {} : { headers: attack.headers }),
          ...(isUnended ? { leaveAfterMs: UNENDED_MS } : {}),
        }),
      );
    }
    case 'leave': {
      let last: Outcome | undefined;
      for (let time = 0; time < attack.times; time += 1)
        last = ofReply(
          await sendRaw({ ...common(plan, goodRequest(plan, undefined, LONG)), leaveAtBytes: true }),
        );
      return last ?? notSent();
    }
    case 'cancel':
      return cancelMany(attack.count, plan);
    case 'drip':
      return drip(attack.connections, plan);
  }
}

function common(plan: AttackPlan, built: BuiltRequest): Parameters<typeof sendRaw>[0] {
  const { target, timeoutMs, signal } = plan;
  return { url: built.url, body: bytesOf(built), token: target.token, timeoutMs, signal };
}

function bytesOf({ text, body }: BuiltRequest): Buffer {
  return Buffer.from(text ?? JSON.stringify(body));
}

function bodyOf(attack: Extract<Attack, { kind: 'ask' | 'begin' }>, plan: AttackPlan): BuiltRequest {
  const built = goodRequest(plan, attack.prompt);
  return { ...built, body: (attack.changes ?? []).reduce(withChange, built.body) };
}

/** The body with one key set or, for undefined, taken away; what lies beside it stays. */
function withChange(body: Record<string, unknown>, [path, value]: Change): Record<string, unknown> {
  const copy = structuredClone(body);
  let at: Record<string | number, unknown> = copy;
  for (const [index, step] of path.slice(0, -1).entries()) {
    const next = at[step];
    if (typeof next !== 'object' || next === null) at[step] = typeof path[index + 1] === 'number' ? [] : {};
    at = at[step] as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last === undefined) return copy;
  if (value === undefined) Reflect.deleteProperty(at, last);
  else at[last] = value;
  return copy;
}

/** Each goes away at another moment, so that some are still queued, some read, some answered. */
async function cancelMany(count: number, plan: AttackPlan): Promise<Outcome> {
  const replies = await Promise.all(
    Array.from({ length: count }, (_, index) =>
      sendRaw({
        ...common(plan, goodRequest(plan, `${GOOD_QUESTION} ${index}`, LONG)),
        leaveAfterMs: 1 + Math.round((CANCEL_WITHIN_MS * index) / count),
      }),
    ),
  );
  const refused = replies.find(({ status }) => status !== null && status !== 200);
  return ofReply(refused ?? replies[0] ?? { status: null, body: '', end: 'left', error: null });
}

/** While slow bodies come in, another client's good question is answered, or one client can hold up all. */
async function drip(connections: number, plan: AttackPlan): Promise<Outcome> {
  const built = goodRequest(plan);
  const { url } = built;
  const bytes = bytesOf(built);
  const slow = Array.from({ length: connections }, () => {
    const request = open({ url, body: bytes, token: plan.target.token });
    // The server may hang up on it, which is its right.
    request.on('error', () => undefined);
    request.on('response', (response) => response.resume());
    return request;
  });
  let sent = 0;
  const timer = setInterval(() => {
    // Never the last byte: the request stays unfinished.
    if (sent < bytes.length - 1) for (const request of slow) request.write(bytes.subarray(sent, sent + 1));
    sent += 1;
  }, DRIP_MS);
  try {
    await setTimeout(DRIP_HEAD_START_MS, undefined, { signal: plan.signal });
    const answer = await askGood(plan);
    if (answer.complete) return ofAnswer(answer);
    return {
      ...ofAnswer(answer),
      isWhole: false,
      error: `a good question meanwhile got no answer: ${answer.error}`,
    };
  } finally {
    clearInterval(timer);
    for (const request of slow) request.destroy();
  }
}

function notSent(): Outcome {
  return {
    status: null,
    isWhole: false,
    error: 'nothing was sent',
    hasErrorObject: false,
    isValidation: false,
    body: '',
  };
}
