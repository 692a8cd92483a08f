/** The committed bundle against servers and suites that would make it green, or silent, by mistake. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '@sluice/testing/certificate';
import { runAction, type ActionOutcome, type ActionRun } from '@sluice/testing/runner';

const go = (inputs: Record<string, string>, more: Omit<ActionRun, 'inputs'> = {}): Promise<ActionOutcome> =>
  runAction('inference-test', { inputs, ...more });

describe('green by mistake', () => {
  const listen = (server: Server | HttpsServer, host = '127.0.0.1'): Promise<number> =>
    new Promise((done) =>
      server.listen(0, host, () => {
        const address = server.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      }),
    );
  const servers: (Server | HttpsServer)[] = [];
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });
  /** Answers every question with this text. */
  const answering = (text: string): RequestListener => {
    const body = JSON.stringify({ choices: [{ text, finish_reason: 'stop' }] });
    return (request, response) => {
      request.resume();
      response.end(request.method === 'GET' ? '{"data":[{"id":"m"}]}' : body);
    };
  };
  const start = async (text: string): Promise<string> => {
    const server = createServer(answering(text));
    servers.push(server);
    return `http://127.0.0.1:${await listen(server)}`;
  };
  const SUITE =
    'defaultTest: {options: {protocol: openai-completions}}\ntests:\n  - vars: {prompt: x}\n    assert: [{type: contains, value: Paris}]\n  - vars: {prompt: y}\n    assert: [{type: not-contains, value: nonsense}]\n';
  const workspaceWith = (files: Record<string, string>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'inference-test-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };

  test('results of an earlier run are gone when this one ends without any', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE, 'old.json': '{"accuracy": 1}', 'old.xml': '<testsuites/>' });
    const ran = await go(
      { endpoint: 'http://127.0.0.1:9', suite: 's.yaml', results: 'old.json', junit: 'old.xml' },
      { cwd },
    );
    expect(ran).toMatchObject({ exitCode: 1, outputs: { outcome: 'infra-error' } });
    expect(ran.stdout).toContain('ECONNREFUSED');
    expect([existsSync(join(cwd, 'old.json')), existsSync(join(cwd, 'old.xml'))]).toEqual([false, false]);
  });

  test('rules that only warn leave it to the cases', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE });
    const rules = { suite: 's.yaml', thresholds: 'warn: accuracy >= 90%' };
    const red = await go({ endpoint: await start('Rome'), ...rules }, { cwd });
    expect(red).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', failed: '1' } });
    expect(red.stdout).toContain('it said "Rome"');
    expect((await go({ endpoint: await start('Paris'), ...rules }, { cwd })).exitCode).toBe(0);
  });

  test('a server that says nothing passes no suite of things not to be said', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE.replace('{type: contains,', '{type: not-contains,') });
    const ran = await go({ endpoint: await start(''), suite: 's.yaml' }, { cwd });
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', passed: '2' } });
    expect(ran.stdout).toContain('every answer was empty');
  });

  test('what an endpoint mustn’t be, without its password in the log', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE });
    const ask = (endpoint: string) => go({ endpoint, suite: 's.yaml' }, { cwd });
    const secret = await ask('http://user:hunter2@127.0.0.1:9');
    expect(secret.outputs).toMatchObject({ outcome: 'config-error' });
    expect(secret.stdout + secret.summary).not.toContain('hunter2');
    expect((await ask('http://h/v1/chat/completions')).stdout).toContain("remove '/chat/completions'");
    expect((await ask('http://h:8000/?x=1')).stdout).toContain("remove what begins with '?'");
  });

  test('an endpoint behind a proxy, with a path in front, and one with a certificate of its own', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE });
    const through: string[] = [];
    const proxy = createServer((request, response) => {
      through.push(request.url ?? '');
      answering('Paris')(request, response);
    });
    servers.push(proxy);
    const address = `http://127.0.0.1:${await listen(proxy)}`;
    const env = { HTTP_PROXY: address, http_proxy: address, NO_PROXY: '', no_proxy: '' };
    const ran = await go({ endpoint: 'http://model.internal/team/v1/', suite: 's.yaml' }, { cwd, env });
    expect(ran.stdout).toContain('all 2 cases passed');
    expect(through).toContain('http://model.internal/team/v1/completions');

    const certificate = makeCertificate(['localhost']);
    const cert = join(cwd, 'cert.pem');
    writeFileSync(cert, certificate.cert);
    const secure = createHttpsServer(certificate, answering('Paris'));
    servers.push(secure);
    const inputs = { endpoint: `https://localhost:${await listen(secure, 'localhost')}`, suite: 's.yaml' };
    const unknown = await go(inputs, { cwd });
    expect(unknown).toMatchObject({ exitCode: 1, outputs: { outcome: 'infra-error' } });
    expect(unknown.stdout).toContain('NODE_EXTRA_CA_CERTS');
    const known = await go(inputs, { cwd, env: { NODE_EXTRA_CA_CERTS: cert } });
    expect(known.stdout).toContain('all 2 cases passed');
  });

  test('load: numbers level by level, and errors under it are red', async () => {
    const cwd = workspaceWith({ 's.yaml': SUITE });
    const load = { suite: 's.yaml', load: 'concurrency: 1,3 for 1s' };
    const rules = { thresholds: 'load.c3.requests_per_second > 1\nload.c1.e2e_ms.p50 < 5s' };
    const green = await go({ endpoint: await start('Paris'), ...load, ...rules }, { cwd });
    expect(green.stdout).toContain('2 of 2 rules hold');
    expect(green.summary).toContain('#### Load');
    const metrics = JSON.parse(green.outputs['metrics'] ?? '{}') as Record<string, number>;
    expect(metrics['load.c3.requests']).toBeGreaterThan(10);
    expect(metrics['load.c3.error_rate']).toBe(0);

    let asked = 0;
    const flaky = createServer((request, response) => {
      if (request.method === 'POST' && (asked += 1) > 8 && asked % 4 === 0)
        response.writeHead(500).end('busy');
      else answering('Paris')(request, response);
    });
    servers.push(flaky);
    const inputs = { endpoint: `http://127.0.0.1:${await listen(flaky)}`, ...load, ...rules };
    const red = await go(inputs, { cwd });
    expect(red).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', errors: '0' } });
    expect(red.stdout).toContain('a rule over load.c1.error_rate would allow some');
    asked = 0;
    const allowed = 'load.c1.error_rate <= 50%\nload.c3.error_rate <= 50%';
    expect((await go({ ...inputs, thresholds: allowed }, { cwd })).exitCode).toBe(0);
  });

  test('a server of its own kind: asked by template and path, its tensor judged, only by tag', async () => {
    const own = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => (text += part.toString()));
      request.on('end', () => {
        if (request.url !== '/say') return void response.writeHead(404).end('{}');
        const { ask } = JSON.parse(text) as { ask: string };
        response.end(JSON.stringify({ data: { text: ask.includes('France') ? 'Paris' : 'no idea' } }));
      });
    });
    servers.push(own);
    const cwd = workspaceWith({
      'rows.csv': 'country,__expected\nFrance,contains: Paris\nNorway,contains: idea\n',
      's.yaml':
        'providers: [echo]\nprompts: ["Capital of {{country}}?"]\ntests:\n  - data: rows.csv\n    assert: [{type: javascript, value: "output.length > 3"}]\n    metadata: {tags: [rows]}\n  - vars: {country: Norway}\n    assert: [{type: contains, value: Oslo}]\n',
    });
    const inputs = {
      endpoint: `http://127.0.0.1:${await listen(own)}`,
      protocol: 'http',
      request: 'POST /say {"ask": {{prompt}}}',
      suite: 's.yaml',
    };
    const green = await go({ ...inputs, response: '$.data.text', tags: 'rows' }, { cwd });
    expect(green.stdout).toContain("'providers' is not carried over");
    expect(green).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', passed: '2' } });
    const red = await go({ ...inputs, response: '$.data.text' }, { cwd });
    expect(red).toMatchObject({ exitCode: 1, outputs: { passed: '2', failed: '1' } });
    writeFileSync(join(cwd, 'rows.csv'), 'country,__expected\nNorway,contains: Oslo\n');
    expect((await go({ ...inputs, response: '$.data.text', tags: 'rows' }, { cwd })).exitCode).toBe(1);
    const lost = await go({ ...inputs, response: '$.answer' }, { cwd });
    expect(lost).toMatchObject({ exitCode: 1, outputs: { errors: '2' } });
    expect((await go({ ...inputs, tags: 'none' }, { cwd })).stdout).toContain('leaves no case');
    const broken = await go({ ...inputs, request: '{"ask": 1}' }, { cwd });
    expect(broken.stdout).toContain('holds no {{prompt}}');
  });
});
