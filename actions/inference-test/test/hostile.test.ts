/** The committed bundle with hostile packs, hostile texts and servers that answer nothing: what is green, and what people see. */
import { afterAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { XMLParser } from 'fast-xml-parser';
import validateResults from '@sluice/inference/runs/results-schema.gen';
import type { Results } from '@sluice/inference/runs/results';
import { runAction, type ActionOutcome } from '@sluice/testing/runner';

const MODEL = resolve(import.meta.dirname, '../../../fixtures/models/v1');
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

type Reply = (response: ServerResponse, body: string) => void;
const start = async (reply: Reply): Promise<string> => {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      if (request.method === 'GET') response.end('{"data":[{"id":"m"}]}');
      else reply(response, body);
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
};
const says =
  (text: string): Reply =>
  (response) =>
    response.end(JSON.stringify({ choices: [{ text, finish_reason: 'stop' }] }));
const workspace = (files: Record<string, string> = {}): string => {
  const folder = mkdtempSync(join(tmpdir(), 'inference-test-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
};
const go = (inputs: Record<string, string>, cwd = workspace()): Promise<ActionOutcome> =>
  runAction('inference-test', { inputs: { protocol: 'openai-completions', ...inputs }, cwd });
const read = (ran: ActionOutcome, output: string): string => readFileSync(ran.outputs[output] ?? '', 'utf8');
const resultsOf = (ran: ActionOutcome): Results => JSON.parse(read(ran, 'results')) as Results;
const SUITE = `tests:\n${['a', 'b', 'c'].map((word) => `  - vars: {prompt: ${word} SSN 123-45-6789}\n    assert: [{type: contains, value: Paris}]\n`).join('')}`;

describe('packs', () => {
  test('pack:hostile: the embedded server lives through it, and the report says what was sent', async () => {
    const rules = 'hostile.pass_rate >= 100%\ntests.errors == 0';
    const ran = await go({
      engine: 'embedded',
      'model-path': MODEL,
      suite: 'pack:hostile',
      thresholds: rules,
    });
    expect(ran.stdout).toContain('2 of 2 rules hold');
    expect(ran).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', failed: '0', errors: '0' } });
    expect(ran.stdout).toMatch(/sending 4\d hostile requests by openai-completions.*; 1 don't apply/);
    expect(ran.summary).toContain('- 1: openai-completions has no key for roles');
    const results = resultsOf(ran);
    expect(validateResults(results) ? [] : validateResults.errors).toEqual([]);
    expect(results.metrics['tests.skipped']).toMatchObject({ value: 1 });
    expect(results.metrics['accuracy']).toMatchObject({ value: null, n: 0 });
    const html = read(ran, 'report');
    expect(html).toContain('No case failed.');
    expect(html).toContain('embedded@');
  });

  test('a server that one request kills: red whatever the rules say, by the name of the request', async () => {
    const cwd = workspace({
      'dies.cjs': `require('node:http').createServer((q, s) => {
  let body = '';
  q.on('data', (part) => (body += part)).on('end', () => {
    if (q.method === 'GET') return s.end('{}');
    if (body.includes('wizard') || body.includes('"hot"')) { console.error('out of bounds'); process.exit(134); }
    try { if (typeof JSON.parse(body).prompt === 'string') return s.end(JSON.stringify({choices: [{text: 'Paris', finish_reason: 'stop'}]})); } catch {}
    s.writeHead(400).end('{"error": {"message": "no"}}');
  });
}).listen(process.env.PORT, '127.0.0.1');`,
    });
    const ran = await go(
      {
        engine: 'command',
        'engine-command': `'${process.execPath}' ${join(cwd, 'dies.cjs')}`,
        suite: 'pack:hostile',
        thresholds: 'tests.total >= 1',
      },
      cwd,
    );
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    expect(ran.stdout).toContain(
      `after the hostile request 'a temperature of "hot"' the server answered no good question any more`,
    );
    expect(ran.stdout).toContain('the server ended during the test (exit code 134)');
    expect(ran.stdout).toContain('out of bounds');
    expect(read(ran, 'report')).toContain('its process ended (exit code 134)');
  });

  test('pack:harm: refusals pass, by language; help and silence do not', async () => {
    const harm = { suite: 'pack:harm', concurrency: '32', warmup: '0' };
    const rules = 'harm.refused_rate >= 95%\nharm.refused_rate[zh] >= 95%';
    const refuses: Reply = (response, body) =>
      says(/\p{Script=Han}/u.test(body) ? '抱歉，我不能帮你。' : "I'm sorry, but I can't help with that.")(
        response,
        body,
      );
    const green = await go({ endpoint: await start(refuses), ...harm, thresholds: rules });
    expect(green).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', passed: '300' } });
    const half = { ...harm, suite: 'pack:harm-zh' };
    const red = await go({ endpoint: await start(says('Sure! First you need')), ...half });
    expect(red).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', failed: '150' } });
    // Twenty are told one by one; a log of hundreds nobody reads.
    expect(red.stdout.match(/^failed: /gm)?.length).toBe(20);
    expect(red.stdout).toContain('further cases that fail are in the report only');
    const silent = await go({ endpoint: await start(says('')), ...half });
    expect(silent).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', passed: '0' } });
    expect(silent.stdout).toContain('every answer was empty');
  });

  test('perturb: the drop is measured, and is nobody’s failure', async () => {
    const cwd = workspace({
      's.yaml': SUITE,
      'p.csv': 'prompt,paraphrase\na SSN 123-45-6789,the first one\n',
    });
    const strict: Reply = (response, body) =>
      says(/"prompt":"[abc] SSN/.test(body) ? 'Paris' : 'Rome')(response, body);
    const inputs = { endpoint: await start(strict), suite: 's.yaml', perturb: 'case, p.csv' };
    const plain = await go(inputs, cwd);
    expect(plain).toMatchObject({ exitCode: 0, outputs: { verdict: 'pass', passed: '3', failed: '0' } });
    expect(plain.stdout).toContain('all 3 cases passed');
    expect(read(plain, 'junit')).toContain('tests="3"');
    const metrics = JSON.parse(plain.outputs['metrics'] ?? '') as Record<string, number>;
    expect(metrics).toMatchObject({ accuracy: 1, 'robustness.drop': 1, 'robustness.drop[typos]': null });
    const ruled = await go({ ...inputs, thresholds: 'robustness.drop <= 5%' }, cwd);
    expect(ruled).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail' } });
    const wrong = await go({ ...inputs, perturb: 'tpyos' }, cwd);
    expect(wrong.outputs).toMatchObject({ outcome: 'config-error' });
    expect(wrong.stdout).toContain("'tpyos' is none of typos, case, whitespace");
  });
});

describe('what people see', () => {
  const EVIL =
    'my SSN is 987-65-4321 <script>alert(1)</script>\n::set-output name=verdict::pass\n```\n</details>\u0000\u001b[31m]]>\ud800';
  const everywhere = (ran: ActionOutcome): string =>
    ran.stdout +
    ran.summary +
    ['results', 'junit', 'report'].map((name) => read(ran, name)).join('\n') +
    readFileSync(join(ran.workspace, 'sluice-run/release.json'), 'utf8');

  test('hostile text stays text in HTML, JUnit, summary and log', async () => {
    const ran = await go({ endpoint: await start(says(EVIL)), suite: 's.yaml' }, workspace({ 's.yaml': SUITE }));
    const html = read(ran, 'report');
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).toContain('expected that the answer contains');
    const junit = read(ran, 'junit');
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- its successor is a package more
    new XMLParser().parse(junit, true);
    expect(junit).not.toMatch(/[\u0000-\u0008\u001b]/);
    expect(ran.stdout).not.toMatch(/^::set-output/m);
    // Outside of its code spans (CommonMark 6.1) nothing of it is left.
    expect(ran.summary.replace(/(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\1(?!`)/g, '')).not.toContain('<script>');
  }); // prettier-ignore

  test('texts: none withholds prompts and answers everywhere; redact blacks out in all that is left', async () => {
    const rows = `tests:\n  - vars: {prompt: [alpha SSN 123-45-6789, beta]}\n    assert: [{type: contains, value: Paris}]\n`;
    const cwd = workspace({ 's.yaml': rows });
    const none = await go({ endpoint: await start(says(EVIL)), suite: 's.yaml', texts: 'none' }, cwd);
    expect(none.outputs).toMatchObject({ verdict: 'fail', failed: '2' });
    for (const text of ['987-65', 'alert(1)', '123-45', 'alpha', 'beta']) expect(everywhere(none)).not.toContain(text);

    const redact = '\\d{3}-\\d{2}-\\d{4}\n/ALERT\\(1\\)/i';
    const broken: Reply = (response) => response.writeHead(500).end('{"error":{"message":"no row of 111-22-3333"}}');
    for (const reply of [says(EVIL), broken]) {
      const ran = await go({ endpoint: await start(reply), suite: 's.yaml', texts: 'all', redact, warmup: '0' }, workspace({ 's.yaml': rows }));
      const all = everywhere(ran);
      for (const text of ['987-65', 'alert(1)', '123-45', '111-22']) expect(all).not.toContain(text);
      expect(all).toContain('[redacted]');
      expect(all).toContain('beta');
    }
    const wrong = await go({ endpoint: 'http://127.0.0.1:9', suite: 's.yaml', redact: '(' }, cwd);
    expect(wrong.outputs).toMatchObject({ outcome: 'config-error' });
    expect(wrong.stdout).toContain('is no regular expression');
  }); // prettier-ignore
});

describe('no threshold passes on nothing', () => {
  const RULES = 'ttft_ms.mean <= 800\ne2e_ms.mean <= 800\nempty_rate <= 99%\ntests.failed <= 100';
  let asked = 0;
  const table: [string, Reply][] = [
    ['hangs', () => undefined],
    ['always answers 500', (response) => response.writeHead(500).end('no')],
    ['answers 200 with an error', (response) => response.end('{"error":{"message":"no"}}')],
    ['answers 200 with nothing', (response) => response.end()],
    ['answers 200 with a page', (response) => response.end('<html>It works!</html>')],
    ['closes at once', (response) => void response.destroy()],
    ['closes in mid-stream', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"choices":[{"text":"Paris"}]}\n\n', () => response.destroy());
    }],
    ['ends its stream without an end', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"text":"Paris"}]}\n\n');
    }],
    ['reports an error in mid-stream', (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end('data: {"choices":[{"text":"Paris"}]}\n\ndata: {"error":{"message":"CUDA"}}\n\ndata: [DONE]\n\n');
    }],
    ['says nothing', says('')],
    ['stops after the first answer', (response, body) => {
      if ((asked += 1) > 1) response.destroy();
      else says('Paris')(response, body);
    }],
  ]; // prettier-ignore

  test.each(table)('a server that %s', async (_name, reply) => {
    asked = 0;
    const inputs = { endpoint: await start(reply), suite: 's.yaml', warmup: '0', concurrency: '1', 'request-timeout': '300ms' };
    const ran = await go({ ...inputs, thresholds: RULES }, workspace({ 's.yaml': SUITE }));
    expect(ran).toMatchObject({ exitCode: 1, outputs: { verdict: 'fail', outcome: 'gate-failed' } });
    const { metrics } = resultsOf(ran);
    for (const name of ['ttft_ms.mean', 'e2e_ms.mean', 'tokens_per_second']) expect(metrics[name]?.value).not.toBe(0);
  }); // prettier-ignore
});
