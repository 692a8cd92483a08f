/** The hostile pack against the real embedded server, and against servers that misbehave at one of its requests. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostilePack } from '../src/hostile/cases.ts';
import { runHostile, type HostilePlan, type HostileRun } from '../src/hostile/run-hostile.ts';
import { readServerFacts } from '../src/hostile/server-facts.ts';
import type { HostilePack } from '../src/hostile/types.ts';
import type { ServerProcess } from '../src/engines/server-process.ts';
import type { Protocol } from '../src/suites/types.ts';
import { startEmbedded } from './embedded.ts';

const { signal } = new AbortController();
const go = (origin: string, pack: HostilePack, more: Partial<HostilePlan> = {}): Promise<HostileRun> =>
  runHostile(pack, {
    target: { origin, modelName: 'v1' },
    protocol: pack.protocol,
    timeoutMs: 10_000,
    canaryMs: 10_000,
    signal,
    suite: 'pack:hostile',
    ...more,
  });
const statusOf = ({ cases }: HostileRun, name: string): [string, string] => {
  const found = cases.find((result) => result.test.description === name);
  return [found?.status ?? 'not there', found?.reasons.join('; ') ?? ''];
};

describe('the embedded server', () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startEmbedded('v1');
  });
  afterAll(() => server.running.stop(2_000));

  test.each(['openai-completions', 'openai-chat'] as const)('lives through all of it (%s)', async (protocol) => {
    const target = { origin: server.origin, modelName: 'v1' };
    const facts = await readServerFacts(target, protocol, signal);
    expect(facts).toEqual({ contextTokens: 256 });
    const pack = hostilePack(protocol, facts);
    expect(pack.cases.length).toBeGreaterThanOrEqual(40);
    const ran = await go(server.origin, pack);
    expect(ran.killedBy).toBeUndefined();
    expect(ran.cases.filter(({ status }) => status !== 'passed' && status !== 'skipped')).toEqual([]);
    expect(ran.cases.length).toBe(pack.cases.length + pack.skipped.length);
    expect(server.running.exit()).toBeUndefined();
    // Readers who went away left no slot taken.
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toMatch(/llamacpp:requests_processing 0\n/);
    expect(metrics).toMatch(/llamacpp:requests_deferred 0\n/);
  }, 20_000); // prettier-ignore
});

describe('a server that misbehaves', () => {
  let server: Server | undefined;
  let origin = '';
  /** Answers good questions and refuses what isn't one; what `bad` takes on is its own. */
  const start = async (
    bad: (body: string, response: ServerResponse, request: IncomingMessage) => boolean,
  ): Promise<void> => {
    const made = createServer((request, response) => {
      request.on('error', () => undefined);
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8');
        if (bad(body, response, request)) return;
        let prompt: unknown;
        try {
          prompt = (JSON.parse(body) as { prompt?: unknown }).prompt;
        } catch {
          prompt = undefined;
        }
        const text = JSON.stringify({ choices: [{ text: 'Hi', finish_reason: 'stop' }] });
        if (typeof prompt === 'string' && !/max_tokens":-/.test(body) && prompt.split(' ').length <= 1000) response.end(text);
        else response.writeHead(400).end('{"error":{"message":"no"}}');
      });
    });
    server = made;
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    const address = made.address();
    origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }; // prettier-ignore
  const stop = (): void => {
    server?.closeAllConnections();
    server?.close();
    server = undefined;
  };
  afterEach(stop);
  const pack = (...names: string[]): HostilePack => {
    const whole = hostilePack('openai-completions', { contextTokens: 1000 });
    return { ...whole, skipped: [], cases: whole.cases.filter(({ name }) => names.includes(name)) };
  };
  const HOT = 'a temperature of "hot"';
  const BILLION = 'max_tokens of a billion';

  test('a good one passes', async () => {
    await start(() => false);
    const ran = await go(origin, hostilePack('openai-completions', { contextTokens: 1000 }), { timeoutMs: 2_000 });
    expect(ran.cases.filter(({ status }) => status !== 'passed' && status !== 'skipped')).toEqual([]);
  }, 15_000); // prettier-ignore

  test('one that dies is called dead, by the name of what killed it, and nothing more is sent', async () => {
    let sent = 0;
    await start((body) => {
      sent += 1;
      if (!body.includes('1000000000')) return false;
      stop();
      return true;
    });
    const ran = await go(origin, pack(HOT, BILLION, 'lone surrogates', 'white space alone'));
    expect(ran.killedBy).toBe(BILLION);
    expect(ran.cases.map(({ status }) => status)).toEqual(['passed', 'error', 'error', 'error']);
    expect(statusOf(ran, BILLION)[1]).toContain('afterwards the server answered no good question');
    expect(statusOf(ran, 'white space alone')[1]).toBe(
      `not sent: the server answered no more after '${BILLION}'`,
    );
    // A good question, HOT, a good question, BILLION.
    expect(sent).toBe(4);
  });

  test('one that a cancelled step ends was killed by no request', async () => {
    const abort = new AbortController();
    let ended = false;
    await start((body) => {
      if (!body.includes('1000000000')) return false;
      abort.abort(new Error('cancelled'));
      ended = true;
      return true;
    });
    const ran = await go(origin, pack(HOT, BILLION, 'lone surrogates'), {
      signal: abort.signal,
      ended: () => Promise.resolve(ended ? 'SIGTERM' : undefined),
    });
    expect(ran).toMatchObject({ partial: true });
    expect(ran.killedBy).toBeUndefined();
    expect(ran.cases.map(({ status }) => status)).toEqual(['passed', 'skipped', 'skipped']);
  });

  test('one whose process ended says so', async () => {
    let asked = 0;
    await start(() => false);
    const ended = (): Promise<string | undefined> =>
      Promise.resolve((asked += 1) > 2 ? 'SIGSEGV' : undefined);
    const ran = await go(origin, pack(HOT, BILLION), { ended });
    expect(ran.killedBy).toBe(BILLION);
    expect(statusOf(ran, BILLION)[1]).toContain('its process ended (SIGSEGV)');
  });

  test('one that hangs at a request, answers 500, 200 with an error, or breaks off, fails at that request alone', async () => {
    await start((body, response) => {
      if (body.includes('"hot"')) return true;
      if (body.includes('"many"')) {
        response.writeHead(500).end('Internal Server Error');
        return true;
      }
      if (body.includes('no-such-model')) {
        response.end('{"error": {"message": "x"}}');
        return true;
      }
      if (body.includes('"temperature":-1')) {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write('data: {"choices":[{"text":"H"}]}\n\n', () => response.destroy());
        return true;
      }
      return false;
    });
    const names = [HOT, 'max_tokens of "many"', 'a model that is not there', 'a temperature of -1', BILLION];
    const ran = await go(origin, pack(...names), { timeoutMs: 400 });
    expect(statusOf(ran, HOT)).toEqual(['failed', expect.stringContaining('no complete answer within 400 ms')]);
    expect(statusOf(ran, names[1] ?? '')).toEqual(['failed', expect.stringContaining('the server answered 500')]);
    expect(statusOf(ran, names[2] ?? '')).toEqual(['failed', expect.stringContaining('answered 200 with an error')]);
    expect(statusOf(ran, names[3] ?? '')).toEqual(['failed', expect.stringContaining('to its end or refused')]);
    expect(statusOf(ran, BILLION)[0]).toBe('passed');
    expect(ran.killedBy).toBeUndefined();
  }); // prettier-ignore

  test('TGI refuses in a stream that began with 200: only its own check is a refusal', async () => {
    await start((body, response) => {
      const value = JSON.parse(body) as { inputs?: string; parameters?: { temperature?: unknown } };
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const event = (one: object): void => void response.end(`data:${JSON.stringify(one)}\n\n`);
      if (value.parameters?.temperature === -1)
        event({ error: '`temperature` must be strictly positive', error_type: 'validation' });
      else if ((value.inputs?.length ?? 0) > 1000)
        event({ error: '`inputs` tokens must be', error_type: 'validation' });
      else if (value.inputs === '') event({ error: 'CUDA', error_type: 'generation' });
      else
        event({
          index: 1,
          token: { id: 1, text: 'Hi', logprob: -1, special: false },
          generated_text: 'Hi',
          details: null,
        });
      return true;
    });
    const whole = hostilePack('tgi', { contextTokens: 500 });
    const names = [
      'a temperature of -1',
      'an empty question',
      whole.cases.find(({ name }) => name.endsWith('longer than the context'))?.name ?? '',
    ];
    const cases = names.flatMap((name) => whole.cases.filter((one) => one.name === name));
    const ran = await go(origin, { ...whole, cases, skipped: [] });
    expect(ran.cases.map(({ status }) => status)).toEqual(['passed', 'failed', 'passed']);
  });

  test('one that takes broken JSON fails, and one that is busy for a moment is waited for', async () => {
    let busy = 0;
    await start((body, response) => {
      if (body.includes('"x') && !body.endsWith('}')) {
        busy = 2;
        response.end('{"choices":[{"text":"ok"}]}');
        return true;
      }
      if ((busy -= 1) < 0) return false;
      response.writeHead(503, { 'retry-after': '1' }).end('{"error":"busy"}');
      return true;
    });
    const ran = await go(origin, pack('broken JSON', BILLION));
    expect(statusOf(ran, 'broken JSON')).toEqual([
      'failed',
      expect.stringContaining('has to be refused with 4xx'),
    ]);
    expect(ran.killedBy).toBeUndefined();
  });

  test('one that answers no good question at first is asked nothing', async () => {
    await start((_body, response) => {
      response.writeHead(401).end('{"error":"who are you?"}');
      return true;
    });
    const ran = await go(origin, pack(HOT, BILLION));
    expect(ran.cases.map(({ status }) => status)).toEqual(['error', 'error']);
    expect(ran.cases[0]?.reasons[0]).toContain("not sent: the server didn't answer a good question");
    expect(ran.killedBy).toBeUndefined();
  });
});

