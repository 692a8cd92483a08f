/** The pack: every hostile request that says something about a protocol, and those that don't, with why. */
import type { Tensor } from '../clients/answer.ts';
import type { Protocol } from '../suites/types.ts';
import { ODD_TEXTS } from './odd-texts.ts';
import { ANY_SERVER, PROFILES, whyNone, type Profile } from './profiles.ts';
import { TENSOR_PROFILE, tensorCases } from './tensor-cases.ts';
import type { Change, Demand, HostileCase, HostilePack, Path, SkippedCase } from './types.ts';

/** More tokens than any context that servers tell nothing of. */
const UNTOLD_CONTEXT = 300_000;
/** A huge context isn't filled: 8 MB of text are hostile enough. */
const MOST_WORDS = 2_000_000;
const MOST_TOKENS = 1_000_000_000;

export interface ServerFacts {
  /** Tokens that a request may have; null where the server doesn't tell. */
  contextTokens: number | null;
  /** What a model of tensors is asked by. */
  tensors?: readonly Tensor[];
}

const text = (body: string): Uint8Array => Buffer.from(body, 'utf8');

/** In the order in which they are sent: the harmless first, so that what kills a server is told apart best. */
export function hostilePack(protocol: Protocol, facts: ServerFacts): HostilePack {
  const { tensors } = facts;
  const profile = tensors === undefined ? PROFILES[protocol] : TENSOR_PROFILE;
  const { demands } = profile ?? ANY_SERVER;
  const cases: HostileCase[] = [];
  const skipped: SkippedCase[] = [];
  const add = (tag: string, name: string, demand: Demand, attack: HostileCase['attack']): void => {
    cases.push({ name, tag, attack, demand });
  };
  /** A change to a key that not every protocol has. */
  const change = (
    tag: string,
    name: string,
    demand: Demand,
    key: Exclude<keyof Profile, 'demands' | 'isOpenAi'>,
    value: unknown,
    kind: 'ask' | 'begin' = 'ask',
  ): void => {
    const path: Path | undefined = profile?.[key];
    if (path === undefined) skipped.push({ tag, name, why: whyNone(protocol, KEYS[key]) });
    else add(tag, name, demand, { kind, changes: [[path, value]] });
  };
  const openAi = (name: string, changes: readonly Change[]): void => {
    if (profile?.isOpenAi === true) add('type', name, 'handled', { kind: 'begin', changes });
    else skipped.push({ tag: 'type', name, why: whyNone(protocol, String(changes[0]?.[0][0])) });
  };

  add('syntax', 'broken JSON', demands.broken, { kind: 'raw', body: text('{"model": "m", "prompt": "x') });
  add('syntax', 'no body', demands.broken, { kind: 'raw', body: text('') });
  add('syntax', 'a list instead of an object', demands.broken, { kind: 'raw', body: text('["x"]') });
  add('syntax', 'bytes that are no UTF-8', demands.broken, {
    kind: 'raw',
    body: Buffer.from('7b22ff00fe807d', 'hex'),
  });
  add('syntax', 'NaN and Infinity', 'handled', {
    kind: 'raw',
    body: text('{"temperature": NaN, "top_p": -Infinity}'),
  });
  add('syntax', 'JSON of 10,000 levels', 'handled', {
    kind: 'raw',
    body: text('['.repeat(10_000) + ']'.repeat(10_000)),
  });
  add('syntax', 'another content type', 'handled', {
    kind: 'raw',
    body: text('prompt=x'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

  change('type', 'the question is missing', demands.inputMissing, 'input', undefined);
  change('type', 'the question is a number', demands.inputType, 'input', 42);
  change('type', 'the question is an object', demands.inputType, 'input', { text: { text: 'x' } });
  change('type', 'the question is null', demands.inputMissing, 'input', null);
  change('type', 'a role that nobody knows', 'handled', 'role', 'wizard');
  change('type', 'a temperature of "hot"', softened(protocol), 'temperature', 'hot');
  change('type', 'a temperature of -1', softened(protocol), 'temperature', -1);
  change('type', 'max_tokens of "many"', softened(protocol), 'maxTokens', 'many', 'begin');
  change('type', 'max_tokens of -5', demands.negativeTokens, 'maxTokens', -5, 'begin');
  change('type', 'max_tokens of 0', softened(protocol), 'maxTokens', 0, 'begin');
  change('type', 'stop is an object', softened(protocol), 'stop', { stop: 'x' });
  change(
    'model',
    'a model that is not there',
    demands.unknownModel,
    'model',
    'sluice/no-such-model',
    'begin',
  );
  openAi('n of a million', [[['n'], 1_000_000]]);
  openAi('a logit_bias for tokens that are none', [[['logit_bias'], { '-1': 100, x: 'y' }]]);
  openAi('a response_format with a broken schema', [
    [['response_format'], { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'nonsense', pattern: '(' } } }],
  ]); // prettier-ignore
  openAi('stream is a word', [[['stream'], 'maybe']]);

  if (tensors !== undefined) cases.push(...tensorCases(tensors));
  // Numbers have no odd words.
  const isText = tensors === undefined || tensors.some(({ datatype }) => datatype === 'BYTES');
  if (!isText) skipped.push({ tag: 'unicode', name: 'texts', why: 'the model takes numbers only' });
  if (isText) add('size', 'an empty question', 'handled', { kind: 'begin', prompt: '' });
  change('size', 'max_tokens of a billion', 'handled', 'maxTokens', MOST_TOKENS, 'begin');
  change('size', 'max_tokens beyond 64 bits', softened(protocol), 'maxTokens', 2 ** 70, 'begin');
  const tokens = facts.contextTokens ?? UNTOLD_CONTEXT;
  const words = Math.min(MOST_WORDS, Math.ceil(tokens * 1.1) + 64);
  // Where the server doesn't tell its context, it may really have room for it.
  const isSure = facts.contextTokens !== null && words > tokens;
  if (isText) add('size', `a question of ${words.toLocaleString('en-US')} words, longer than the context`, isSure ? demands.overlong : softer(demands.overlong), {
    kind: 'begin',
    prompt: 'word '.repeat(words),
  }); // prettier-ignore
  for (const [name, prompt] of Object.entries(isText ? ODD_TEXTS : {}))
    add('unicode', name, 'handled', { kind: 'begin', prompt });

  add('connection', 'a reader who goes away in mid-stream', 'survived', { kind: 'leave', times: 3 });
  add('connection', 'a body without its end', 'survived', {
    kind: 'raw',
    body: text('{"model":'),
    headers: { 'content-length': '4000' },
  });
  add('connection', 'bodies that come a byte at a time', 'survived', { kind: 'drip', connections: 10 });
  add('connection', '50 questions broken off at once', 'survived', { kind: 'cancel', count: 50 });
  return { protocol, cases, skipped, ...(tensors === undefined ? {} : { tensors }) };
}

const KEYS = {
  input: 'the question',
  role: 'roles',
  temperature: 'a temperature',
  maxTokens: 'the length of the answer',
  stop: 'stop',
  model: 'a model',
} as const;

/** Refusals that aren't sure: the server may also answer. */
function softer(demand: Demand): Demand {
  return demand === 'refused' ? 'handled' : demand;
}

/** Wrong parameters are the model's own affair where the protocol leaves them to it. */
function softened(protocol: Protocol): Demand {
  return PROFILES[protocol]?.demands.negativeTokens === 'survived' ? 'survived' : 'handled';
}