test('a model of tensors is asked by what its metadata says; a refusal by the protocol counts at any status', async () => {
  const bodies: string[] = [];
  const made = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      if (request.url === '/v2/models/m')
        return response.end('{"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}]}');
      if (request.url !== '/v2/models/m/infer') return response.writeHead(404).end();
      bodies.push(body);
      if (body.includes('"seven"')) return response.writeHead(500).end('Internal Server Error');
      const good = '"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[0,0]}]';
      if (!body.includes(good)) return response.writeHead(500).end('{"error":"no"}');
      return response.end('{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[1]}]}');
    });
  });
  await new Promise<void>((done) => made.listen(0, '127.0.0.1', done));
  const target = {
    origin: `http://127.0.0.1:${(made.address() as AddressInfo).port}`,
    modelName: 'm',
  };
  const pack = hostilePack('open-inference-v2', await readServerFacts(target, 'open-inference-v2', signal));
  const ran = await go(target.origin, pack, { target });
  made.closeAllConnections();
  made.close();
  expect(bodies[0]).toContain('"data":[0,0]');
  expect(ran.cases.filter(({ status }) => status === 'failed').map(({ test }) => test.description)).toEqual([
    'a tensor of another type of value',
  ]);
  expect(ran.cases.filter(({ status }) => status === 'passed').length).toBeGreaterThan(25);
  expect(
    ran.cases.some(({ test, status }) => test.description === 'lone surrogates' && status === 'passed'),
  ).toBe(false);
});

describe('what is sent to whom', () => {
  const PROTOCOLS: Protocol[] = [
    'openai-chat',
    'openai-completions',
    'tgi',
    'ollama',
    'open-inference-v2',
    'http',
  ];
  const packs = PROTOCOLS.map((protocol) => hostilePack(protocol, { contextTokens: null }));

  test('nothing is left out silently: what a protocol has no key for is skipped with why', () => {
    const names = packs.map(({ cases, skipped }) => [...cases, ...skipped].map(({ name }) => name).sort());
    for (const list of names) expect(list).toEqual(names[0]);
    const skipped = (protocol: Protocol): string[] =>
      packs.find((one) => one.protocol === protocol)?.skipped.map(({ why }) => why) ?? [];
    expect(skipped('openai-chat')).toEqual([]);
    expect(skipped('tgi')).toContain('tgi has no key for a model');
    expect(skipped('http').length).toBeGreaterThan(10);
  });

  test('what a protocol takes as right is not demanded to be refused', () => {
    const demand = (protocol: Protocol, name: string): string | undefined =>
      packs.find((one) => one.protocol === protocol)?.cases.find((one) => one.name === name)?.demand;
    expect(demand('openai-chat', 'max_tokens of -5')).toBe('refused');
    expect(demand('ollama', 'max_tokens of -5')).toBe('survived');
    expect(demand('ollama', 'a model that is not there')).toBe('refused');
    expect(demand('openai-chat', 'a model that is not there')).toBe('handled');
    expect(demand('http', 'broken JSON')).toBe('handled');
  });

  test('a question that may fit is not demanded to be refused', () => {
    const overlong = (contextTokens: number | null): { demand: string; name: string } | undefined =>
      hostilePack('openai-chat', { contextTokens }).cases.find(({ name }) => name.endsWith('longer than the context'));
    expect(overlong(256)).toMatchObject({ demand: 'refused', name: expect.stringContaining('346 words') });
    expect(overlong(null)?.demand).toBe('handled');
    expect(overlong(10_000_000)?.demand).toBe('handled');
  }); // prettier-ignore
});
